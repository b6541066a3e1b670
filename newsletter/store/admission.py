"""Brings people in, thousands at a time, merged set by set from where they were staged.

Whoever is suppressed is left out whole, so that an import cannot bring back an address that was
erased; whoever unsubscribed from a list stays unsubscribed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, func, insert, literal, or_, select, true, update

from newsletter.domain.audience import Admission, Entry
from newsletter.domain.consent import ConsentKind
from newsletter.store import schema, staging
from newsletter.store.dialects import changed, insert_into
from newsletter.store.engine import pepper
from newsletter.store.enrolment import enrol
from newsletter.store.staging import staged, staged_list, staged_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_COPIED = ("address", "canonical", "digest", "attributes", "name", "language", "time_zone")
_CHOSEN = ("frequency", "paused_until", "tracking")
"""What readers choose for themselves: taken from a file for people who are new, and then theirs."""


@contextmanager
def admitting(
    connection: Connection, *, consent_source: str, at: datetime
) -> Iterator[Callable[[Sequence[Entry]], Admission]]:
    """A function that admits entries, best some thousands at once, in the caller's transaction.

    New people are added. Of known ones, attributes are merged, the entry's over those there; name,
    language and time zone are replaced where the entry has them; tags are added; the address stays
    spelled as it is, and so do the wishes they have of their own. Subscriptions are made with
    `consent_source`, each with its link of consent. An entry that says somebody left a list ends
    their subscription, unless they took it up by their own word later.
    """
    key = pepper(connection)
    staging.create(connection)

    def admit(entries: Sequence[Entry]) -> Admission:
        people = _merged(entries)
        if not people:
            return Admission()
        staging.stage(connection, people, key)
        admission = _admit(connection, people, consent_source, at)
        staging.clear(connection)
        return admission + Admission(repeated=len(entries) - len(people))

    yield admit
    staging.drop(connection)


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """One entry an address."""
    people: dict[str, Entry] = {}
    for entry in entries:
        canonical = entry.address.canonical
        first = people.get(canonical)
        people[canonical] = entry if first is None else _laid_over(first, entry)
    return list(people.values())


def _laid_over(first: Entry, later: Entry) -> Entry:
    """Both rows of one person: what the later one says counts, but to have left a list does."""
    lists = {one.key: one for one in first.lists}
    for one in later.lists:
        known = lists.get(one.key)
        if known is None or known.until is None:
            lists[one.key] = one
    return later._replace(
        address=first.address,
        attributes={**first.attributes, **later.attributes},
        lists=tuple(lists.values()),
        name=later.name or first.name,
        language=later.language or first.language,
        time_zone=later.time_zone or first.time_zone,
        tags=tuple(dict.fromkeys(first.tags + later.tags)),
        suppression=first.suppression or later.suppression,
    )


def _admit(
    connection: Connection, people: Sequence[Entry], consent_source: str, at: datetime
) -> Admission:
    suppression = schema.suppression
    gone = delete(staged).where(staged.c.digest.in_(select(suppression.c.digest)))
    suppressed = changed(connection, gone)
    newly = 0
    if any(one.suppression for one in people):
        newly = _suppress(connection)
        suppressed += _leave_to_suppression(connection)
    _recognise(connection)
    known = connection.execute(select(func.count(staged.c.subscriber_id))).scalar_one()
    written = changed(connection, _upsert(connection, at))
    _recognise(connection)
    if any(one.tracking is not None for one in people):
        _prove_tracking(connection, consent_source, at)
    added = len(people) - suppressed - known
    return Admission(
        added=added,
        updated=written - added,
        unchanged=known - (written - added),
        suppressed=suppressed,
        newly_suppressed=newly,
        tagged=_tag(connection) if any(one.tags for one in people) else 0,
    ) + enrol(
        connection,
        consent_source=consent_source,
        at=at,
        any_left=any(listed.until for one in people for listed in one.lists),
    )


def _suppress(connection: Connection) -> int:
    """Suppress whom the file says must not be mailed; a reason that is there already stays."""
    table = schema.suppression
    told = select(staged.c.digest, staged.c.reason, staged.c.reason_at).where(
        staged.c.reason.is_not(None)
    )
    statement = insert_into(connection, table).from_select(["digest", "reason", "at"], told)
    return changed(connection, statement.on_conflict_do_nothing())


def _leave_to_suppression(connection: Connection) -> int:
    """Of who is on no list, the suppression is all there is to keep."""
    listed = select(staged_list.c.place)
    alone = delete(staged).where(staged.c.reason.is_not(None), staged.c.place.not_in(listed))
    return changed(connection, alone)


def _recognise(connection: Connection) -> None:
    """Give the staged people the ids of those they are."""
    person = schema.subscriber
    found = select(person.c.id).where(person.c.canonical == staged.c.canonical).scalar_subquery()
    connection.execute(
        update(staged).where(staged.c.subscriber_id.is_(None)).values(subscriber_id=found)
    )


def _upsert(connection: Connection, at: datetime) -> Any:
    """Insert the staged people, or merge what they bring where that changes something."""
    person = schema.subscriber
    names = [*_COPIED, *_CHOSEN]
    moment = literal(at, schema.Moment())
    incoming = select(*(staged.c[name] for name in names), moment, moment)
    statement = (
        insert_into(connection, person)
        # Without a WHERE, SQLite takes ON CONFLICT for the condition of a join.
        .from_select([*names, "created_at", "updated_at"], incoming.where(true()))
    )
    new = statement.excluded
    merged = {
        "attributes": _patched(connection, person.c.attributes, new.attributes),
        "name": case((new.name != "", new.name), else_=person.c.name),
        "language": func.coalesce(new.language, person.c.language),
        "time_zone": func.coalesce(new.time_zone, person.c.time_zone),
    }
    return statement.on_conflict_do_update(
        index_elements=["canonical"],
        set_={**merged, "updated_at": new.updated_at},
        where=or_(*(person.c[name].is_distinct_from(value) for name, value in merged.items())),
    )


def _tag(connection: Connection) -> int:
    told = select(staged_tag.c.name, staged.c.subscriber_id).join_from(
        staged_tag, staged, staged.c.place == staged_tag.c.place
    )
    statement = insert_into(connection, schema.tag).from_select(
        ["name", "subscriber_id"], told.where(true())
    )
    return changed(connection, statement.on_conflict_do_nothing())


def _prove_tracking(connection: Connection, consent_source: str, at: datetime) -> None:
    """Who arrived just now with an answer on being counted gets the link of consent for it."""
    person = schema.subscriber
    kind = case(
        (staged.c.tracking, ConsentKind.TRACKING_GIVEN.value),
        else_=ConsentKind.TRACKING_TAKEN.value,
    )
    told = (
        select(person.c.id, person.c.digest, literal(""), kind, literal(at, schema.Moment()))
        .add_columns(literal(consent_source))
        .join_from(staged, person, person.c.id == staged.c.subscriber_id)
        .where(staged.c.tracking.is_not(None), person.c.created_at == at)
    )
    names = ["subscriber_id", "digest", "list_key", "kind", "at", "source"]
    connection.execute(insert(schema.consent).from_select(names, told))


def _patched(connection: Connection, old: Any, new: Any) -> Any:
    """`old` with the members of `new` laid over it; neither has nulls."""
    return func.json_patch(old, new) if connection.dialect.name == "sqlite" else old.op("||")(new)
