"""A web page as one item: its main text without navigation, adverts and footers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from newsletter.domain.item import Item, ItemKind, Link, item_id
from newsletter.errors import GatherError
from newsletter.gather.dates import written_date
from newsletter.gather.text import joined, one_line, trimmed, visible, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARAGRAPHS = ("head", "p", "item", "quote", "row", "code")
_SPACE = re.compile(r"[ \t\n\r\f]+")


def read_page(
    content: bytes, *, url: str, source: str, charset: str | None = None
) -> tuple[Item, ...]:
    """The article of an HTML page: title, dek, author, date, paragraphs and links.

    `charset` is what the server said, if it did; else the page itself tells. Raises GatherError
    naming the source where no text can be told from the page's frame.
    """
    import trafilatura  # noqa: PLC0415  # half a second that other commands need not wait for

    found: Any = trafilatura.bare_extraction(
        _decoded(content, charset),
        url=url or None,
        include_links=True,
        include_comments=False,
        include_tables=True,
        with_metadata=True,
    )
    paragraphs = tuple(_paragraphs(found.body)) if found is not None else ()
    if not paragraphs:
        raise GatherError(f"{source}: the page holds no article; check the address, or paste it")
    title = one_line(found.title or "") or paragraphs[0]
    text = joined(paragraph for paragraph in paragraphs if paragraph != title)
    link = web_address(found.url, base=url) or web_address(url)
    item = Item(
        id=item_id(source=source, url=link, title=title, text=text),
        kind=ItemKind.ARTICLE,
        source=source,
        title=title,
        dek=one_line(found.description or ""),
        text=text,
        url=link,
        author=one_line(found.author or "")[:200] or None,
        published=written_date(found.date or ""),
        language=found.language or None,
        links=tuple(_links(found.body, url)),
    )
    return (item,)


def _decoded(content: bytes, charset: str | None) -> bytes | str:
    try:
        return content.decode(charset) if charset else content
    except (LookupError, UnicodeDecodeError):
        return content


def _paragraphs(body: Any) -> Iterator[str]:
    """The text of each paragraph of trafilatura's tree; a paragraph in another counts once."""
    for element in body.iter(*_PARAGRAPHS):
        if any(parent.tag in _PARAGRAPHS for parent in element.iterancestors()):
            continue
        text = _shown("".join(element.itertext()))
        if text:
            yield text


def _links(body: Any, base: str) -> Iterator[Link]:
    for element in body.iter("ref"):
        address = web_address(element.get("target"), base=base)
        if address:
            yield Link(_shown("".join(element.itertext())) or address, address)


def _shown(text: str) -> str:
    return trimmed(_SPACE.sub(" ", visible(text)))
