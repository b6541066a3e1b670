"""What tells humans from machines: opens and clicks kept one by one for a while, and which of them
came as a crowd. Networks are kept as a keyed number only.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select, update

from newsletter.domain.event import EventKind
from newsletter.domain.tally import Bounce, Facts
from newsletter.domain.visit import CROWD, CROWD_SECONDS, Sign, Visit, judged
from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from newsletter.domain.event import Event, Standing
    from newsletter.domain.report import Verdict

_TOLD = (EventKind.OPENED, EventKind.CLICKED, EventKind.BOUNCED)
_OF_A_PERSON = ("delivery_id", "attempt_id", "url", "signs", "crowd", "verdict")
_MOMENTS = ("opened_at", "clicked_at", "human_opened_at", "human_clicked_at")
_JUDGE = (
    update(schema.event)
    .where(schema.event.c.key == bindparam("event_key"))
    .values(verdict=bindparam("taken_for"))
)


@dataclass(slots=True)
class Told:
    """Opens, clicks and bounces of one mail, as stored, with the number of a crowd of each."""

    visits: list[tuple[Visit, int | None]] = field(default_factory=list)
    bounces: list[Bounce] = field(default_factory=list)

    def add(self, event: Event, crowd: int | None) -> None:
        """Hear of one more."""
        if event.kind is EventKind.BOUNCED:
            self.bounces.append(Bounce(event.at, event.cause))
        elif event.kind in _TOLD:
            self.visits.append((visit_of(event), crowd))

    def facts(self, standing: Standing, crowded: Collection[int]) -> Facts:
        """With what else is known of the mail; visits of these crowds bear the sign of it."""
        visits = [
            replace(visit, signs=visit.signs | Sign.CROWD) if crowd in crowded else visit
            for visit, crowd in self.visits
        ]
        return Facts(standing, judged(visits, standing.delivered_at), tuple(self.bounces))


def visit_of(event: Event) -> Visit:
    """An open or click with the signs it bears by itself."""
    return Visit(event.kind, event.at, Sign(event.signs), event.url, event.key)


def crowd_number(key: bytes, campaign: int, url: str, door: str, at: datetime) -> int:
    """63 bits for a link of a campaign, those behind one door (a company's domain, or a network),
    and a moment of `CROWD_SECONDS`; without the key it tells nothing.
    """
    moment = int(at.timestamp()) // CROWD_SECONDS
    told = "\n".join((str(campaign), url, door, str(moment))).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8, key=key[:64]).digest()) >> 1


def told_of(connection: Connection, deliveries: Collection[int]) -> dict[int, Told]:
    """What is stored of these deliveries."""
    found: dict[int, Told] = defaultdict(Told)
    if not deliveries:
        return found
    table = schema.event
    columns = table.c["delivery_id", "key", "kind", "at", "signs", "url", "crowd", "cause"]
    query = select(*columns).where(table.c.delivery_id.in_(deliveries), table.c.kind.in_(_TOLD))
    for delivery, key, kind, at, signs, url, crowd, cause in connection.execute(query):
        if kind == EventKind.BOUNCED:
            found[delivery].bounces.append(Bounce(at, cause or ""))
        else:
            visit = Visit(EventKind(kind), at, Sign(signs or 0), url, key)
            found[delivery].visits.append((visit, crowd))
    return found


def lone(connection: Connection, crowds: Collection[int]) -> dict[int, set[int]]:
    """Crowd → deliveries in it, of those that are too few so far to be one; few, therefore."""
    found: dict[int, set[int]] = defaultdict(set)
    table = schema.event
    query = select(table.c.crowd, table.c.delivery_id).where(
        table.c.crowd.in_(crowds), ~_is_crowded()
    )
    for crowd, delivery in connection.execute(query):
        found[crowd].add(delivery)
    return found


def known(connection: Connection, crowds: Collection[int]) -> set[int]:
    """Those that are crowds already."""
    table = schema.event
    query = select(table.c.crowd).where(table.c.crowd.in_(crowds), _is_crowded()).distinct()
    return set(connection.execute(query).scalars())


def enough(lone: Mapping[int, Collection[int]], more: Iterable[tuple[int, int]]) -> set[int]:
    """The crowds that are large enough with more clicks (crowd, delivery)."""
    members = defaultdict(set, {crowd: set(some) for crowd, some in lone.items()})
    for crowd, delivery in more:
        members[crowd].add(delivery)
    return {crowd for crowd, some in members.items() if len(some) >= CROWD}


def mark(connection: Connection, crowds: Collection[int]) -> None:
    """Write down that these are crowds, on every click in them."""
    table = schema.event
    statement = update(table).where(table.c.crowd.in_(crowds), ~_is_crowded())
    signs = func.coalesce(table.c.signs, 0) + Sign.CROWD.value
    connection.execute(statement.values(signs=signs))


def judge(connection: Connection, verdicts: Mapping[str, Verdict]) -> None:
    """Write down what stored visits are taken for now, by the keys of their events."""
    rows = [{"event_key": key, "taken_for": verdict} for key, verdict in sorted(verdicts.items())]
    if rows:
        connection.execute(_JUDGE, rows)


def forget(connection: Connection, person: int) -> int:
    """Keep nothing of what a person opened and clicked; what was counted stays counted. Returns how
    many events that was.

    Nobody takes events in meanwhile: their turn (store.events.take_turns) is the caller's.
    """
    event, delivery = schema.event, schema.delivery
    # By way of the campaigns, for people are indexed within each.
    theirs = (
        delivery.c.campaign_id.in_(select(schema.campaign.c.id))
        & (delivery.c.subscriber_id == person)
        & or_(delivery.c.opened_at.is_not(None), delivery.c.clicked_at.is_not(None))
    )
    forgotten = connection.execute(
        update(event)
        .where(event.c.delivery_id.in_(select(delivery.c.id).where(theirs)))
        .where(event.c.kind.in_((EventKind.OPENED, EventKind.CLICKED)))
        .values({**dict.fromkeys(_OF_A_PERSON), "reason": ""})
    )
    connection.execute(update(delivery).where(theirs).values(dict.fromkeys(_MOMENTS)))
    return forgotten.rowcount


def _is_crowded() -> ColumnElement[bool]:
    flag = func.coalesce(schema.event.c.signs, 0).bitwise_and(Sign.CROWD.value)
    crowded: ColumnElement[bool] = flag != 0
    return crowded
