"""Waves of a campaign: who is in which, how many are, and another hour for all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Integer,
    String,
    Text,
    cast,
    func,
    insert,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from newsletter.domain.campaign import DELIVERY_OF_BATCH, BatchState, DeliveryState
from newsletter.store import schema
from newsletter.store.candidates import candidates

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Connection, Select, Subquery
    from sqlalchemy.sql.compiler import SQLCompiler

    from newsletter.domain.hours import Wave, Waves
    from newsletter.store.candidates import Wanted


@dataclass(frozen=True, slots=True)
class WaveCount:
    """A wave, and how many people of it stand in which state."""

    zone: str
    at: datetime | None
    people: int
    states: Mapping[DeliveryState, int]


class _Pairs(FunctionElement[Any]):
    """Name and value of each member of a JSON object, as rows of `key` and `value`."""

    inherit_cache = True
    name = "pairs"


@compiles(_Pairs, "sqlite")
def _on_sqlite(element: _Pairs, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Pairs, "postgresql")
def _on_postgresql(element: _Pairs, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **options)} AS json))"


def _pairs(places: Mapping[str, int]) -> Subquery:
    """A table of `name` and `place`. SQLite makes an index over this one, and over VALUES none,
    which would be read through for each person.
    """
    rows = _Pairs(literal(json.dumps(dict(places)), Text)).table_valued("key", "value")
    return select(
        type_coerce(rows.c.key, String).label("name"), cast(rows.c.value, Integer).label("place")
    ).subquery("known")


def with_place(people: Subquery, waves: Waves | None) -> tuple[Select[Any], ColumnElement[int]]:
    """A query of `people`, and the place of each one's wave in it."""
    if waves is None:
        return select(people), literal(0)
    known = _pairs(waves.places)
    place = func.coalesce(known.c.place, waves.home)
    return select(people).outerjoin(known, known.c.name == people.c.whereabouts), place


def count_people(connection: Connection, wanted: Wanted, waves: Waves) -> dict[Wave, int]:
    """How many a campaign that is not there yet would mail in each wave that has people."""
    people = candidates(connection, wanted).subquery()
    query, place = with_place(people, waves)
    rows = connection.execute(
        query.with_only_columns(place, func.count(), maintain_column_froms=True)
        .where(people.c.excluded.is_(None))
        .group_by(place)
        .order_by(place)
    )
    return {waves.waves[at]: count for at, count in rows}


def keep(connection: Connection, campaign_id: int, waves: Collection[Wave]) -> None:
    """Write down the waves that have people."""
    rows = [{"campaign_id": campaign_id, "zone": wave.zone, "at": wave.at} for wave in waves]
    if rows:
        connection.execute(insert(schema.wave), rows)


def zones(connection: Connection, campaign_id: int) -> tuple[str, ...]:
    """The zones of a campaign's waves; () where it has none."""
    table = schema.wave
    query = select(table.c.zone).where(table.c.campaign_id == campaign_id).order_by(table.c.zone)
    return tuple(connection.execute(query).scalars())


def move(
    connection: Connection,
    campaign_id: int,
    moments: Mapping[str, datetime | None],
    *,
    hour: datetime | None,
    lead: timedelta,
) -> None:
    """Give the waves of a campaign of which nothing has left other moments, by zone."""
    wave, batch = schema.wave, schema.batch
    for zone, at in moments.items():
        connection.execute(
            update(wave).where(wave.c.campaign_id == campaign_id, wave.c.zone == zone).values(at=at)
        )
        connection.execute(
            update(batch)
            .where(
                batch.c.campaign_id == campaign_id,
                batch.c.zone == zone,
                batch.c.state == BatchState.READY,
            )
            .values(not_before=at and at - lead)
        )
    campaign = schema.campaign
    connection.execute(
        update(campaign).where(campaign.c.id == campaign_id).values(hour=hour_text(hour))
    )


def hour_text(hour: datetime | None) -> str:
    """An hour of the readers' clocks, as it is kept."""
    return f"{hour:%Y-%m-%d %H:%M}" if hour else ""


def counts(connection: Connection, campaign_id: int) -> tuple[WaveCount, ...]:
    """Every wave of a campaign, the earliest first, with its people."""
    wave, batch, delivery = schema.wave, schema.batch, schema.delivery
    rows = connection.execute(
        select(wave.c.zone, wave.c.at, batch.c.state, delivery.c.ending, func.count())
        .join_from(
            wave,
            batch,
            (batch.c.campaign_id == wave.c.campaign_id) & (batch.c.zone == wave.c.zone),
        )
        .join(delivery, delivery.c.batch_id == batch.c.id)
        .where(wave.c.campaign_id == campaign_id)
        .group_by(wave.c.zone, wave.c.at, batch.c.state, delivery.c.ending)
    ).all()
    found: dict[tuple[str, datetime | None], dict[DeliveryState, int]] = {}
    for zone, at, state, ending, count in rows:
        states = found.setdefault((zone, at), {})
        stands = DeliveryState(ending) if ending else DELIVERY_OF_BATCH[BatchState(state)]
        states[stands] = states.get(stands, 0) + count
    return tuple(
        WaveCount(zone, at, sum(states.values()), states)
        for (zone, at), states in sorted(
            found.items(), key=lambda one: (one[0][1] is not None, one[0][1], one[0][0])
        )
    )
