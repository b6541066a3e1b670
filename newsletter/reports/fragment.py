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
    if body is None:
        return ""
    wanted = _forms(headline)
    strange = {form for other in others for form in _forms(other)} - wanted
    found = next(_places(body, wanted, links), None)
    if found is None:
        return ""
    parent = found.getparent()
    while parent is not None and parent.getparent() is not body and parent is not body:
        if any(_shows(inner, strange) for inner in parent.iter(etree.Element)):
            break
        found, parent = parent, parent.getparent()
    found.tail = None
    return str(parser.tostring(found, encoding="unicode"))


def _places(
    body: etree._Element, headline: set[str], links: Collection[str]
) -> Iterator[etree._Element]:
    """What shows the headline, and whatever leads where only this brief leads."""
    yield from (element for element in body.iter(etree.Element) if _shows(element, headline))
    yield from (element for element in body.iter("a") if element.get("href") in links)


def _shows(element: etree._Element, forms: Collection[str]) -> bool:
    """Whether all of an element's words, or those before its first child, are a headline."""
    return _words(str(element.text_content())) in forms or _words(element.text or "") in forms


def _forms(headline: str) -> set[str]:
    """A headline as a mail may show it: an event's also without its day."""
    return {_words(headline), _words(headline.partition(": ")[2])} - {""}


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()
