"""A finished page as checks see it: elements, styles and words, conditional comments included."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag; `line` counts from 1 in the HTML."""

    tag: str
    attributes: dict[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Page:
    """What one parse found; `styles` holds the text of each style element."""

    elements: tuple[Element, ...]
    styles: tuple[str, ...]
    text: str

    def addresses(self) -> tuple[tuple[Element, str, str], ...]:
        """(element, attribute, address) of everything that points somewhere."""
        return tuple(
            (element, name, element.attributes[name])
            for element in self.elements
            for name in ("href", "src", "action", "background", "formaction", "data")
            if name in element.attributes
        )


def read_page(html: str) -> Page:
    """Parse a page; tolerant of anything."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(tuple(reader.elements), tuple(reader.styles), " ".join(reader.words))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.styles: list[str] = []
        self.words: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes, self.getpos()[0]))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)
        elif data.strip():
            self.words.append(" ".join(data.split()))

    def handle_comment(self, data: str) -> None:
        """Outlook reads what stands in `<!--[if mso]>…<![endif]-->`, so that is page too (A26)."""
        if data.startswith("[if") and ">" in data:
            inside = read_page(data.partition(">")[2].removesuffix("<![endif]"))
            self.elements += inside.elements
            self.styles += inside.styles
