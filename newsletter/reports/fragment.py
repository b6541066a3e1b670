"""One brief cut out of a rendition, to be shown by itself. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from lxml import html as parser

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def fragment(html: str, headline: str, links: Collection[str], others: Collection[str]) -> str:
    """The largest part of a rendition that shows this brief and none of the `others`, by their
    headlines; '' where the rendition does not show it. `links` are addresses only this brief has.
    """
    body = parser.document_fromstring(html).find("body")
    wanted, strange = _words(headline), {_words(one) for one in others}
    found = next(_places(body, wanted, links), None) if body is not None else None
    if found is None:
        return ""
    while (parent := found.getparent()) is not None and parent is not body:
        if any(_words(text) in strange for text in _texts(parent)) or _is_page(parent, body):
            break
        found = parent
    found.tail = None
    return str(parser.tostring(found, encoding="unicode"))


def _is_page(element: etree._Element, body: etree._Element | None) -> bool:
    """Whether an element holds the whole page, as the outermost ones of a mail do."""
    return element.getparent() is body


def _places(
    body: etree._Element, headline: str, links: Collection[str]
) -> Iterator[etree._Element]:
    """What shows the headline, and whatever leads where only this brief leads."""
    for element in body.iter(etree.Element):
        if _words(str(element.text_content())) == headline:
            yield element
    for element in body.iter("a"):
        if element.get("href") in links:
            yield element


def _texts(element: etree._Element) -> Iterator[str]:
    for inner in element.iter(etree.Element):
        yield str(inner.text_content())


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()
