"""The words of numbers, months, currencies and units, in the languages the check reads."""

from __future__ import annotations

from decimal import Decimal

from newsletter.domain import calendar_names

LANGUAGES = ("en", "de", "fr", "es", "it")


def _numbered(words: str, start: int = 0) -> dict[str, int]:
    return {
        word: number
        for number, spellings in enumerate(words.split(), start)
        for word in spellings.split("|")
    }


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


UNITS_OF = {
    "en": _numbered(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen",
        1,
    ),
    "de": _numbered(
        "eins|ein|eine|einen|einer zwei drei vier fünf sechs sieben acht neun zehn elf zwölf "
        "dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig",
        1,
    ),
    "fr": _numbered(
        "un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize",
        1,
    ),
    "es": _numbered(
        "uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
        "quince",
        1,
    ),
    "it": _numbered(
        "uno|un|una due tre quattro cinque sei sette otto nove dieci undici dodici tredici "
        "quattordici quindici",
        1,
    ),
}
"""Language → word → number, up to the last that is one word everywhere."""

TENS_OF = {
    "en": _numbered("twenty thirty forty|fourty fifty sixty seventy eighty ninety", 2),
    "de": _numbered("zwanzig dreißig|dreissig vierzig fünfzig sechzig siebzig achtzig neunzig", 2),
    "fr": _numbered("vingt trente quarante cinquante soixante", 2),
    "es": _numbered("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa", 2),
    "it": _numbered("venti trenta quaranta cinquanta sessanta settanta ottanta novanta", 2),
}
"""Language → word → how many tens."""

for _tens, _many in TENS_OF["it"].items():
    for _one, _value in _numbered("uno due tre|tré quattro cinque sei sette otto nove", 1).items():
        _stem = _tens[:-1] if _value in (1, 8) else _tens
        UNITS_OF["it"][_stem + _one] = _many * 10 + _value
for _tens, _many in TENS_OF["de"].items():
    for _one, _value in _numbered("ein zwei drei vier fünf sechs sieben acht neun", 1).items():
        UNITS_OF["de"][f"{_one}und{_tens}"] = _many * 10 + _value
for _one, _value in _numbered("uno|ún dós trés cuatro cinco séis siete ocho nueve", 1).items():
    UNITS_OF["es"][f"veinti{_one}"] = 20 + _value

MANY = {
    "hundred": 100, "hundert": 100, "cent": 100, "cien": 100, "ciento": 100, "cento": 100,
    "dozen": 12, "dutzend": 12, "douzaine": 12, "docena": 12, "dozzina": 12,
}  # fmt: skip
"""What multiplies the word before it, or is itself."""

SCALES: dict[str, tuple[Decimal, ...]] = {
    word: tuple(Decimal(10) ** power for power in powers)
    for words, powers in (
        ("thousand k tausend tsd mille mil mila", (3,)),
        ("lakh lakhs", (5,)),
        (
            "million millions m mm mn mio mln millionen million millón millones milione milioni",
            (6,),
        ),
        ("crore crores", (7,)),
        ("bn b milliarde milliarden mrd milliard milliards md mds miliardo miliardi mld", (9,)),
        ("billion billions", (9, 12)),  # the second is what it means on the continent
        ("trillion trillions tn billionen billón billones", (12,)),
    )
    for word in words.split()
}
SCALES["mil millones"] = (Decimal(10) ** 9,)

_DOLLARS = "USD AUD CAD HKD SGD NZD"
CURRENCIES: dict[str, frozenset[str]] = {
    word: frozenset(codes.split())
    for words, codes in (
        ("us$ usd", "USD"), ("$ dollar dollars dólar dólares dollaro dollari", _DOLLARS),
        ("hk$ hkd", "HKD"), ("a$ au$ aud", "AUD"), ("c$ ca$ cad", "CAD"), ("s$ sgd", "SGD"),
        ("€ eur euro euros", "EUR"), ("£ gbp pound pounds sterling pfund livres libras", "GBP"),
        ("chf franken francs francos franchi fr. sfr", "CHF"), ("¥ jpy yen", "JPY"),
        ("¥ cny rmb yuan renminbi", "CNY"), ("₹ inr rupee rupees rs", "INR"),
        ("aed dirham dirhams", "AED"), ("r$ brl", "BRL"), ("₩ krw won", "KRW"),
        ("sek kronor", "SEK"), ("dkk kroner", "DKK"), ("₽ rub rubles roubles", "RUB"),
        ("zar rand", "ZAR"), ("thb baht", "THB"), ("try lira", "TRY"), ("bwp pula", "BWP"),
    )
    for word in words.split()
}  # fmt: skip
CURRENCIES["¥"] = frozenset({"JPY", "CNY"})
SYMBOLS = ("US$", "HK$", "AU$", "CA$", "A$", "C$", "S$", "R$", "$", "€", "£", "¥", "₹", "₩", "₽")

COINS = {
    "cent": CURRENCIES["$"] | {"EUR"}, "cents": CURRENCIES["$"] | {"EUR"},
    "p": frozenset({"GBP"}), "pence": frozenset({"GBP"}),
}  # fmt: skip
"""A hundredth of what."""
MILLIONS = {"meur": "EUR", "mchf": "CHF", "musd": "USD", "mgbp": "GBP"}

PERCENT = "%"
ORDINAL = "th"
UNITS: dict[str, str] = {
    word: unit
    for words, unit in (
        ("% percent pct prozent pourcent", PERCENT),
        ("ct cts carat carats karat karats quilates carati carato", "carat"),
        ("millimeter millimeters millimetre millimetres milímetros millimetri", "mm"),
        ("cm centimeter centimeters centimetre centimetres zentimeter centimètres", "cm"),
        ("km kilometer kilometers kilometre kilometres kilomètres", "km"),
        ("meter meters metre metres mètres metros metri", "m"),
        ("g gram grams gramme grammes gramm gramos grammi", "g"),
        ("kg kilo kilos kilogram kilograms kilogramm", "kg"),
        ("oz ounce ounces unzen onces onzas once", "oz"),
        ("ton tons tonne tonnes tonnen toneladas tonnellate", "t"),
        ("inch inches zoll", "inch"),
        ("feet foot ft", "foot"),
        ("hour hours hrs stunden heures horas ore", "hour"),
    )
    for word in words.split()
}
UNITS["mm"] = "mm"
PERCENT_IN_TWO = {("per", "cent"), ("pour", "cent"), ("por", "ciento"), ("per", "cento")}

SHARES: dict[str, tuple[tuple[str, str], ...]] = {
    "viertel": (("25", PERCENT),),
    "quart": (("25", PERCENT),),
    "quarts": (("75", PERCENT),),
    "drittel": (("33", PERCENT),),
    "tiers": (("33", PERCENT),),
    "fünftel": (("20", PERCENT),),
    "terzo": (("33", PERCENT),),
    "cuarto": (("25", PERCENT),),
    "quarto": (("25", PERCENT),),
    "dizaine": (("10", ""),),
    "quinzaine": (("15", ""),),
    "vingtaine": (("20", ""),),
    "trentaine": (("30", ""),),
    "quarantaine": (("40", ""),),
    "cinquantaine": (("50", ""),),
    "centaine": (("100", ""),),
    "half": (("50", PERCENT), ("0.5", "")),
    "halves": (("50", PERCENT), ("0.5", "")),
    "halved": (("50", PERCENT), ("0.5", "")),
    "hälfte": (("50", PERCENT),),
    "moitié": (("50", PERCENT),),
    "mitad": (("50", PERCENT),),
    "metà": (("50", PERCENT),),
    "quarter": (("25", PERCENT), ("0.25", "")),
    "quarters": (("75", PERCENT), ("0.75", "")),
    "third": (("33", PERCENT), ("33.3", PERCENT), ("3", "")),
    "thirds": (("67", PERCENT), ("66.7", PERCENT), ("66", PERCENT)),
    "fifth": (("20", PERCENT), ("5", "")),
    "tenth": (("10", PERCENT), ("10", "")),
    "doubled": (("2", ""), ("100", PERCENT)),
    "doubling": (("2", ""), ("100", PERCENT)),
    "double": (("2", ""), ("100", PERCENT)),
    "twice": (("2", ""), ("100", PERCENT)),
    "tripled": (("3", ""), ("200", PERCENT)),
    "triple": (("3", ""), ("200", PERCENT)),
    "couple": (("2", ""),),
    "pair": (("2", ""),),
    "both": (("2", ""),),
    "decade": (("10", ""),),
    "century": (("100", ""),),
}
"""Words of a source that say a number without being one."""

ORDINALS = {
    **_numbered(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1
    ),
    **_numbered("erste|ersten zweite|zweiten|zweites dritte|dritten|drittes vierte|vierten", 1),
    **_numbered("premier|première deuxième troisième quatrième cinquième", 1),
    **_numbered("primer|primera segundo|segunda tercer|tercera cuarto|cuarta", 1),
    **_numbered("primo|prima secondo|seconda terzo|terza quarto|quarta", 1),
}

PERIODS = {
    "q1": ("first", "quarter"), "q2": ("second", "quarter"), "q3": ("third", "quarter"),
    "q4": ("fourth", "quarter"), "h1": ("first", "half"), "h2": ("second", "half"),
}  # fmt: skip

_IN_SHORT = (
    "jan feb mar apr may jun jul aug sept oct nov dec",
    "jänner februar mrz apr mai jun jul aug sep okt nov dez",
    "janv févr mars avr mai juin juil août sept oct nov déc",
    "ene feb mar abr may jun jul ago sept oct nov dic",
    "gen feb mar apr mag giu lug ago set ott nov dic",
)
MONTHS: dict[str, int] = {
    word: number
    for names in (
        *calendar_names.MONTHS.values(),
        calendar_names.ENGLISH_IN_SHORT,
        *(short.split() for short in _IN_SHORT),
    )
    for number, word in enumerate(names, 1)
}
WEEKDAYS: dict[str, int] = {
    word: number for names in calendar_names.WEEKDAYS.values() for number, word in enumerate(names)
}

ABOUT = _set(
    "about around roughly approximately some circa ca approx nearly almost rund etwa fast "
    "knapp ungefähr environ près presque quelque cerca casi unos unas aproximadamente quasi"
)
OVER = _set(
    "over above exceeding least more topped tops past beats exceeds exceeded über mehr mindestens "
    "plus dépassant "
    "más mas oltre più"
)
UNDER = _set("under below fewer less most unter weniger höchstens moins menos meno")
PARTICLES = _set("de la le les du des da di del della van von der den &")
ABBREVIATIONS = _set(
    "mr mrs ms dr prof st co inc ltd corp no vs jr sr cie sa ag gmbh bros ft sq oz est approx ca "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
CONNECTORS = _set("to and or bis und oder à et ou a y e o - – — / , through versus vs")
RANGES = _set("to bis à a - – — through")
ORDINAL_ENDINGS = _set("st nd rd th er ère e ème")

CITIES = _set(
    "geneva genf genève ginevra ginebra antwerp anvers antwerpen munich münchen monaco vienna wien "
    "vienne milan mailand milano venice venedig venezia venise rome rom roma paris parigi london "
    "londres londra zurich zürich zurigo basel bâle basilea cologne köln lisbon lissabon lisboa "
    "lisbonne florence florenz firenze turin torino naples neapel napoli brussels brüssel "
    "bruxelles copenhagen kopenhagen copenhague moscow moskau moscou beijing peking pékin prague "
    "prag praga warsaw warschau varsovie dubai dubaï mumbai bombay"
)
"""Cities that other languages call otherwise."""
