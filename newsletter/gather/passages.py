"""HTML as the paragraphs a reader sees, exact to the character, each with its links.

White space is what a browser makes of it. Two line breaks end a paragraph as a block does. A table
row whose cells hold a line each is one paragraph, its cells parted by ` | `; code keeps its lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lxml.html
import nh3
from lxml.etree import iterwalk

from newsletter.domain.item import Link
from newsletter.gather.text import joined, trimmed, visible, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

# Where text breaks into paragraphs. Other tags are dropped and their text stays in the run.
# fmt: off
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
})
UNSEEN = frozenset({
    "audio", "button", "canvas", "head", "iframe", "math", "noscript", "object", "script", "select",
    "style", "svg", "template", "textarea", "title", "video",
})
# fmt: on
_CELLS = ("td", "th")
_CLEANER = nh3.Cleaner(
    tags={"a", "br", *BLOCKS},
    clean_content_tags=set(UNSEEN),
    attributes={"a": {"href"}},
    link_rel=None,
)
_PARSER = lxml.html.HTMLParser(huge_tree=True)
_MOST_TAGS = 20_000
_HTML_SPACE = re.compile(r"[ \t\n\r\f]+")
# Marks for what white space cannot tell apart; `visible` has taken them out of the text itself.
_BREAK, _CODE_LINE = "\x1e", "\x1f"
_PARAGRAPH_END = re.compile(rf"(?:{_BREAK}[ \t\n\r\f]*){{2,}}")


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph, its lines where it has line breaks, and the element it stands in."""

    text: str
    lines: tuple[str, ...]
    element: HtmlElement
    links: tuple[Link, ...] = ()


@dataclass(slots=True)
class _Run:
    """Text between two places where a block begins or ends."""

    element: HtmlElement
    words: str
    links: list[Link]


def html_text(html: str, *, base: str = "") -> tuple[str, tuple[Link, ...]]:
    """The visible text of an HTML fragment and its http(s) links made absolute against `base`."""
    # nh3 parses as browsers do and leaves a small, well-formed tree for lxml to walk. It takes
    # quadratic time on tags nested without end, hence the cap on their number.
    clean = _CLEANER.clean("<".join(visible(html).split("<", _MOST_TAGS)[:_MOST_TAGS]))
    document = lxml.html.document_fromstring(f"<div>{visible(clean)}</div>", parser=_PARSER)
    found = passages(next(document.iter("div")), base=base)
    links = (link for passage in found for link in passage.links)
    return joined(passage.text for passage in found), tuple(links)


def passages(root: HtmlElement, *, base: str = "") -> tuple[Passage, ...]:
    """The paragraphs below `root` in reading order, links absolute against `base`."""
    reading = _Reading(root, base)
    reading.walk(root)
    return tuple(passage for run in reading.runs if run.words for passage in _paragraphs(run))


def shown(text: str) -> str:
    """`text` with white space as a browser shows it, on one line."""
    return trimmed(_HTML_SPACE.sub(" ", visible(text)))


class _Reading:
    """One walk over a tree; not recursive, so that depth costs no stack."""

    def __init__(self, root: HtmlElement, base: str) -> None:
        self._base = base
        self._rows = _simple_rows(root)
        self._in_code = 0
        self.runs = [_Run(root, "", [])]

    def walk(self, root: HtmlElement) -> None:
        for event, element in iterwalk(root, ("start", "end", "comment", "pi")):
            if event == "start":
                self._enter(element)
            elif event == "end":
                self._leave(element)
            else:
                self._add(element.tail)

    def _enter(self, element: HtmlElement) -> None:
        tag = element.tag
        self._in_code += tag == "pre"
        if tag == "br":
            self.runs[-1].words += _CODE_LINE if self._in_code else _BREAK
        elif self._row_of(element) is not None:
            if tag in _CELLS and self.runs[-1].words.strip():
                self.runs[-1].words += " | "
        elif tag in BLOCKS:
            self.runs.append(_Run(element, "", []))
        if tag == "a" and (address := web_address(element.get("href"), base=self._base)):
            self.runs[-1].links.append(Link(shown(_words(element)) or address, address))
        self._add(element.text)

    def _leave(self, element: HtmlElement) -> None:
        tag = element.tag
        self._in_code -= tag == "pre"
        if tag in BLOCKS and self._row_of(element) is None:
            parent = element.getparent()
            self.runs.append(_Run(element if parent is None else parent, "", []))
        self._add(element.tail)

    def _row_of(self, element: HtmlElement) -> HtmlElement | None:
        """The simple row this element is inside of."""
        if not self._rows or element.tag == "tr":
            return None
        return next((row for row in element.iterancestors("tr") if row in self._rows), None)

    def _add(self, text: str | None) -> None:
        if text:
            text = visible(text)
            self.runs[-1].words += text.replace("\n", _CODE_LINE) if self._in_code else text


def _paragraphs(run: _Run) -> Iterator[Passage]:
    parts = [part for words in _PARAGRAPH_END.split(run.words) if (part := _lines(words))]
    texts = [_text(part) for part in parts]
    for place, (part, text) in enumerate(zip(parts, texts, strict=True)):
        # Which part a link stands in is not known; the first that holds its words has it.
        links = tuple(
            link
            for link in run.links
            if place == next((at for at, other in enumerate(texts) if link.text in other), 0)
        )
        yield Passage(text, part, run.element, links)


def _lines(words: str) -> tuple[str, ...]:
    """The lines between single breaks; those of code keep their mark."""
    lines = (trimmed(_HTML_SPACE.sub(" ", line)) for line in words.split(_BREAK))
    return tuple(line for line in lines if line.strip(_CODE_LINE))


def _text(lines: tuple[str, ...]) -> str:
    code = (trimmed(line) for line in " ".join(lines).split(_CODE_LINE))
    return "\n".join(line for line in code if line)


def _words(element: HtmlElement) -> str:
    return "".join(element.itertext())


def _simple_rows(root: HtmlElement) -> frozenset[HtmlElement]:
    """The rows of data tables: two cells or more, none with more than one line of text."""
    if next(root.iter("tr"), None) is None:
        return frozenset()
    # Children come after their parents, so one pass backwards sums up every subtree.
    worded: set[HtmlElement] = set()
    lines: dict[HtmlElement, int] = {}
    for element in reversed(list(root.iter("*"))):
        lines[element] = sum(lines[child] for child in element) + (element.tag == "br")
        own = (element.text or "").strip() or any((one.tail or "").strip() for one in element)
        if own or not worded.isdisjoint(element):
            worded.add(element)
            if element.tag in BLOCKS:
                lines[element] = max(lines[element], 1) + (element.tag == "table")
    return frozenset(
        row
        for row in root.iter("tr")
        if len(cells := [one for one in row if one.tag in _CELLS and one in worded]) > 1
        and all(lines[cell] == 1 for cell in cells)
    )
