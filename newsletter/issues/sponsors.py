"""sponsors.yaml, the slots that are sold, and their pieces as blocks of an issue. Pure.

halden-cover:                        the slot: small letters, digits and hyphens
  sponsor: Halden & Voss
  dates: [2026-11-27, 2026-12-04/2026-12-18]
  section: partner                   a section's key
  place: 1                           from the top; left out, anywhere
  headline: Insurance that knows what a bench is worth
  text: Cover for stock, stones on memo and tools.
  link: https://halden.example.com/cover
  button: Ask for a quote
  image: https://halden.example.com/bench.jpg
  alt: A bench beneath a lamp
  label: Sponsored by Halden & Voss

Until there is a headline, the slot is sold and its piece is yet to be written.
"""

from __future__ import annotations

import difflib
import re
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from newsletter.config.values import Line, Name, Strict
from newsletter.domain.sponsor import COMPONENT, Booking
from newsletter.errors import IssueError
from newsletter.issues.codec import add_blocks, link_line, parse_candidates
from newsletter.issues.marked_yaml import entries

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic_core import ErrorDetails

    from newsletter.domain.issue import Brief
    from newsletter.issues.codec import Document
    from newsletter.issues.marked_yaml import Entry

FILE = "sponsors.yaml"

_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_STRUCTURE = re.compile(r"^ {0,3}#|<!--|^ {0,3}(?:```|~~~)", re.MULTILINE)
_MESSAGES = {
    "missing": "must be given",
    "string_type": "should be text, on the same line or below “|”",
    "too_short": "must not be empty",
    "too_long": "should be at most 200 characters long",
}


def _listed(value: object) -> object:
    if not isinstance(value, list) or not value:
        raise ValueError("should be days in brackets, such as [2026-11-27, 2026-12-04/2026-12-18]")
    return value


def _span(value: object) -> tuple[date, date]:
    """`2026-11-27`, or `2026-12-04/2026-12-18`, as first and last day."""
    first, _, last = str(value).partition("/")
    try:
        span = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(
            f"has “{value}”, which is no day; write 2026-11-27, or 2026-12-04/2026-12-18 from the "
            "first to the last"
        ) from None
    if span[0] > span[1]:
        raise ValueError(f"has “{value}”, which ends before it begins; write the first day first")
    return span


def _place(value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", str(value)):
        raise ValueError("should be a whole number from 1, counted from the top of the section")
    return int(value)


def _link(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s<>]+", value):
        raise ValueError("should be a web address such as https://example.com/offer")
    return value


def _image(value: str) -> str:
    if re.search(r"[\s()<>]", value):
        raise ValueError("should be a web address, or a file such as images/bench.jpg")
    return value


def _prose(value: str) -> str:
    if _STRUCTURE.search(value):
        raise ValueError("should be plain Markdown without headings, comments and code blocks")
    return value.strip()


Span = Annotated[tuple[date, date], BeforeValidator(_span)]


class _Sold(Strict):
    sponsor: Name
    dates: Annotated[tuple[Span, ...], BeforeValidator(_listed)]
    section: Name
    place: Annotated[int, BeforeValidator(_place)] | None = None
    headline: Annotated[Line, Field(max_length=200)] = ""
    text: Annotated[str, AfterValidator(_prose)] = ""
    link: Annotated[str, AfterValidator(_link)] = ""
    button: Line = ""
    image: Annotated[Line, AfterValidator(_image)] = ""
    alt: Line = ""
    label: Line = ""


def read_sponsors(text: str, sections: Collection[str]) -> tuple[Booking, ...]:
    """The bookings of a file, in its order, in the sections of these keys.

    IssueError with file and line for the first mistake.
    """
    return tuple(_booking(entry, sections) for entry in entries(text, file=FILE))


def _booking(entry: Entry, sections: Collection[str]) -> Booking:
    slot = entry.name
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", slot):
        raise _wrong(
            f"“{slot}” cannot name a slot; begin with a small letter, and use only these, digits "
            "and hyphens",
            entry.line,
        )
    if not isinstance(entry.value, dict):
        raise _wrong(
            f"the slot “{slot}” needs its sponsor, dates and section below it, each on a line of "
            "its own that begins with two spaces",
            entry.line,
        )
    try:
        sold = _Sold.model_validate(entry.value)
    except ValidationError as error:
        every = error.errors(include_url=False)
        first = min(every, key=lambda one: one["type"] != "extra_forbidden")  # a slip in a key
        raise _explained(entry, first) from None
    if sold.section not in sections:
        raise _wrong(
            f"there is no section “{sold.section}” for the slot “{slot}”; config.yaml has: "
            f"{', '.join(sorted(sections)) or 'none'}",
            entry.lines["section"],
        )
    block = _block(slot, sold) if sold.headline else ""
    return Booking(
        slot=slot,
        sponsor=sold.sponsor,
        days=tuple(first for first, last in sold.dates if first == last),
        spans=tuple(span for span in sold.dates if span[0] != span[1]),
        section=sold.section,
        place=sold.place,
        piece=_brief_of(block) if block else None,
        label=sold.label,
        line=entry.line,
        block=block,
    )


def _explained(entry: Entry, mistake: ErrorDetails) -> IssueError:
    """The mistake at its line; a slip in a name is told with the nearest right one."""
    name, kind = str(mistake["loc"][0]), mistake["type"]
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(name, _Sold.model_fields, n=1)
        known = ", ".join(_Sold.model_fields)
        meant = f"did you mean “{close[0]}”?" if close else f"there are: {known}"
        what = f"is no key known here; {meant}"
    else:
        what = _MESSAGES.get(kind, mistake["msg"].removeprefix("Value error, "))
    line = entry.lines.get(name, entry.line)
    return _wrong(f"“{name}” of the slot “{entry.name}” {what}", line)


def _block(slot: str, sold: _Sold) -> str:
    """The piece as it is written into issue.md, ending with a line feed."""
    head = f"### {' '.join(sold.headline.split())}"
    parts = [f"{head}\n<!-- component: {COMPONENT} -->\n<!-- sponsor: {slot} -->"]
    if sold.label:
        parts.append(f"*{_plain(sold.label)}*")
    if sold.image:
        parts.append(f"![{_plain(sold.alt)}]({sold.image})")
    if sold.text:
        parts.append(sold.text)
    if sold.link:
        parts.append(link_line(sold.link, sold.button or sold.sponsor))
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Text in which nothing is Markdown."""
    return _SPECIAL.sub(r"\\\1", text)


def _brief_of(block: str) -> Brief:
    return parse_candidates(block, file=FILE)[0]


def with_piece(document: Document, booking: Booking, title: str) -> str:
    """The issue's text with a piece at its place, or at the end of its section, which is made with
    this title where it is missing. Nothing that stood there before is changed.
    """
    briefs = next((one.briefs for one in document.issue.sections if one.key == booking.section), ())
    if booking.place is None or booking.place > len(briefs):
        return add_blocks(document, booking.section, title, [booking.block])
    lines = document.text.splitlines(keepends=True)
    at = briefs[booking.place - 1].line - 1
    return "".join([*lines[:at], booking.block, "\n", *lines[at:]])


def _wrong(what: str, line: int) -> IssueError:
    return IssueError(what, file=FILE, line=line)
