"""What each line of a pasted page looks like by itself; its neighbours decide what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.gather.paste_words import (
    BYLINE,
    DATE,
    FURNITURE,
    LIST_HEADING,
    NAME,
    RELATED_HEADING,
    RELATED_LINE,
)
from newsletter.gather.text import lines_of


class Role(StrEnum):
    """One letter each, so that a run of lines can be matched like a word."""

    TITLE = "T"  # like a headline: short, and no full stop
    LABEL = "K"  # one or two words: a category, a name, a very short headline
    SENTENCE = "S"  # running text
    DATELINE = "D"  # running text behind a place: “Paris—…”
    OPEN = "Q"  # headline or sentence: ends with ? or ! or an abbreviation
    BYLINE = "B"
    DATE = "M"
    LIST_HEADING = "H"  # “The Latest”
    RELATED_HEADING = "L"  # “Related Articles”
    RELATED = "R"  # “RELATED CONTENT: …”
    ADDRESS = "U"
    FURNITURE = "F"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, `number` counting from 1, `block` the runs between blank lines.

    `text` is as pasted, `bare` the same without a list mark (“3. ”, “• ”). `detail` is a byline's
    name, a related link's title, a dateline's place, or why the line is furniture.
    """

    number: int
    block: int
    text: str
    bare: str
    role: Role
    detail: str = ""

    @property
    def marked(self) -> bool:
        """Whether a list mark stood before the text."""
        return self.bare != self.text


_PARTICLE = r"(?:de|del|der|den|des|di|du|la|le|les|los|las|am|an|im|sur|upon|of|the|and)"
_DATELINE = re.compile(
    rf"(?P<place>{NAME}(?: (?:{NAME}|{_PARTICLE})){{0,3}}"
    rf"(?:, {NAME}(?: [\w.]{{1,9}}){{0,2}}){{0,2}}(?: \([\w./ ]{{2,20}}\))?)"
    rf"\s?(?:—|–|--|(?<=\s)-(?=\s))\s*(?=[\"“„«‘(]*\s?[A-ZÀ-Þ0-9])"
)
_MARK = re.compile(r"(?:[•‣◦▪●■►▸·*–—-]|\(?(?P<number>\d{1,2})[.)])\s+(?=\S)")
_ADDRESS = re.compile(r"<?(?P<url>https?://[^\s<>]+)>?", re.IGNORECASE)
_BETWEEN_META = re.compile(
    r"\s*[|•·]\s*|\s+[–—-]\s+|,\s+(?=\d|by )|(?<=\d)\s+(?=by )", re.IGNORECASE
)
_STOP = re.compile(r"[.!?…:;][\"'”’»“)\]]*\Z")
_OPEN_END = re.compile(
    r"(?:[?!]|\b(?:Co|Inc|Ltd|Corp|Bros|Jr|Sr|[A-Z]\.[A-Z]|[ap]\.m|AG))[?!.]*[\"'”’»“)\]]*\Z"
)
_LONGEST_TITLE = 160
_LONGEST_FURNITURE = 400


def classified(text: str) -> tuple[Line, ...]:
    """Every line of a pasted text that is not blank, in order."""
    lines = lines_of(text)
    marks = _list_marks(lines)
    found: list[Line] = []
    block = 0
    for number, (line, mark) in enumerate(zip(lines, marks, strict=True), start=1):
        if not line:
            block += 1
            continue
        bare = line[mark:]
        role, detail = _looks(bare)
        found.append(Line(number, block, line, bare, role, detail))
    return tuple(found)


def _list_marks(lines: list[str]) -> list[int]:
    """How many characters of each line are a list mark; one bullet or number alone is text."""
    found = [_MARK.match(line) for line in lines]
    bullets = sum(match is not None and not match["number"] for match in found)
    numbers = {int(match["number"]) for match in found if match and match["number"]}
    lengths = []
    for match in found:
        if match and match["number"]:
            near = {int(match["number"]) - 1, int(match["number"]) + 1}
            lengths.append(match.end() if near & numbers else 0)
        else:
            lengths.append(match.end() if match and bullets > 1 else 0)
    return lengths


def _looks(line: str) -> tuple[Role, str]:
    if address := _ADDRESS.fullmatch(line):
        return Role.ADDRESS, address["url"]
    if (reason := _furniture(line)) is not None:
        return Role.FURNITURE, reason
    heading = line.rstrip(" :»>…→")
    if RELATED_HEADING.fullmatch(heading):
        return Role.RELATED_HEADING, ""
    if LIST_HEADING.fullmatch(heading):
        return Role.LIST_HEADING, ""
    if related := RELATED_LINE.fullmatch(line):
        return Role.RELATED, related["text"]
    return _meta(line) or _prose(line)


def _furniture(line: str) -> str | None:
    if len(line) > _LONGEST_FURNITURE or RELATED_HEADING.fullmatch(line.removesuffix(":") + "\n"):
        return None
    return next((reason for reason, pattern in FURNITURE if pattern.fullmatch(line)), None)


def _meta(line: str) -> tuple[Role, str] | None:
    """A byline or date line, also both on one: “By Jane Doe | November 18, 2026 | 4 min read”."""
    if len(line) > _LONGEST_TITLE:
        return None
    if DATE.fullmatch(line):
        return Role.DATE, ""
    if byline := BYLINE.fullmatch(line):
        return Role.BYLINE, byline["name"]
    parts = [part for part in _BETWEEN_META.split(line) if part]
    bylines = [found for part in parts if (found := BYLINE.fullmatch(part))]
    dates = [part for part in parts if DATE.fullmatch(part)]
    others = len(parts) - len(bylines) - len(dates)
    told = sum(_furniture(part) is not None or _is_label(part) for part in parts)
    if len(parts) < 2 or not (bylines or dates) or others > told:
        return None
    return (Role.BYLINE, bylines[0]["name"]) if bylines else (Role.DATE, "")


def _prose(line: str) -> tuple[Role, str]:
    if len(line) <= _LONGEST_TITLE and _OPEN_END.search(line):
        return (Role.TITLE if _in_title_case(line) else Role.OPEN), ""
    if len(line) > _LONGEST_TITLE or _STOP.search(line):
        dateline = _DATELINE.match(line)
        return (Role.DATELINE, dateline["place"]) if dateline else (Role.SENTENCE, "")
    return (Role.LABEL if _is_label(line) else Role.TITLE), ""


def _is_label(line: str) -> bool:
    return len(line) <= 30 and len(line.split()) <= 2 and not _STOP.search(line)


def _in_title_case(line: str) -> bool:
    """Whether nearly all longer words begin with a capital, as English headlines have it."""
    words = re.findall(r"[^\W\d_]{4,}", line)
    return len(words) > 1 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)
