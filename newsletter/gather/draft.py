"""A first draft of an issue: gathered items as briefs, placed into its sections. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.issue import Brief
from newsletter.domain.item import Item, ItemKind
from newsletter.gather.canonical import canonical_url
from newsletter.gather.literal import literal
from newsletter.gather.text import first_sentences, one_line

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from newsletter.config import SectionRule

_LONGEST_CUT = 320


@dataclass(frozen=True, slots=True)
class Draft:
    """New briefs by the key of their section, and those that found no room."""

    placed: Mapping[str, tuple[Brief, ...]]
    candidates: tuple[Brief, ...]


def brief_of(item: Item) -> Brief:
    """The item as a brief: its own words, cut and never written anew.

    The headline is the title, or a teaser's whole text; the text is the dek, or else the first
    sentences of the body, as Markdown that shows them literally.
    """
    headline = item.title or (item.text if item.kind is ItemKind.TEASER else "")
    headline = headline or first_sentences(item.text, at_most=0)
    words = item.dek or (item.text if item.title else "")
    return Brief(
        headline=one_line(headline),
        text=literal(first_sentences(words, at_most=_LONGEST_CUT)),
        link=item.url,
        source=item.source,
        item=item.id,
    )


def draft(
    items: Sequence[Item],
    rules: Sequence[SectionRule],
    *,
    filled: Mapping[str, int],
    known: Container[str],
) -> Draft:
    """The items placed by `rules`, given how many briefs each section already holds.

    Articles fill the first section with room; what is left of them and everything else goes into
    the later sections up to their `max`, and then to the candidates. The newest come first, then
    the undated, in the order of `items`. Left out is an item whose id or canonical address is
    `known`, and the second with the same id or address.
    """
    fresh = list(_unseen(_newest_first(items), known))
    room = {rule.key: _room(rule, filled) for rule in rules}
    placed: dict[str, list[Item]] = {rule.key: [] for rule in rules}
    articles = [item for item in fresh if item.kind is ItemKind.ARTICLE]
    first = next((rule.key for rule in rules if room[rule.key] > 0), None)
    if first is not None:
        placed[first] = articles[: room[first]]
    rest = [
        item for item in fresh if all(item is not taken for taken in placed.get(first or "", ()))
    ]
    for rule in rules[1:] or rules:
        count = room[rule.key] - len(placed[rule.key])
        placed[rule.key] += rest[:count]
        rest = rest[count:]
    return Draft(
        {key: tuple(map(brief_of, chosen)) for key, chosen in placed.items()},
        tuple(map(brief_of, rest)),
    )


def _newest_first(items: Iterable[Item]) -> list[Item]:
    """Articles before the rest, each newest first; sorting is stable, so the order is kept."""

    def key(item: Item) -> tuple[bool, float]:
        age = -item.published.timestamp() if item.published else 0.0
        return item.kind is not ItemKind.ARTICLE, age

    return sorted(items, key=key)


def _unseen(items: Iterable[Item], known: Container[str]) -> Iterator[Item]:
    taken: set[str] = set()
    for item in items:
        names = {item.id, *([canonical_url(item.url)] if item.url else [])}
        if names & taken or any(name in known for name in names):
            continue
        taken |= names
        yield item


def _room(rule: SectionRule, filled: Mapping[str, int]) -> int:
    """How many more briefs fit; a section without `max` never fills."""
    return max(0, rule.max - filled.get(rule.key, 0)) if rule.max is not None else 10**9
