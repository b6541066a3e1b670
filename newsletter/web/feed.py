"""Issues as an Atom feed (RFC 4287)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.config import Publication
    from newsletter.store.archive import Entry

_ATOM = "http://www.w3.org/2005/Atom"
_NEVER = "1970-01-01T00:00:00Z"


def atom(publication: Publication, base_url: str, entries: Sequence[Entry]) -> bytes:
    """The feed of these issues, the newest first. The same issues make the same bytes."""
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": publication.language})
    _texts(feed, id=f"{base_url}/archive", title=publication.name)
    newest = max((entry.published_at for entry in entries), default=None)
    _texts(feed, updated=_moment(newest) if newest else _NEVER)
    _texts(ET.SubElement(feed, "author"), name=publication.name, uri=publication.website)
    ET.SubElement(feed, "link", rel="self", href=f"{base_url}/archive.atom")
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=f"{base_url}/archive")
    for entry in entries:
        _entry(feed, base_url, entry)
    body: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _entry(feed: ET.Element, base_url: str, entry: Entry) -> None:
    url, moment = f"{base_url}/archive/{entry.issue}", _moment(entry.published_at)
    element = ET.SubElement(feed, "entry", {"xml:lang": entry.language})
    _texts(element, id=url, title=entry.title or entry.issue, published=moment, updated=moment)
    ET.SubElement(element, "link", rel="alternate", type="text/html", href=url)
    if entry.summary:
        _texts(element, summary=entry.summary)


def _texts(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = text


def _moment(moment: datetime) -> str:
    """RFC 3339, to the second; moments are UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
