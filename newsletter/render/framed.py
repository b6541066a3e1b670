"""A rendition as a frame of the studio shows it: a copy, never what is mailed.

The colour scheme is forced, pictures come from the studio or not at all, no link leads anywhere,
and sections and briefs are marked so that a finding can point to them. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from lxml import etree
from lxml import html as parser

from newsletter.render.clients import as_shown, client_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCHEME_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*([a-z-]+)\s*\)", re.IGNORECASE)
_OWN_SCHEME = re.compile(r"(?<![\w-])((?:supported-)?color-schemes?\s*:)[^;}]*", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width:0px)", "(max-width:0px)"
_FRAMES_ONLY = {"iframe", "frame", "object", "embed", "script", "base", "link"}


@dataclass(frozen=True, slots=True)
class Framing:
    """How a rendition is looked at.

    `client` is a mail program's key, '' a browser; a program has a scheme of its own. `pictures`
    maps addresses in the mail to where the studio has them. `places` are (line in issue.md, words)
    of sections and briefs, in reading order.
    """

    client: str = ""
    dark: bool = False
    shows_pictures: bool = True
    pictures: Mapping[str, str] = field(default_factory=dict)
    places: tuple[tuple[int, str], ...] = ()


def framed(html: str, framing: Framing) -> str:
    """The copy. RenderError for an unknown mail program."""
    dark = framing.dark
    if framing.client:
        dark = client_named(framing.client).dark
        html = as_shown(html, framing.client)
    if not framing.shows_pictures:
        html = as_shown(html, "images-off")
    page = parser.document_fromstring(html)
    _disarm(page)
    _force_scheme(page, "dark" if dark else "light")
    _place_pictures(page, framing.pictures)
    _mark(page, framing.places)
    return str(parser.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>"))


def _disarm(page: etree._Element) -> None:
    """The frame's own policy forbids all of this; without it nothing depends on that alone.

    A link would open in a new window, which the frame may not, so nobody leaves the page by one.
    """
    for element in list(page.iter(etree.Element)):
        if element.tag in _FRAMES_ONLY:
            element.drop_tree()
    for link in page.iter("a", "area", "form"):
        link.set("target", "_blank")
        link.set("rel", "noopener noreferrer")


def _force_scheme(page: etree._Element, scheme: str) -> None:
    """Media queries decided, for what a frame prefers is the browser's and cannot be set."""

    def decided(found: re.Match[str]) -> str:
        return _ALWAYS if found[1].lower() == scheme else _NEVER

    for style in page.iter("style"):
        css = _SCHEME_QUERY.sub(decided, style.text or "")
        style.text = _OWN_SCHEME.sub(rf"\g<1>{scheme}", css)
    for meta in page.xpath("//meta[@name='color-scheme' or @name='supported-color-schemes']"):
        meta.set("content", scheme)


def _place_pictures(page: etree._Element, pictures: Mapping[str, str]) -> None:
    """Those the studio has, from there; of any other, where it lies."""
    for picture in page.iter("img"):
        address = picture.get("src", "")
        if address in pictures:
            picture.set("src", pictures[address])
        elif address.startswith(("http:", "https:")):
            picture.set("src", _stand_in(urlsplit(address).hostname or ""))
            picture.set("data-elsewhere", "")
        picture.attrib.pop("srcset", None)


def _stand_in(host: str) -> str:
    """A drawn note in place of a picture that is not loaded, as an address."""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="240">'
        '<rect width="600" height="240" fill="#e6e1d8"/>'
        '<text x="300" y="112" fill="#4a453e" font-family="sans-serif" font-size="22" '
        f'text-anchor="middle">not loaded from {_plain(host)}</text>'
        '<text x="300" y="146" fill="#4a453e" font-family="sans-serif" font-size="18" '
        'text-anchor="middle">“newsletter images rehost” fetches it</text></svg>'
    )
    return f"data:image/svg+xml,{quote(drawn)}"


def _plain(host: str) -> str:
    return re.sub(r"[^a-z0-9.-]", "", host.lower())[:48]


def _mark(page: etree._Element, places: tuple[tuple[int, str], ...]) -> None:
    """`id="line-12"` on what shows the heading that stands in line 12 of issue.md."""
    body = page.find("body")
    if body is None:
        return
    shown, start = list(_texts(body)), 0
    for line, words in places:
        wanted = _forms(words)
        found = next((at for at in range(start, len(shown)) if wanted & shown[at][1]), None)
        if found is not None:  # some components do not show their heading
            shown[found][0].set("id", f"line-{line}")
            start = found + 1


def _texts(body: etree._Element) -> Iterator[tuple[etree._Element, frozenset[str]]]:
    """Every element that has words of its own: all its words, and those it begins with."""
    for element in body.iter(etree.Element):
        own = [element.text, *(child.tail for child in element)]
        if any(part and part.strip() for part in own):
            words = (str(element.text_content()), element.text or "")
            yield element, frozenset(_one_line(part) for part in words if part.strip())


def _forms(heading: str) -> frozenset[str]:
    """A heading's words as a mail may show them: an event's as its day, and what is then."""
    whole = _one_line(heading)
    day, _, rest = whole.partition(": ")
    return frozenset((whole, day, rest) if rest else (whole,))


def _one_line(text: str) -> str:
    """The words alone: a component may put a comma and the source behind a heading."""
    return " ".join(text.split()).rstrip(" ,·:")
