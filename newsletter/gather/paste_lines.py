"""What each line of a pasted page is when looked at by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.gather.dates import written_date
from newsletter.gather.paste_words import (
    FURNITURE,
    LIST_HEADING,
    RELATED_HEADING,
    RELATED_LINE,
)
from newsletter.gather.text import lines_of


class Role(StrEnum):
    """One letter each, so that a run of lines can be matched like a word."""

    TITLE = "T"  # like a headline: short, without a full stop
    LABEL = "K"  # one or two words: a category, a name, a very short headline
    SENTENCE = "S"  # running text
    DATELINE = "D"  # running text behind a place: “Paris—…”
    BYLINE = "B"
    DATE = "M"
    LIST_HEADING = "H"  # “The Latest”
    RELATED_HEADING = "L"  # “Related Articles”
    RELATED = "R"  # “RELATED CONTENT: …”
    ADDRESS = "U"
    FURNITURE = "F"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank. `block` counts the runs of lines between blank ones.

    `text` is trimmed and otherwise as pasted; `body` is what of it counts: the text without its
    list mark, a byline's name, a related link's title, a dateline's place, furniture's reason.
    """

    number: int
    block: int
    text: str
    role: Role
    body: str
    marked: bool = False


_WORDS = r"[^\W\d_][\w.'’&-]*"
_NAME = r"[A-ZÀ-ÞŠŽ][\w.'’-]*(?: (?:van|von|de|der|den|du|la|le|di|da|dos|el|al|bin))*"
_NAMES = rf"{_NAME}(?: {_NAME}){{1,4}}"
_BYLINE = re.compile(
    rf"(?:(?i:(?:(?:words|text|written|reported|story|interview|posted|edited) )?by|von|par|di|por"
    rf"|text:|texte :|autor(?:in)?:|author:))\s+"
    rf"(?P<name>{_NAMES}(?:(?:, | and | und | et | e | y | & ){_NAMES})*|(?:[A-Z]\w+ ){{0,3}}"
    rf"(?:Staff|Editors|Redaktion|Rédaction)(?: Writer| Reporter)?)(?:,? [^.!?]{{1,60}})?"
)
_MONTH = r"[^\W\d_]{3,10}\.?"
_DATE = re.compile(
    rf"""(?:(?:first\ |last\ )?(?:published|updated|posted|date|veröffentlicht|aktualisiert|stand|vom
        |publié|mis\ à\ jour|pubblicato|publicado|le|am)(?:\ (?:on|am|le|il|el))?:?\s+)?
    (?:[^\W\d_]{{2,10}}\.?,?\s+(?:den\s+|the\s+)?)?
    (?:\d{{1,2}}(?:\.|er|º|st|nd|rd|th)?\s+(?:de\s+)?{_MONTH},?\s+(?:de\s+)?\d{{4}}
      |{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}
      |\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}})
    (?:[\s,T|•·–-]+(?:at\ |um\ |à\ )?\d{{1,2}}[:.h]\d{{2}}(?::\d{{2}})?\s?(?:[ap]\.?m\.?|uhr)?
      \s?(?:\(?[A-Z]{{1,5}}\)?|[+-]\d{{2}}:?\d{{2}})?)?""",
    re.IGNORECASE | re.VERBOSE,
)
_PLACE = rf"[A-ZÀ-Þ][\w.'’-]*(?: (?:{_WORDS})){{0,3}}(?:, [A-Z][\w. ]{{1,24}}){{0,2}}"
_DATELINE = re.compile(
    rf"(?P<place>{_PLACE}(?: \([\w./ ]{{2,20}}\))?)\s*(?:—|–|--|\s-\s)\s*(?=[\"“„«‘(]*\s?[A-ZÀ-Þ0-9])"
)
_SMALL_WORD = re.compile(r"(?:^|\s)[a-zà-þ][\w'’]*(?=\s|$)")
_PLACE_PARTICLE = frozenset("de del der den des du di la le les los las am an im sur upon of the".split())
_MARK = re.compile(r"(?:[•‣◦▪●■►▸·*–—-]|\(?(?P<number>\d{1,2})[.)])\s+(?=\S)")
_TERMINAL = re.compile(r".*[.!?…:;][\"'”’»“)\]]*(?:\s?\[?\d{0,2}\]?)?")
_ADDRESS = re.compile(r"<?https?://[^\s<>]+>?", re.IGNORECASE)
_META_SEPARATOR = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+|,\s+(?=\d|[A-Z][a-z]+day|by )")
_LONGEST_TITLE = 160


def classified(text: str) -> tuple[Line, ...]:
    """Every line of a pasted text that is not blank, in order."""
    block, found, blank = 0, [], False
    marks = _list_marks(lines_of(text))
    for number, line in enumerate(lines_of(text), start=1):
        if not line:
            blank = True
            continue
        block += blank
        blank = False
        bare = line[marks[number] :] if number in marks else line
        role, body = _role(bare)
        found.append(Line(number, block, line, role, body, marked=number in marks))
    return tuple(found)
