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
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from newsletter.config.values import Key, Line, Name, Strict
from newsletter.domain.sponsor import COMPONENT, Booking
from newsletter.errors import IssueError
from newsletter.issues.codec import add_blocks, link_line, parse_candidates

if TYPE_CHECKING:
    from newsletter.domain.issue import Brief
    from newsletter.issues.codec import Document

FILE = "sponsors.yaml"

_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_STRUCTURE = re.compile(r"^ {0,3}#|<!--|^ {0,3}(?:```|~~~)", re.MULTILINE)
_MESSAGES = {"missing": "must be given", "extra_forbidden": "is no key known here"}


def _span(value: object) -> tuple[date, date]:
    """`2026-11-27`, or `2026-12-04/2026-12-18`, as first and last day."""
    first, _, last = str(value).partition("/")
    try:
        span = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        span = date.max, date.min
    if span[0] > span[1]:
        raise ValueError("should be days such as 2026-11-27 or 2026-12-04/2026-12-18")
    return span


def _link(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>]+", value):
        raise ValueError("should be a web address such as https://example.com/offer")
    return value


def _prose(value: str) -> str:
    if _STRUCTURE.search(value):
        raise ValueError("should be plain Markdown without headings, comments and code blocks")
    return value.strip()


Span = Annotated[tuple[date, date], BeforeValidator(_span)]


Link = Annotated[str, AfterValidator(_link)]


class _Sold(Strict):
    sponsor: Name
    dates: Annotated[tuple[Span, ...], Field(min_length=1)]
    section: Key
    place: Annotated[int, Field(ge=1)] | None = None
    headline: Name
    text: Annotated[str, AfterValidator(_prose)] = ""
    link: Link | None = None
    button: Line = ""
    image: Annotated[str, StringConstraints(pattern=r"^[^\s()<>]+$")] | None = None
    alt: Line = ""
    label: Line = ""


def read_sponsors(text: str) -> tuple[Booking, ...]:
    """The bookings of a file, in its order. IssueError with file and line where it is malformed."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _wrong("is no YAML; mend what stands here", mark.line + 1 if mark else 1) from None
    if values is None:
        return ()
    if not isinstance(values, dict) or not isinstance(root, yaml.MappingNode):
        raise _wrong("should hold a slot on each first line, such as `halden-cover:`", 1)
    slots = [str(key.value) for key, _ in root.value]
    for place, (key, _) in enumerate(root.value):
        if slots[place] in slots[:place]:
            raise _wrong(
                f"the slot “{slots[place]}” stands twice; keep one", key.start_mark.line + 1
            )
    return tuple(_booking(key, node, values[key.value]) for key, node in root.value)


def _booking(key: yaml.Node, node: yaml.Node, values: Any) -> Booking:
    slot, line = str(key.value), key.start_mark.line + 1
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", slot):
        raise _wrong(f"“{slot}” cannot name a slot; use small letters, digits and hyphens", line)
    try:
        sold = _Sold.model_validate(values)
    except ValidationError as error:
        every = error.errors(include_url=False)
        first = min(every, key=lambda one: one["type"] != "extra_forbidden")  # a slip in a key
        name = str(first["loc"][0]) if first["loc"] else "this"
        what = _MESSAGES.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise _wrong(f"“{name}” of the slot “{slot}” {what}", _line_of(name, node, line)) from None
    block = _block(slot, sold)
    return Booking(
        slot=slot,
        sponsor=sold.sponsor,
        days=tuple(first for first, last in sold.dates if first == last),
        spans=tuple(span for span in sold.dates if span[0] != span[1]),
        section=sold.section,
        place=sold.place,
        piece=_brief_of(block),
        label=sold.label,
        line=line,
        block=block,
    )


def _line_of(name: str, node: yaml.Node, line: int) -> int:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((key.start_mark.line + 1 for key, _ in pairs if key.value == name), line)


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
