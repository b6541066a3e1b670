"""A finished page as a named mail program would show it. Pure.

What caniemail.com calls unsupported is taken out; what it calls partly supported stays, for the
data does not say in a form a program reads what the other part is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree
from lxml import html as parser

from newsletter.render.clients import features
from newsletter.render.clients.cascade import shown_style
from newsletter.render.clients.catalogue import client_named, unsupported
from newsletter.render.stylesheet import declarations, written_declarations

if TYPE_CHECKING:
    from newsletter.render.clients.catalogue import Client

_REVEALED = re.compile(r"<!--\[if ([^\]]*)\]><!-->(.*?)<!--<!\[endif\]-->", re.DOTALL)
_HIDDEN = re.compile(r"<!--\[if ([^\]]*)\]>(.*?)<!\[endif\]-->", re.DOTALL)
_OLD_OUTLOOK = re.compile(r"\blte? mso (?:9|1[0-5])\b")
# Elements whose content makes no sense, or must not be seen, without them.
_WITH_CONTENT = {
    "audio", "video", "svg", "object", "style", "link", "meta", "select", "textarea", "input",
    "progress", "meter", "xml", "script", "dialog",
}  # fmt: skip


def as_shown(html: str, client: str) -> str:
    """The page `client` shows for a rendition's HTML; its names are in `CLIENTS`.

    RenderError for an unknown name.
    """
    program = client_named(client)
    page = parser.document_fromstring(_without_comments(html, program))
    _show_styles(page, program)
    lacking = unsupported(program.column)
    for element in list(page.iter(etree.Element)):
        _show_element(element, lacking)
    _show_scheme(page, program)
    if not program.images:
        _take_pictures(page)
    return str(parser.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>"))


def _without_comments(html: str, client: Client) -> str:
    """Conditional comments decided as this program does."""
    outlook = client.conditional_comments

    def revealed(found: re.Match[str]) -> str:
        return found[2] if not outlook or _holds(found[1]) else ""

    def hidden(found: re.Match[str]) -> str:
        return found[2] if outlook and _holds(found[1]) else ""

    return _HIDDEN.sub(hidden, _REVEALED.sub(revealed, html))


def _holds(condition: str) -> bool:
    """Whether Outlook 2016 and later, which call themselves `mso 16`, meet a condition."""
    if condition.strip().startswith("!"):
        return "mso" not in condition
    return "mso" in condition and not _OLD_OUTLOOK.search(condition)


def _show_styles(page: etree._Element, client: Client) -> None:
    room = client.style_limit
    for style in page.findall(".//style"):
        css = style.text or ""
        if room is not None:
            room -= len(css.encode())
        if room is not None and room < 0:
            style.drop_tree()
        else:
            style.text = shown_style(css, client)


def _show_element(element: etree._Element, lacking: frozenset[str]) -> None:
    tag = element.tag
    if ":" in tag:
        element.drop_tag()
        return
    feature = features.of_element(tag, element.get("type", "").lower())
    if tag in {"xml", "script"} or (feature in lacking and tag in _WITH_CONTENT):
        element.drop_tree()
        return
    if tag == "meta" and element.get("name") == "color-scheme":
        return
    if feature in lacking:
        element.drop_tag()
        return
    for name, needed in list(features.of_attributes(iter(element.attrib))):
        if needed in lacking:
            del element.attrib[name]
    if element.get("style"):
        _show_inline(element, lacking)
    if tag == "img" and features.of_picture(element.get("src", "")) in lacking:
        del element.attrib["src"]


def _show_inline(element: etree._Element, lacking: frozenset[str]) -> None:
    kept = tuple(
        one
        for one in declarations(element.get("style"))
        if not lacking & features.of_declaration(one.name, one.value)
    )
    element.set("style", written_declarations(kept))


def _show_scheme(page: etree._Element, client: Client) -> None:
    """The scheme the program is in, so that a view does not depend on who looks at it."""
    head = page.find("head")
    for meta in page.xpath("//meta[@name='color-scheme' or @name='supported-color-schemes']"):
        meta.drop_tree()
    if head is not None:
        scheme = "dark" if client.dark else "light"
        etree.SubElement(head, "meta", name="color-scheme", content=scheme)


def _take_pictures(page: etree._Element) -> None:
    """Without a source, a browser shows a picture's description in its place."""
    for element in page.iter(etree.Element):
        for name in ("srcset", "background"):
            element.attrib.pop(name, None)
        if element.tag == "img":
            element.attrib.pop("src", None)
        if "url(" in element.get("style", ""):
            kept = (one for one in declarations(element.get("style")) if "url(" not in one.value)
            element.set("style", written_declarations(tuple(kept)))
    for style in page.findall(".//style"):
        style.text = re.sub(r"url\([^)]*\)", "none", style.text or "")
