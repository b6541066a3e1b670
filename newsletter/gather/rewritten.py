"""Feeds that rewrite their history: old entries in new clothes, and far too many at once. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.gather.canonical import canonical_url

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from newsletter.domain.item import Item, SourceResult


def settled(items: Iterable[Item], before: Iterable[Item]) -> tuple[Item, ...]:
    """The items, those with the words of one read before under its old id, address and moment.

    An item that only got a new identifier or a new date is no news. Of two alike the first is kept.
    """
    known = {_words(item): item for item in before}
    found = {item.id: item for item in (_as_before(item, known) for item in items)}
    return tuple(found.values())


def capped(result: SourceResult, known: Container[str], *, most: int) -> SourceResult:
    """The result with its `most` newest new items, and a note where there were more.

    New is an item of which neither the id nor the canonical address is `known`. The others stay.
    """
    new = [item for item in result.items if not _is_known(item, known)]
    if len(new) <= most:
        return result
    # Sorting is stable: the undated come last, in their own order.
    new.sort(key=lambda item: -item.published.timestamp() if item.published else 0.0)
    left_out = {item.id for item in new[most:]}
    note = (
        f"{result.source} has {len(new):,} new items at once, as a feed does that rewrites its "
        f"history; the {most:,} newest are taken (gathering.most_new)"
    )
    return replace(
        result,
        items=tuple(item for item in result.items if item.id not in left_out),
        notes=(*result.notes, note),
    )


def _as_before(item: Item, known: dict[str, Item]) -> Item:
    before = known.get(_words(item))
    if before is None:
        return item
    return replace(
        item, id=before.id, url=before.url, published=before.published, dated=before.dated
    )


def _is_known(item: Item, known: Container[str]) -> bool:
    return item.id in known or (item.url is not None and canonical_url(item.url) in known)


def _words(item: Item) -> str:
    """A digest of all an item says; a column with the same title each week still differs."""
    words = f"{item.source}\n{item.title}\n{item.dek}\n{item.text}"
    return hashlib.sha256(words.encode()).hexdigest()
