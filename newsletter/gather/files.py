"""A file as items, read by what its ending says it is."""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.domain.item import SourceResult
from newsletter.errors import GatherError
from newsletter.gather.mail import read_mail
from newsletter.gather.note import read_note
from newsletter.gather.page import read_page
from newsletter.gather.paste import read_paste

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.domain.item import Item

LARGEST_FILE = 5 * 2**20
PAGES = (".html", ".htm")
NOTES = (".md", ".markdown")
MAILS = (".eml",)
PASTES = (".txt",)


def read_file(path: Path, *, source: str) -> SourceResult:
    """The items of a .md note, an .html page or an .eml mail; anything else is a pasted page.

    Raises GatherError naming the file when it is missing, a folder, too large, no text, or holds
    no story.
    """
    try:
        result = _read(path, source)
    except GatherError as error:
        raise GatherError(error.message, file=str(path)) from error
    return replace(result, items=tuple(_credited(item) for item in result.items))


def _credited(item: Item) -> Item:
    """Readers are told the site a link leads to, not the desk it passed through."""
    host = urlsplit(item.url).hostname if item.url else None
    return replace(item, source=host.removeprefix("www.")) if host else item


def read_pasted(text: str, *, source: str) -> SourceResult:
    """The items of a pasted page; GatherError when it holds none."""
    paste = read_paste(text, source=source)
    if not paste.items:
        raise GatherError("the pasted text holds no story; copy the page's headline and text too")
    return SourceResult(source, paste.items, paste.furniture)


def _read(path: Path, source: str) -> SourceResult:
    content = _bytes(path)
    ending = path.suffix.lower()
    if ending in PAGES:
        return SourceResult(source, read_page(content, url="", source=source))
    if ending in MAILS:
        return SourceResult(source, read_mail(content, source=source))
    text = _text(content)
    if ending in NOTES:
        return SourceResult(source, read_note(text, source=source))
    return read_pasted(text, source=source)


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise GatherError("is a folder; name a file in it")
        if not path.is_file():
            raise GatherError("there is no such file; check the path")
        if path.stat().st_size > LARGEST_FILE:
            raise GatherError(f"is larger than {LARGEST_FILE >> 20} MiB; split it")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise GatherError(f"cannot be read: {error}") from error
    if not content.strip():
        raise GatherError("is empty; put some text into it")
    return content


def _text(content: bytes) -> str:
    """UTF-8, UTF-16 with its byte order mark, or else what Windows calls Western European."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content:
        raise GatherError("is not a text file; save it as plain text")
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return _western(content)


def _western(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise GatherError("is not a text file; save it as plain text in UTF-8") from error
