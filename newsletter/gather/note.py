"""Markdown notes as items: one per heading, its text below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from newsletter.domain.item import Item, ItemKind, Link, item_id
from newsletter.domain.prose import first_sentences
from newsletter.errors import GatherError
from newsletter.gather.text import joined, trimmed, visible, web_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

LARGEST_NOTE = 256_000
_ITEM_HEADINGS = ("h1", "h2")
_LONGEST_TITLE = 200


@dataclass(slots=True)
class _Note:
    """One heading and what stands below it, while the file is read."""

    title: str = ""
    level: str = ""
    url: str | None = None
    paragraphs: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


def read_note(text: str, *, source: str) -> tuple[Item, ...]:
    """An item for each `#` and `##` heading, its paragraphs without their Markdown.

    A link in the heading, or one that is a paragraph by itself, is the item's address. A note
    without headings is one item titled by its first sentence; a `#` over `##` headings with no
    text of its own titles the file and is no item. Raises GatherError for an empty or huge note.
    """
    if len(text) > LARGEST_NOTE:
        raise GatherError(f"the note for {source} is larger than {LARGEST_NOTE // 1000} kB; cut it")
    notes = _notes(MarkdownIt("commonmark", {"html": False}).parse(visible(text).lstrip("\ufeff")))
    items = tuple(
        _item(note, source)
        for note, following in zip_longest(notes, notes[1:])
        if not _titles_the_file(note, following)
    )
    if not items:
        raise GatherError(f"the note for {source} is empty; write a heading and some text")
    return items


def _notes(tokens: Sequence[Token]) -> list[_Note]:
    notes = [_Note()]
    heading: str | None = None
    for token in tokens:
        if token.type == "heading_open" and token.tag in _ITEM_HEADINGS and token.level == 0:
            heading = token.tag
        elif token.type == "inline" and heading:
            words, links = _inline(token)
            note = _Note(words, heading, links=list(links[1:]))
            note.url = links[0].url if links else None
            notes.append(note)
            heading = None
        elif token.type == "inline":
            _add_paragraph(notes[-1], *_inline(token))
        elif token.type in ("fence", "code_block"):
            _add_paragraph(notes[-1], trimmed(token.content.rstrip("\n")), ())
    return [note for note in notes if note.title or note.paragraphs or note.url]


def _add_paragraph(note: _Note, words: str, links: tuple[Link, ...]) -> None:
    only_a_link = len(links) == 1 and words in (links[0].text, links[0].url)
    if only_a_link and note.url is None:
        note.url = links[0].url
    elif words:
        note.paragraphs.append(words)
        note.links += links


def _inline(token: Token) -> tuple[str, tuple[Link, ...]]:
    """The words of an inline token and its links; soft breaks become spaces."""
    words = ""
    open_links: list[tuple[str | None, int]] = []
    links: list[Link] = []
    for child in token.children or ():
        if child.type == "link_open":
            open_links.append((web_address(str(child.attrs.get("href", ""))), len(words)))
        elif child.type == "link_close":
            address, start = open_links.pop()
            if address:
                links.append(Link(words[start:] or address, address))
        elif child.type in ("softbreak", "hardbreak"):
            words += " "
        else:
            words += child.content
    return trimmed(words), tuple(links)


def _titles_the_file(note: _Note, following: _Note | None) -> bool:
    bare = not note.paragraphs and note.url is None
    deeper = following is not None and following.level == "h2"
    return bare and note.level == "h1" and deeper


def _item(note: _Note, source: str) -> Item:
    text = joined(note.paragraphs)
    title = note.title or (first_sentences(text, at_most=_LONGEST_TITLE) if text else "")
    kind = ItemKind.ARTICLE if text else ItemKind.TEASER
    # A heading with nothing below it is a teaser: the one sentence there is.
    title, text = (title, text) if text else ("", title or note.url or "")
    return Item(
        id=item_id(source=source, url=note.url, title=title, text=text),
        kind=kind,
        source=source,
        title=title,
        text=text,
        url=note.url,
        links=tuple(note.links),
    )
