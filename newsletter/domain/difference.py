"""What differs between two states of an issue: which briefs came, went, moved, and word by word.

Two briefs are one when they were cut from the same item; else when they have the same headline, the
same link, or much the same words, in this order.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.domain.wording import Passage, runs, words

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from newsletter.domain.issue import Brief, Issue, Section

ALIKE = 0.6
"""Share of the words that two briefs have in common when they are one, rewritten."""


class Fate(StrEnum):
    """What became of a brief. One may be both moved and changed."""

    ADDED = "added"
    DROPPED = "dropped"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class BriefDifference:
    """A brief that differs. `passages` are its texts that differ, or all where it came or went;
    `section` is where it stands, or stood, and `was_in` where it stood before it moved.
    """

    headline: str
    section: str
    fates: tuple[Fate, ...]
    passages: tuple[Passage, ...]
    was_in: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs: the issue's own texts, then its briefs in the order of the newer
    state, those that went behind the others. `same` counts the briefs that stayed as they were.
    """

    passages: tuple[Passage, ...]
    briefs: tuple[BriefDifference, ...]
    same: int

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.passages or self.briefs)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A brief, and the section it stands in."""

    brief: Brief
    section: Section


def difference(before: Issue, after: Issue) -> Difference:
    """How `after` differs from `before`, in what readers see and who sees it."""
    old, new = tuple(_placed(before)), tuple(_placed(after))
    pairs = _pairs([one.brief for one in old], [one.brief for one in new])
    moved = _moved(old, new, pairs)
    found = [
        _met(old[pairs[place]], one, moved=place in moved)
        if place in pairs
        else _alone(one, Fate.ADDED)
        for place, one in enumerate(new)
    ]
    met = set(pairs.values())
    found += [_alone(one, Fate.DROPPED) for place, one in enumerate(old) if place not in met]
    briefs = tuple(one for one in found if one.fates)
    return Difference(
        passages=_changed(_passages(_issue_texts(before), _issue_texts(after))),
        briefs=briefs,
        same=len(found) - len(briefs),
    )


def _placed(issue: Issue) -> Iterator[_Placed]:
    for section in issue.sections:
        for brief in section.briefs:
            yield _Placed(brief, section)


def _pairs(old: Sequence[Brief], new: Sequence[Brief]) -> dict[int, int]:
    """Place in `new` → place in `old` of the same brief."""
    pairs: dict[int, int] = {}
    for trait in (_whole, _item, _headline, _link):
        _pair_by(trait, old, new, pairs)
    left = {spot: _vocabulary(old[spot]) for spot in set(range(len(old))) - set(pairs.values())}
    for place in sorted(set(range(len(new))) - pairs.keys()):
        own = _vocabulary(new[place])
        likeness = {spot: _likeness(other, own) for spot, other in sorted(left.items())}
        closest = max(likeness, key=lambda spot: likeness[spot], default=None)
        if closest is not None and likeness[closest] >= ALIKE:
            pairs[place] = closest
            del left[closest]
    return pairs


def _pair_by(
    trait: Callable[[Brief], Hashable],
    old: Sequence[Brief],
    new: Sequence[Brief],
    pairs: dict[int, int],
) -> None:
    """Pair what has a trait in common and is not paired yet, first come, first met."""
    free: dict[Hashable, list[int]] = {}
    for place in sorted(set(range(len(old))) - set(pairs.values())):
        if value := trait(old[place]):
            free.setdefault(value, []).append(place)
    for place in sorted(set(range(len(new))) - pairs.keys()):
        if same := free.get(trait(new[place])):
            pairs[place] = same.pop(0)


def _whole(brief: Brief) -> Hashable:
    return brief.headline, brief.text, brief.link, brief.item


def _item(brief: Brief) -> Hashable:
    return brief.item


def _headline(brief: Brief) -> Hashable:
    return " ".join(brief.headline.casefold().split())


def _link(brief: Brief) -> Hashable:
    return brief.link


def _vocabulary(brief: Brief) -> frozenset[str]:
    return frozenset(words(f"{brief.headline} {brief.text}".casefold()))


def _likeness(first: frozenset[str], second: frozenset[str]) -> float:
    """Share of the words two briefs have in common, from 0 to 1."""
    return 2 * len(first & second) / (len(first) + len(second) or 1)


def _moved(old: Sequence[_Placed], new: Sequence[_Placed], pairs: dict[int, int]) -> set[int]:
    """Places in `new` of briefs that changed their section, or were passed by others within it.

    Of those in one section, as few as possible are called moved: the longest run that kept its
    order stands still.
    """
    moved = set()
    within: dict[str, list[int]] = {}
    for place in sorted(pairs):
        if old[pairs[place]].section.key == new[place].section.key:
            within.setdefault(new[place].section.key, []).append(place)
        else:
            moved.add(place)
    for places in within.values():
        order = [pairs[place] for place in places]
        still = _longest_rise(order)
        moved |= {place for place in places if pairs[place] not in still}
    return moved


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The members of a longest rising subsequence of distinct numbers (patience sorting)."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        pile = bisect_left(ends, number)
        before[number] = ends[pile - 1] if pile else None
        ends[pile : pile + 1] = [number]
    found, last = set(), ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


def _met(old: _Placed, new: _Placed, *, moved: bool) -> BriefDifference:
    passages = _changed(_passages(_brief_texts(old.brief), _brief_texts(new.brief)))
    fates = [fate for fate, is_so in ((Fate.MOVED, moved), (Fate.CHANGED, passages)) if is_so]
    return BriefDifference(
        headline=new.brief.headline,
        section=new.section.title,
        fates=tuple(fates),
        passages=passages,
        was_in=old.section.title if moved else "",
    )


def _alone(one: _Placed, fate: Fate) -> BriefDifference:
    texts: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], _brief_texts(one.brief))
    before, after = texts if fate is Fate.ADDED else texts[::-1]
    passages = _changed(_passages(before, after))
    return BriefDifference(one.brief.headline, one.section.title, (fate,), passages)


def _issue_texts(issue: Issue) -> list[tuple[str, str]]:
    texts = [
        ("subject", issue.subject),
        ("subjects on trial", "\n\n".join(issue.subjects)),
        ("preheader", issue.preheader),
        ("date", issue.date.isoformat()),
        ("number", issue.number),
        ("list", issue.list_key or ""),
        ("segment", issue.segment or ""),
        ("sections", "\n\n".join(section.title for section in issue.sections)),
        ("introduction", issue.intro),
    ]
    for section in issue.sections:
        texts += [
            (f"introduction of “{section.title}”", section.intro),
            (f"component of “{section.title}”", section.component),
            (f"audience of “{section.title}”", section.audience),
        ]
    return texts


def _brief_texts(brief: Brief) -> list[tuple[str, str]]:
    return [
        ("headline", brief.headline),
        ("text", brief.text),
        ("source", brief.source or ""),
        ("link", brief.link or ""),
        ("component", brief.component),
        ("audience", brief.audience),
        ("sponsor", brief.sponsor),
        ("held over", brief.held_over.isoformat() if brief.held_over else ""),
        ("embargo", brief.embargo.isoformat(" ", "minutes") if brief.embargo else ""),
    ]


def _passages(
    before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]
) -> Iterator[Passage]:
    old, new = _by_name(before), _by_name(after)
    for name in dict.fromkeys((*new, *old)):
        yield Passage(name, runs(old.get(name, ""), new.get(name, "")))


def _by_name(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Texts by name; those of two sections with one title are told together."""
    found: dict[str, str] = {}
    for name, text in texts:
        found[name] = "\n\n".join(filter(None, (found.get(name), text)))
    return found


def _changed(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    return tuple(passage for passage in passages if passage.changed)
