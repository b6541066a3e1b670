"""A finished page as checks see it: elements, styles and words, conditional comments included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree
from lxml import html as parser

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDRESSES = ("href", "src", "action", "background", "formaction", "data", "poster")


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag; `line` counts from 1 in the HTML. `commented` ones are for Outlook alone."""

    tag: str
    attributes: Mapping[str, str]
    line: int
    commented: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one parse found; `styles` holds the text of each style element, `root` the tree."""

    root: etree._Element
    elements: tuple[Element, ...]
    styles: tuple[str, ...]
    text: str

    def addresses(self) -> tuple[tuple[Element, str, str], ...]:
        """(element, attribute, address) of everything that points somewhere."""
        return tuple(
            (element, name, element.attributes[name])
            for element in self.elements
            for name in _ADDRESSES
            if name in element.attributes
        )


_WORDS = etree.XPath("//body//text()[not(parent::style)]", smart_strings=False)
_Start: TypeAlias = tuple[str, dict[str, str]]


def read_page(html: str) -> Page:
    """Parse a page; tolerant of anything."""
    root = parser.document_fromstring(html or "<html></html>")
    elements: list[Element] = []
    styles: list[str] = []
    for node in root.iter():
        if node.tag is etree.Comment:
            # Outlook reads what stands in `<!--[if mso]>…<![endif]-->`, so that is page too (A26).
            starts, inner = _conditional(node.text or "")
            elements += [Element(tag, held, node.sourceline, True) for tag, held in starts]
            styles += inner
        elif isinstance(node.tag, str):
            elements.append(Element(node.tag, dict(node.attrib), node.sourceline or 0))
            if node.tag == "style":
                styles.append(node.text or "")
    text = " ".join(" ".join(_WORDS(root)).split())
    return Page(root, tuple(elements), tuple(styles), text)


@lru_cache(maxsize=512)
def _conditional(comment: str) -> tuple[tuple[_Start, ...], tuple[str, ...]]:
    """The start tags and the style elements inside a conditional comment."""
    if not comment.startswith("[if") or ">" not in comment:
        return (), ()
    inside = comment.partition(">")[2].removesuffix("<![endif]")
    root = parser.fragment_fromstring(inside, create_parent="div")
    nodes = [node for node in root.iterdescendants() if isinstance(node.tag, str)]
    starts = tuple((node.tag, dict(node.attrib)) for node in nodes)
    return starts, tuple(node.text or "" for node in nodes if node.tag == "style")
