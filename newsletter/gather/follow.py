"""The articles behind the entries of a feed or a listing, read for their full text."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.item import Item, ItemKind
from newsletter.errors import GatherError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_FOLLOWED = 25


def followed(
    items: Sequence[Item], read: Callable[[str], Item | None], *, seconds: float
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """The items with what their articles say, and notes on those that could not be read.

    `read` fetches an article, or returns None where that may wait. So many `seconds` after the
    first, and after 25 articles fetched, the others stay as they are until the next time.
    """
    end = time.monotonic() + seconds
    made: list[Item] = []
    failed: list[str] = []
    for item in items:
        article = None
        if item.url and time.monotonic() < end:
            try:
                article = read(item.url)
            except GatherError as error:
                failed.append(error.message)
        made.append(fuller(item, article) if article else item)
    return tuple(made), _notes(failed)


def fuller(entry: Item, article: Item) -> Item:
    """The entry with the article's text, and with what else the entry did not say itself."""
    return replace(
        entry,
        kind=ItemKind.ARTICLE,
        title=entry.title or article.title,
        dek=entry.dek or article.dek or (entry.text if not entry.title else ""),
        text=max(article.text, entry.text, key=len),
        author=entry.author or article.author,
        published=entry.published or article.published,
        dated=entry.dated or article.dated,
        language=entry.language or article.language,
        image=entry.image or article.image,
        categories=entry.categories or article.categories,
        links=article.links,
    )


def _notes(failed: Sequence[str]) -> tuple[str, ...]:
    if not failed:
        return ()
    return (f"{len(failed)} of its articles could not be read; the first: {failed[0]}",)
