"""What ran before: the same page, or the same story told elsewhere, in any earlier issue. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from newsletter.domain.item import Item, ItemKind
from newsletter.domain.story import Evidence, Ran
from newsletter.gather.bonds import Proof
from newsletter.gather.canonical import canonical_url
from newsletter.gather.common_words import MONTHS, STOP
from newsletter.gather.figures import figures
from newsletter.gather.traits import stem, traits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from newsletter.domain.issue import Brief
    from newsletter.domain.story import Bond
    from newsletter.gather.traits import Traits

FACTS_FOR, WORDS_FOR = 21.0, 60.0
"""So many days after an issue the same facts, or much the same words, are still the same story:
what comes back every year is not."""
_READ = 4_000
_MOST_NEW = 5
_NAME = re.compile(r"(?<=[a-zà-ÿ0-9,;] )[A-ZÀ-ÖØ-Þ][^\W_]+(?:[ -][A-ZÀ-ÖØ-Þ][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Past:
    """A brief of an earlier issue."""

    issue: str
    day: date
    brief: Brief


def ran_before(
    items: Sequence[Item], past: Sequence[Past], source_text: Callable[[Past], str]
) -> dict[str, Ran]:
    """Item id → where it ran last; left out is what did not run.

    `source_text` is the kept text a brief of the past was cut from, '' where there is none; it is
    asked of those only that were found to tell the same.
    """
    pages = {canonical_url(one.brief.link): one for one in _oldest_first(past) if one.brief.link}
    told = _told(items, past)
    found: dict[str, Ran] = {}
    for item in items:
        page = pages.get(canonical_url(item.url)) if item.url else None
        earlier, evidence = (page, Evidence.ADDRESS) if page else told.get(item.id, (None, None))
        if earlier is not None and evidence is not None:
            before = f"{earlier.brief.headline}\n{earlier.brief.text}\n{source_text(earlier)}"
            new = news(f"{item.title}\n{item.dek}\n{item.text}", before)
            found[item.id] = Ran(earlier.issue, earlier.day, earlier.brief.headline, evidence, new)
    return found


def news(text: str, before: str) -> tuple[str, ...]:
    """The figures and names of a text that an earlier one has not, as they are written; at most 5.

    A name is what begins with a capital inside a sentence.
    """
    text = text[:_READ]
    known = figures(before)
    words = {stem(word) for word in re.findall(r"[^\W_]+", before.casefold())}
    fresh = [written for figure, written in figures(text).items() if figure not in known]
    for name in dict.fromkeys(_NAME.findall(text.partition("\n")[2])):
        parts = [part.casefold() for part in re.split(r"[ -]", name)]
        if all(part in MONTHS or part in STOP or stem(part) in words for part in parts):
            continue
        fresh.append(name)
    return tuple(fresh[:_MOST_NEW])


def as_item(brief: Brief, *, name: str, day: date) -> Item:
    """A brief as an item, so that it can be compared with items; `name` becomes its id."""
    return Item(
        id=name,
        kind=ItemKind.ARTICLE,
        source=brief.source or "",
        title=brief.headline,
        text=brief.text,
        url=brief.link,
        published=datetime.combine(day, time(), tzinfo=UTC),
    )


def _oldest_first(past: Iterable[Past]) -> list[Past]:
    return sorted(past, key=lambda one: (one.day, one.issue))


def _told(items: Sequence[Item], past: Sequence[Past]) -> dict[str, tuple[Past, Evidence]]:
    """Item id → the latest brief that tells the same, by its words or facts."""
    recent = _recent(items, past)
    briefs = {f"past {number}": one for number, one in enumerate(recent)}
    others = [as_item(one.brief, name=name, day=one.day) for name, one in briefs.items()]
    traits = traits_of([replace(item, url=None) for item in [*items, *others]])
    proof = Proof(traits)
    new, old = traits[: len(items)], traits[len(items) :]
    found: dict[str, tuple[Past, Evidence]] = {}
    for bond in _bonds(proof, new, old):
        found[bond.first] = briefs[bond.second], bond.evidence
    return found


def _bonds(proof: Proof, new: Iterable[Traits], old: Sequence[Traits]) -> Iterable[Bond]:
    """Bonds of the new with the old, the latest of each new one last."""
    for one in new:
        for other in old:
            if len(one.features & other.features) >= 2:
                bond = proof.bond(one, other, window=FACTS_FOR, longer=WORDS_FOR)
                if bond is not None:
                    yield bond


def _recent(items: Sequence[Item], past: Sequence[Past]) -> list[Past]:
    days = [item.published.date() for item in items if item.published is not None]
    if not days:
        latest = max((one.day for one in past), default=date.min)
        days = [latest]
    first, last = min(days).toordinal() - WORDS_FOR, max(days).toordinal() + WORDS_FOR
    return [one for one in _oldest_first(past) if first <= one.day.toordinal() <= last]
