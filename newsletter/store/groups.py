"""How the people of a campaign fall into groups that share batches.

A group has one version, one domain where that is kept apart, and goes before the canary's wait or
behind it. The database gives each person the key of their group; keys sort as batches go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Subquery


@dataclass(frozen=True, slots=True)
class Grouping:
    """What parts people: the keys of versions, the domains kept apart ('' is all others), and how
    many go first.
    """

    versions: tuple[str, ...]
    domains: tuple[str, ...]
    canary: int

    @property
    def size(self) -> int:
        """How many groups there can be on either side of the canary's wait."""
        return len(self.versions) * len(self.domains)

    @property
    def is_one(self) -> bool:
        """Whether all people share one group."""
        return self.size == 1 and not self.canary


@dataclass(frozen=True, slots=True)
class Group:
    """People who share batches; `first` is the sequence of the first of them."""

    key: int
    version: str
    domain: str
    canary: bool
    people: int
    first: int
    batches: int


def planned(people: Subquery, version: ColumnElement[int], grouping: Grouping) -> Subquery:
    """Who of `people` is mailed, each with the `key` of their group."""
    mailed = select(people).where(people.c.excluded.is_(None))
    group = version * len(grouping.domains) + _place_of_domain(people, grouping.domains)
    if not grouping.canary:
        return mailed.add_columns((group + grouping.size).label("key")).subquery()
    return _with_canary(mailed, people, group, grouping).subquery()


def count_groups(
    connection: Connection, mailings: Subquery, grouping: Grouping, *, mailed: int, size: int
) -> tuple[Group, ...]:
    """Every group that has people, in the order in which their batches of `size` go."""
    counts: Sequence[Any] = [(1, mailed)] if mailed else []
    if mailed and not grouping.is_one:
        key = mailings.c.key
        query = select(key, func.count()).group_by(key).order_by(key)
        counts = connection.execute(query).all()
    groups: list[Group] = []
    for key, count in counts:
        version, domain = divmod(key % grouping.size, len(grouping.domains))
        groups.append(
            Group(
                key=key,
                version=grouping.versions[version],
                domain=grouping.domains[domain],
                canary=key < grouping.size,
                people=count,
                first=groups[-1].first + groups[-1].batches if groups else 0,
                batches=-(-count // size),
            )
        )
    return tuple(groups)


def _with_canary(
    mailed: Select[Any], people: Subquery, group: ColumnElement[int], grouping: Grouping
) -> Select[Any]:
    """The first by keyed digest go first: as good as drawn by lot, and reproducible."""
    rank = func.row_number().over(order_by=people.c.digest).label("rank")
    ranked = mailed.add_columns(group.label("shared"), rank).subquery()
    behind = case((ranked.c.rank <= grouping.canary, 0), else_=grouping.size)
    return select(ranked, (ranked.c.shared + behind).label("key"))


def _place_of_domain(people: Subquery, domains: Sequence[str]) -> ColumnElement[int]:
    """The place of a person's domain among those kept apart; 0 is all others."""
    own = [
        (people.c.canonical.endswith(f"@{domain.lower()}", autoescape=True), place)
        for place, domain in enumerate(domains)
        if domain
    ]
    return case(*own, else_=0) if own else literal(0)
