"""What a person chose, and the change a person makes to that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, select, update

from newsletter.domain.audience import Frequency
from newsletter.domain.consent import Consent, ConsentKind, Proof
from newsletter.store import consent, evidence, schema, subscriptions
from newsletter.store.events import take_turns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.segment import Value


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands behind a subscription."""

    id: int
    digest: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one person chose. `language` is None where it is not known."""

    name: str
    language: str | None
    frequency: Frequency
    tracking: bool
    paused_until: datetime | None
    attributes: Mapping[str, Value]
    lists: frozenset[str]


class OpenedBy(NamedTuple):
    """Whose link was opened: the list it is of, and the reader's language where it is known."""

    list_key: str
    language: str | None


_OPENED_BY = (
    select(schema.subscription.c.list_key, schema.subscriber.c.language)
    .join_from(
        schema.subscription,
        schema.subscriber,
        schema.subscriber.c.id == schema.subscription.c.subscriber_id,
    )
    .where(schema.subscription.c.id == bindparam("subscription"))
)


def opened_by(connection: Connection, subscription: int) -> OpenedBy | None:
    """The list and the language of a subscription; None where there is none."""
    row = connection.execute(_OPENED_BY, {"subscription": subscription}).one_or_none()
    return None if row is None else OpenedBy(*row)


def find(
    connection: Connection, subscription: int, *, changing: bool = False
) -> tuple[Person, Preferences] | None:
    """The person behind a subscription, and what they chose; None where there is nobody.

    With `changing`, nobody else changes them until the transaction ends.
    """
    person, entry = schema.subscriber, schema.subscription
    query = (
        select(person)
        .join_from(entry, person, person.c.id == entry.c.subscriber_id)
        .where(entry.c.id == subscription)
    )
    if changing:
        query = query.with_for_update(of=person, key_share=True)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Person(row.id, row.digest), Preferences(
        name=row.name,
        language=row.language,
        frequency=Frequency(row.frequency),
        tracking=bool(row.tracking),
        paused_until=row.paused_until,
        attributes=row.attributes,
        lists=subscriptions.lists_of(connection, row.id),
    )


def change(
    connection: Connection,
    person: Person,
    before: Preferences,
    after: Preferences,
    *,
    at: datetime,
    proof: Proof,
) -> None:
    """Let a person choose something else, in the transaction in which `before` was found.

    What is the same leaves no trace; lists and tracking that are not write their links of consent.
    """
    if before.tracking and not after.tracking:
        # Or an open that is being taken in would be kept all the same. First of all, for whoever
        # takes events in waits for subscriptions.
        take_turns(connection)
        evidence.forget(connection, person.id)
    if after != before:
        since = {"tracking_since": at} if after.tracking and not before.tracking else {}
        connection.execute(
            update(schema.subscriber)
            .where(schema.subscriber.c.id == person.id)
            .values(
                **since,
                name=after.name,
                language=after.language,
                frequency=after.frequency,
                tracking=after.tracking,
                paused_until=after.paused_until,
                attributes=after.attributes,
                updated_at=at,
            )
        )
    kinds = [
        (key, ConsentKind.JOINED)
        for key in sorted(after.lists - before.lists)
        if subscriptions.join(connection, person.id, key, source=proof.source, at=at)
    ]
    kinds += [
        (key, ConsentKind.LEFT)
        for key in sorted(before.lists - after.lists)
        if subscriptions.leave(connection, person.id, key, at=at)
    ]
    if after.tracking != before.tracking:
        given = ConsentKind.TRACKING_GIVEN if after.tracking else ConsentKind.TRACKING_TAKEN
        kinds.append((consent.TRACKING, given))
    links = [Consent(key, kind, at, proof) for key, kind in kinds]
    consent.append(connection, links, subscriber=person.id, digest=person.digest)
