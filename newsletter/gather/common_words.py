"""Words that say nothing about which event a text tells of, in the languages of the trade press."""

from __future__ import annotations

from newsletter.domain import calendar_names

_FUNCTION_WORDS = """
a about above after again all also although an and any are as asks at away back be because been
before being below between both but by can could did do does down during each every few first for
from had has have he her here him his how if in into is it its itself just last least less like
made make makes many may might more most much must near new next no nor not now of off on once one
only onto or other our out over own per said same say says set she should since so some still such
than that the their them then there these they this those through to too under until up upon us use
used very was we week were what when where which while who whom whose why will with within without
would year years you your day days month months today two three four five six seven eight nine ten
der die das den dem des ein eine einem einen einer eines und oder aber mit von vom zu zum zur im in
auf aus bei nach vor seit für gegen ohne um als wie wenn dass ist sind war waren wird werden wurde
wurden hat haben hatte nicht kein keine mehr neu neue neuen sich sie er es wir ihr ihre auch noch
nur schon so sowie bis statt gehen
le la les un une des du de d l au aux et ou mais avec sans pour par sur sous dans en chez vers est
sont était ont avait ne pas plus que qui dont où ce cet cette ces se sa son ses leur leurs il elle
ils elles nous vous on
il lo gli i uno di da del della dei delle al alla con per tra fra su che chi non è sono era ha
el los las unas unos y o con sin para por entre no es fue han sus
"""
_WORDS_OF_THE_TRADE = """
auction bench boutique brand business buyer carat case chain collection company craft customer
dealer diamond emerald event exhibitor expect fair fashion gem gemstone gold goldsmith hous increas
industry jewel jewell jewelry jewellery lab laboratory lot luxury maker market metal million mine
necklac online open ounc pearl percent piec pric price producer retail ring rise ruby sale sapphir
sell shop silver sold ston stone stor store supply trad trade trader valu value watch watchmak
wholesal world
diamant edelstein gold schmuck silber uhr uhren prei preis prozent bijou bijoux joaill maison
montr montre or prix vent vente
"""

STOP = frozenset(_FUNCTION_WORDS.split())
"""Function words, and the words of counting and dating that every report holds."""

TRADE = frozenset(_WORDS_OF_THE_TRADE.split())
"""Words of the trade, by their stems: they are in every second report, so they prove little."""

MONTHS = {
    name: number
    for names in (*calendar_names.MONTHS.values(), calendar_names.ENGLISH_IN_SHORT)
    for number, name in enumerate(names, 1)
}
"""The names of months in small letters → 1 to 12."""

QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
