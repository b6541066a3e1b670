"""The language of a text that does not say it: by its script, else by its small words."""

from __future__ import annotations

import re
from collections import Counter

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("ar", re.compile("[\u0621-\u064a]")),
    ("el", re.compile("[\u03b1-\u03c9]")),
    ("th", re.compile("[\u0e01-\u0e2e]")),
)
# The commonest words of each language that its neighbours do not share.
_SMALL_WORDS = {
    "en": "the and of to is that was for with are from has have by which this an it at he she its"
    " their but not than were been will would who they or as on",
    "de": "der die das und ist nicht ein eine mit von dem den auf für sich im zu wird sind hat bei"
    " oder seit sie einem einer nach aus auch als über werden war noch wie des an",
    "fr": "le les des et est une dans pour qui sur pas du au aux par plus sont cette il elle ont"
    " avec ce se son sa ses mais nous leur été",
    "it": "il di che è per una con non sono della del gli alla nel anche dei si lo le ha più"
    " delle dal degli ma come chi questo sua",
    "es": "el los las y es en que por una con para del no se su al más lo como hace un"
    " pero sus desde ha cada uno sobre",
    "pt": "o os as e é em que por uma com para do da não se dos das ao mais na no um"
    " pela pelo mas sua são também",
    "nl": "het een en van is dat op te zijn met voor niet aan door ook er bij naar zij heeft"
    " maar werd worden deze uit nog",
}
_LANGUAGES_OF = {
    word: tuple(language for language, words in _SMALL_WORDS.items() if word in words.split())
    for words in _SMALL_WORDS.values()
    for word in words.split()
}
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 1_000


def guessed_language(text: str) -> str | None:
    """The language as a two-letter tag (ISO 639-1); None where it cannot be told.

    A script tells where at least a fifth of the letters are its own; Latin text needs five small
    words, and half as many again as the next language.
    """
    sample = text[:_SAMPLE]
    letters = sum(map(str.isalpha, sample))
    for language, script in () if sample.isascii() else _SCRIPTS:
        if letters and len(script.findall(sample)) >= letters / 5:
            return language
    counts: Counter[str] = Counter()
    for word in _WORD.findall(sample.lower()):
        counts.update(_LANGUAGES_OF.get(word, ()))
    (first, most), (_, next_most) = (*counts.most_common(2), ("", 0), ("", 0))[:2]
    return first if most >= 5 and most >= 1.5 * next_most else None
