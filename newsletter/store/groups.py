"""How the people of a campaign fall into groups that share batches.

A group has one version, one wave, one domain where that is kept apart, is tracked or not, and goes
before a wait or behind it; those before it may have a subject on trial. The database gives each
person the key of their group; keys sort as batches go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.domain.trial import of_subject
from newsletter.store.waves import with_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Subquery

    from newsletter.domain.hours import Waves


@dataclass(frozen=True, slots=True)
class Grouping:
    """What parts people: the keys of versions, the domains kept apart ('' is all others), `waves`
    where there are any, and the slice of those who go `first`.

    They are drawn by their keyed digest, read from its digit `turn` on, and try so many `subjects`.
    With `tracking`, who agreed to it shares no batch with others.
    """

    versions: tuple[str, ...]
    domains: tuple[str, ...]
    first: int
    waves: Waves | None = None
    subjects: int = 0
    turn: int = 0
    tracking: Tracking = UNTRACKED

    @property
    def trackings(self) -> tuple[Tracking, ...]:
        """What is noted of the readers of a batch: of some, and nothing of the others."""
        return (self.tracking, UNTRACKED) if self.tracking else (UNTRACKED,)

    @property
    def size(self) -> int:
        """How many groups there can be behind the wait."""
        waves = len(self.waves.waves) if self.waves else 1
        return waves * len(self.versions) * len(self.domains) * len(self.trackings)

    @property
    def behind(self) -> int:
        """The least key of those behind the wait."""
        return self.size * max(self.subjects, 1)

    @property
    def is_one(self) -> bool:
        """Whether all people share one group."""
        return self.size == 1 and not self.first


@dataclass(frozen=True, slots=True)
class Group:
    """People who share batches; `first` is the sequence of the first of them, `wave` the place of
    theirs.
    """

    key: int
    version: str
    domain: str
    wave: int
    canary: bool
    people: int
    first: int
    batches: int
    tracking: Tracking


def planned(people: Subquery, version: ColumnElement[int], grouping: Grouping) -> Subquery:
    """Who of `people` is mailed, each with the `key` of their group."""
    mailed, wave = with_place(people, grouping.waves)
    group = wave * len(grouping.versions) + version
    group = group * len(grouping.domains) + _place_of_domain(people, grouping.domains)
    if grouping.tracking:
        agreed = people.c.tracking.is_(True)
        group = group * len(grouping.trackings) + case((agreed, 0), else_=1)
    mailed = mailed.where(people.c.excluded.is_(None))
    if not grouping.first:
        return mailed.add_columns((group + grouping.behind).label("key")).subquery()
    return _with_slice(mailed, people, wave, group, grouping).subquery()


def count_groups(
    connection: Connection, mailings: Subquery, grouping: Grouping, *, mailed: int, size: int
) -> tuple[Group, ...]:
    """Every group that has people, in the order in which their batches of `size` go."""
    counts: Sequence[Any] = [(grouping.behind, mailed)] if mailed else []
    if mailed and not grouping.is_one:
        key = mailings.c.key
        query = select(key, func.count()).group_by(key).order_by(key)
        counts = connection.execute(query).all()
    groups: list[Group] = []
    for key, count in counts:
        last = groups[-1] if groups else None
        groups.append(
            _group(key, count, grouping, size, first=last.first + last.batches if last else 0)
        )
    return tuple(groups)


def _group(key: int, people: int, grouping: Grouping, size: int, *, first: int) -> Group:
    subject, canary = 0, key < grouping.behind
    shared = key - grouping.behind
    if canary:
        shared, subject = divmod(key, max(grouping.subjects, 1))
    shared, tracking = divmod(shared, len(grouping.trackings))
    rest, domain = divmod(shared, len(grouping.domains))
    wave, version = divmod(rest, len(grouping.versions))
    name = grouping.versions[version]
    return Group(
        key=key,
        version=of_subject(name, subject + 1) if canary and grouping.subjects else name,
        domain=grouping.domains[domain],
        wave=wave,
        canary=canary,
        people=people,
        first=first,
        batches=-(-people // size),
        tracking=grouping.trackings[tracking],
    )


def _with_slice(
    mailed: Select[Any],
    people: Subquery,
    wave: ColumnElement[int],
    group: ColumnElement[int],
    grouping: Grouping,
) -> Select[Any]:
    """The first wave's go first, and of these by keyed digest: as good as by lot, reproducible."""
    digest = people.c.digest
    turned = func.substr(digest, grouping.turn + 1) if grouping.turn else digest
    rank = func.row_number().over(order_by=(wave, turned, digest)).label("rank")
    ranked = mailed.add_columns(group.label("shared"), rank).subquery()
    subjects = max(grouping.subjects, 1)
    front = ranked.c.shared * subjects + (ranked.c.rank - 1) % subjects
    behind = ranked.c.shared + grouping.behind
    return select(ranked, case((ranked.c.rank <= grouping.first, front), else_=behind).label("key"))


def _place_of_domain(people: Subquery, domains: Sequence[str]) -> ColumnElement[int]:
    """The place of a person's domain among those kept apart; 0 is all others."""
    own = [
        (people.c.canonical.endswith(f"@{domain.lower()}", autoescape=True), place)
        for place, domain in enumerate(domains)
        if domain
    ]
    return case(*own, else_=0) if own else literal(0)
