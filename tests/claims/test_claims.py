"""What a brief claims stands in its source, in whatever form; anything else is told."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.claims import ClaimKind, Source, claims_of
from newsletter.claims.plain import plain

NOVEMBER = date(2026, 11, 4)


def unsupported(brief, source, *, language="en", of=None, published=NOVEMBER, beside=""):
    held = Source(source, published, beside, of or language)
    return [
        claim.text for claim in claims_of(brief, held, language=language) if not claim.supported
    ]


SAME = [
    ("Sales of $216M.", "Sales came to $216 million."),
    ("Sales of $216m.", "Sales came to US$216 million."),
    ("Sales of USD 216,000,000.", "Sales came to 216 million dollars."),
    ("Sales rose 5%.", "Sales rose five percent."),
    ("Sales rose 5 per cent.", "Sales rose 5%."),
    ("Sales rose 5–7%.", "Sales rose by 5 to 7 percent."),
    ("A range of $5-7 million.", "Between $5 million and $7 million."),
    ("A 1.50 ct stone.", "A stone of 1.5 carats."),
    ("A 10.04-carat stone.", "The 10.04ct stone."),
    ("A 1 1/2-carat stone.", "It weighs 1.5 carats."),
    ("Some 1,200 stores.", "It has twelve hundred stores."),
    ("Some 1200 stores.", "It has 1,200 stores."),
    ("It opened three dozen stores.", "It opened 36 stores."),
    ("It paid half a million euros.", "It paid €500,000."),
    ("A 36mm case.", "A case of 36 mm."),
    ("In Q3, sales rose.", "Sales rose in the third quarter."),
    ("It comes on Nov. 3.", "It comes on November 3."),
    ("It comes on November 3.", "It comes on the 3rd of November."),
    ("It comes on 3 November 2026.", "It comes on 2026-11-03."),
    ("It comes on Tuesday.", "It comes on November 3."),
    ("Half of buyers are new.", "50 percent of buyers are new."),
    ("About 50% of buyers are new.", "Half of the buyers are new."),
    ("About $216M in sales.", "Sales of $215.8 million."),
    ("More than 200 stores.", "It has 215 stores."),
    ("Up to 20 percent.", "As much as 20%."),
    ("Profit rose twofold, by 100%.", "Profit doubled, and rose twofold."),
    ("The GIA graded it.", "The Gemological Institute of America graded it."),
    ("Müller & Söhne grows.", "MULLER & SOHNE grows."),
    ("Aurelle's chief said so.", "The chief of Maison Aurelle said so."),
    ("“It was a fine year…”, he said.", '"It was a fine year for us," he said.'),
    ("“It was […] for us”, he said.", '"It was a fine year for us," he said.'),
    ("A 2026 model.", "A model of this year."),
]
OTHER = [
    ("Sales of $261M.", "Sales came to $216 million.", "$261M"),
    ("Sales of $21.6M.", "Sales came to $216 million.", "$21.6M"),
    ("Sales of $216B.", "Sales came to $216 million.", "$216B"),
    ("Sales of €216M.", "Sales came to $216 million.", "€216M"),
    ("Sales of HK$216M.", "Sales came to US$216 million.", "HK$216M"),
    ("Sales rose 5%.", "It has 5 stores.", "5%"),
    ("Sales rose 6%.", "Sales rose 5 to 7 percent.", "6%"),
    ("A 10.4-carat stone.", "A stone of 10.04 carats.", "10.4-carat"),
    ("It weighs 5 grams.", "A stone of 5 carats.", "5 grams"),
    ("It comes on Nov. 13.", "It comes on November 3.", "Nov. 13"),
    ("It comes on December 3.", "It comes on November 3.", "December 3"),
    ("It comes on Monday.", "It comes on November 3.", "Monday"),
    ("It opened in 2019.", "It opened in 2018.", "2019"),
    ("About $230M in sales.", "Sales of $200 million.", "$230M"),
    ("More than 220 stores.", "It has 215 stores.", "220"),
    ("“It was a great year”, he said.", "“It was a fine year”, he said.", "It was a great year"),
    ("In Q2, sales rose.", "Sales rose in the third quarter.", "Q2"),
    ("A model 5711/2A.", "The model 5711/1A.", "5711/2A"),
    ("It moved to Macau.", "It moved to Hong Kong.", "Macau"),
    ("It hired Anna Weiss.", "Anna Keller left; many years later came Jonas Weiss.", "Anna Weiss"),
]  # fmt: skip
ELSEWHERE = [
    ("de", "Der Umsatz stieg auf 1,2 Mrd. Euro.", "Der Umsatz betrug 1.200 Millionen Euro.", []),
    ("de", "Es sind 1.200 Läden.", "Es sind zwölf Läden.", ["1.200"]),
    ("de", "Am 3. November.", "Am 3.11.2026 öffnet es.", []),
    ("de", "Rund 5 Prozent.", "Der Anteil liegt bei 5,1 %.", []),
    ("fr", "Le chiffre atteint 216 millions d'euros.", "Il atteint 216 M€.", []),
    ("fr", "Il compte 1 200 boutiques.", "Il compte 1 250 boutiques.", ["1 200"]),
    ("fr", "Le 3 novembre.", "Mardi 3 nov. 2026.", []),
    ("es", "Creció un 5 por ciento.", "Creció un 5 %.", []),
    ("es", "Vendió 150 mil millones de euros.", "Vendió €150 bn.", []),
    ("it", "Vale 3,5 milioni di euro.", "Vale €3,5 mln.", []),
]


@pytest.mark.parametrize(("brief", "source"), SAME)
def test_the_same_in_another_form_is_no_finding(brief, source):
    assert unsupported(brief, source) == []


@pytest.mark.parametrize(("brief", "source", "claim"), OTHER)
def test_what_the_source_does_not_say_is_told(brief, source, claim):
    assert unsupported(brief, source) == [claim]


@pytest.mark.parametrize(("language", "brief", "source", "told"), ELSEWHERE)
def test_numbers_and_dates_are_read_as_their_language_writes_them(language, brief, source, told):
    assert unsupported(brief, source, language=language) == told


def test_a_claim_knows_its_place_and_the_nearest_passage():
    source = Source("The fair closed. Maison Orel sold 45 stones in Basel. It rained.", NOVEMBER)
    brief = "**Maison Orel** sold [54 stones](https://trade.example.com/54) in Basel."
    (claim,) = [one for one in claims_of(brief, source, language="en") if not one.supported]
    assert claim.kind is ClaimKind.NUMBER
    assert brief[claim.start : claim.end] == "54"
    assert claim.nearest == "Maison Orel sold 45 stones in Basel."


def test_a_quotation_is_not_asked_of_a_source_in_another_language():
    assert unsupported("“A fine year”, he said.", "« Une belle année », dit-il.", of="fr") == []


@pytest.mark.parametrize(
    "text", ["アウレル、売上高二億一千六百万ドル", "مبيعات الدار ارتفعت", "מכירות הבית עלו"]
)
def test_scripts_without_capitals_are_silence(text):
    assert unsupported(text, "Nothing of the kind.") == []


amounts = st.integers(min_value=1, max_value=999)
forms = st.sampled_from(
    ["${}M", "US${} million", "USD {} million", "${},000,000", "{} million dollars", "$ {} m"]
)


@given(amounts, forms, forms)
def test_an_amount_is_itself_in_every_form(amount, mine, theirs):
    assert unsupported(f"It sold {mine.format(amount)}.", f"It sold {theirs.format(amount)}.") == []


@given(amounts, amounts, forms, forms)
def test_another_amount_never_is(one, two, mine, theirs):
    told = unsupported(f"It sold {mine.format(one)}.", f"It sold {theirs.format(two)}.")
    assert bool(told) == (one != two)


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(["en", "de", "fr", None]))
def test_any_text_is_held_against_any_other(brief, source, language):
    for claim in claims_of(brief, Source(source, NOVEMBER), language=language):
        assert 0 <= claim.start < claim.end <= len(brief)


@given(st.text(alphabet="Ab1 .,*_[]()<>{}`“”$%", max_size=120))
def test_every_place_stays_where_it_is_in_plain_text(text):
    assert len(plain(text)) == len(text)


@given(st.text(alphabet="Ab 12.,$%€½-–“”\n", min_size=1, max_size=200))
def test_a_text_claims_nothing_that_itself_does_not_say(text):
    assert unsupported(text, text) == []


@pytest.mark.parametrize(
    "unit", ["1,", "1 ", "1.234", "“", "A B ", "$", "1/2 ", "one ", "[](", "twenty-", "Nov. 3 "]
)
def test_hostile_repetition_takes_no_longer_than_its_length(unit):
    long = (unit * 50_000)[:50_000]
    assert isinstance(claims_of(long[:10_000], Source(long, NOVEMBER), language="en"), tuple)
