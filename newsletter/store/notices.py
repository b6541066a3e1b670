"""Notices in the database: one a key and channel, claimed before it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, update

from newsletter.domain.campaign import CampaignState
from newsletter.domain.notice import Channel, Notice, NoticeKind, NoticeState
from newsletter.store import schema
from newsletter.store.dialects import changed, insert_into

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

_TABLE = schema.notice

TROUBLED = (
    CampaignState.PAUSED,
    CampaignState.UNSETTLED,
    CampaignState.MISSED,
    CampaignState.LOCKED,
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A campaign that needs a person; `key` tells this stop of it from every other."""

    key: str
    issue: str
    state: CampaignState
    reason: str


def add(
    connection: Connection,
    channel: Channel,
    kind: NoticeKind,
    *,
    key: str,
    issue: str,
    text: str,
    state: NoticeState,
    at: datetime,
) -> bool:
    """Write a notice down, to be told from now on; False where it was before."""
    row = {
        "key": key,
        "channel": channel,
        "kind": kind,
        "issue": issue,
        "text": text,
        "state": state,
        "made_at": at,
        "due_at": at if state is NoticeState.DUE else None,
    }
    new = insert_into(connection, _TABLE).values(row)
    there = [_TABLE.c.key, _TABLE.c.channel]
    return bool(changed(connection, new.on_conflict_do_nothing(index_elements=there)))


def count(connection: Connection, channel: Channel, after: datetime) -> int:
    """How many were made for a channel since then, those that were dropped left out."""
    query = select(func.count()).where(
        _TABLE.c.channel == channel,
        _TABLE.c.made_at > after,
        _TABLE.c.state != NoticeState.DROPPED,
    )
    return int(connection.execute(query).scalar_one())


def due(connection: Connection, now: datetime) -> tuple[Notice, ...]:
    """What is to be told now, the oldest first."""
    rows = connection.execute(select(_TABLE).where(_TABLE.c.due_at <= now).order_by(_TABLE.c.id))
    return tuple(_notice(row) for row in rows)


def find(connection: Connection, number: int) -> Notice | None:
    """The notice of this id, or None."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == number)).one_or_none()
    return None if row is None else _notice(row)


def claim(connection: Connection, notice: Notice, now: datetime, until: datetime) -> bool:
    """Take one to tell it; whoever dies at it leaves it `telling`, to be looked at again then."""
    taken = update(_TABLE).where(_is(notice), _TABLE.c.due_at <= now)
    values = {"state": NoticeState.TELLING, "due_at": until, "tries": _TABLE.c.tries + 1}
    return connection.execute(taken.values(values)).rowcount == 1


def settle(
    connection: Connection,
    notice: Notice,
    state: NoticeState,
    *,
    reason: str = "",
    again_at: datetime | None = None,
    endings: Mapping[str, str] | None = None,
) -> None:
    """Write down what came of a claimed one; with `again_at` it is due once more."""
    told = update(_TABLE).where(_is(notice), _TABLE.c.state == NoticeState.TELLING)
    kept = notice.endings if endings is None else endings
    connection.execute(told.values(state=state, reason=reason, due_at=again_at, endings=dict(kept)))


def unsure(connection: Connection, after: datetime) -> tuple[Notice, ...]:
    """Those since then that somebody, or everybody, perhaps did not get."""
    amiss = (NoticeState.UNCERTAIN, NoticeState.FAILED, NoticeState.DROPPED)
    partly = and_(_TABLE.c.state == NoticeState.TOLD, _TABLE.c.reason != "")
    query = select(_TABLE).where(_TABLE.c.made_at > after, or_(_TABLE.c.state.in_(amiss), partly))
    return tuple(_notice(row) for row in connection.execute(query.order_by(_TABLE.c.id)))


def troubles(connection: Connection, actors: Iterable[str], after: datetime) -> tuple[Trouble, ...]:
    """Campaigns that one of these actors stopped since then, or left in doubt, that still stand so
    and of which there is no notice.
    """
    campaign, log = schema.campaign, schema.transition
    last = (
        select(func.max(log.c.id))
        .where(log.c.campaign_id == campaign.c.id, log.c.batch_id.is_(None))
        .correlate(campaign)
        .scalar_subquery()
    )
    query = (
        select(campaign.c.id, campaign.c.issue, campaign.c.state, log.c.reason, log.c.id)
        .join(log, log.c.id == last)
        .where(campaign.c.state.in_(TROUBLED), log.c.actor.in_(tuple(actors)), log.c.at > after)
    )
    found = [
        Trouble(f"{number} {move}", issue, CampaignState(state), reason)
        for number, issue, state, reason, move in connection.execute(query)
    ]
    keys = {f"{NoticeKind.TROUBLE} {trouble.key}": trouble for trouble in found}
    known = select(_TABLE.c.key).where(_TABLE.c.key.in_(keys))
    told = set(connection.execute(known).scalars())
    return tuple(trouble for key, trouble in keys.items() if key not in told)


def _is(notice: Notice) -> ColumnElement[bool]:
    return _TABLE.c.id == notice.id


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        key=row.key,
        channel=Channel(row.channel),
        kind=NoticeKind(row.kind),
        issue=row.issue,
        text=row.text,
        state=NoticeState(row.state),
        tries=row.tries,
        endings=row.endings,
        reason=row.reason,
    )
