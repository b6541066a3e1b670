"""Puts staged people on their lists, and ends what a file says has ended, with links of consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, exists, func, insert, literal, or_, select, true, update

from newsletter.domain.audience import Admission
from newsletter.domain.consent import ConsentKind
from newsletter.store import schema
from newsletter.store.dialects import changed, insert_into
from newsletter.store.staging import staged, staged_list

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

OWN_WORD = (ConsentKind.CONFIRMED, ConsentKind.JOINED, ConsentKind.RETURNED, ConsentKind.ADDED)
"""Links of consent that an older unsubscribe in a file does not undo."""

_entry, _chain = schema.subscription, schema.consent
_LINK = ("subscriber_id", "digest", "list_key", "kind", "at", "source")


def enrol(
    connection: Connection, *, consent_source: str, at: datetime, any_left: bool
) -> Admission:
    """Make the staged subscriptions that are not there yet; what is unsubscribed here stays so.

    `any_left` says whether the file has people who left a list.
    """
    there, kept = _there(connection)
    ended = _end(connection, consent_source) if there and any_left else 0
    if there:
        connection.execute(delete(staged_list).where(exists().where(_matches())))
    began = func.coalesce(staged_list.c.since, staged_list.c.until, literal(at, schema.Moment()))
    made = _subscribe(connection, consent_source, began)
    _prove(connection, ConsentKind.IMPORTED, began, consent_source, true())
    left = 0
    if any_left:
        over = staged_list.c.until.is_not(None)
        left = _prove(connection, ConsentKind.LEFT, staged_list.c.until, consent_source, over)
    return Admission(subscribed=made - left, unsubscribed=left + ended, kept_unsubscribed=kept)


def _matches() -> ColumnElement[bool]:
    """A staged list is a subscription that is there."""
    return and_(
        staged.c.place == staged_list.c.place,
        _entry.c.list_key == staged_list.c.list_key,
        _entry.c.subscriber_id == staged.c.subscriber_id,
    )


def _there(connection: Connection) -> tuple[int, int]:
    """How many subscriptions are there, and how many of them ended although the file has them."""
    kept = and_(_entry.c.status == "unsubscribed", staged_list.c.until.is_(None))
    query = select(func.count(), func.count().filter(kept)).where(_matches())
    there, stays = connection.execute(query).one()
    return there, stays


def _end(connection: Connection, consent_source: str) -> int:
    """End subscriptions that people left elsewhere, unless they took them up again themselves."""
    until = staged_list.c.until
    own_word = exists().where(
        _chain.c.subscriber_id == staged.c.subscriber_id,
        _chain.c.list_key == staged_list.c.list_key,
        _chain.c.kind.in_(OWN_WORD),
        _chain.c.at > until,
    )
    ends = and_(
        _matches(),
        _entry.c.status == "subscribed",
        until.is_not(None),
        or_(_entry.c.resubscribed_at.is_(None), _entry.c.resubscribed_at < until),
        ~own_word,
    )
    _prove(connection, ConsentKind.LEFT, until, consent_source, ends)
    ended = update(_entry).where(ends).values(status="unsubscribed", unsubscribed_at=until)
    return changed(connection, ended)


def _subscribe(connection: Connection, consent_source: str, began: ColumnElement[datetime]) -> int:
    over = staged_list.c.until.is_not(None)
    told = select(
        staged.c.subscriber_id,
        staged_list.c.list_key,
        case((over, "unsubscribed"), else_="subscribed"),
        literal(consent_source),
        began,
        staged_list.c.until,
    ).join_from(staged_list, staged, staged.c.place == staged_list.c.place)
    names = ("subscriber_id", "list_key", "status", "consent_source", "subscribed_at")
    statement = insert_into(connection, _entry).from_select(
        [*names, "unsubscribed_at"], told.where(true())
    )
    return changed(connection, statement.on_conflict_do_nothing())


def _prove(
    connection: Connection,
    kind: ConsentKind,
    at: Any,
    source: str,
    where: ColumnElement[bool],
) -> int:
    """A link of consent for each staged list of these."""
    told = (
        select(staged.c.subscriber_id, staged.c.digest, staged_list.c.list_key)
        .add_columns(literal(kind.value), at, literal(source))
        .where(staged.c.place == staged_list.c.place, where)
    )
    return changed(connection, insert(_chain).from_select(list(_LINK), told))
