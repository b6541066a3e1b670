"""The audiences of an issue added up by list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.report import Group, Shares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from newsletter.domain.campaign import Campaign


def by_list(campaigns: Iterable[Campaign], audiences: Sequence[Group]) -> tuple[Group, ...]:
    """From audiences as they are told: what is withheld of one is withheld of its list, too, or it
    could be had by subtraction. Audiences too small to be told apart stay together.
    """
    lists = {campaign.audience: campaign.list_key for campaign in campaigns}
    parts: dict[str, list[Group]] = {}
    for group in audiences:
        parts.setdefault(lists.get(group.name, ""), []).append(group)
    return tuple(_together(name, some) for name, some in parts.items())


def _together(name: str, groups: Sequence[Group]) -> Group:
    return Group(
        name=name,
        deliveries=sum(group.deliveries for group in groups),
        delivered=sum(group.delivered for group in groups),
        bounced=sum(group.bounced for group in groups),
        dropped=sum(group.dropped for group in groups),
        complained=_sum(group.complained for group in groups),
        unsubscribed=_sum(group.unsubscribed for group in groups),
        opened=_shares(groups, lambda group: group.opened),
        clicked=_shares(groups, lambda group: group.clicked),
    )


def _shares(groups: Sequence[Group], of: Callable[[Group], Shares]) -> Shares:
    return Shares(
        human=_sum(of(group).human for group in groups),
        unsure=_sum(of(group).unsure for group in groups),
        machine=_sum(of(group).machine for group in groups),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total
