"""Sums of campaigns: added to as events are folded, and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from newsletter.domain.tally import Measure, spots_of
from newsletter.store import schema
from newsletter.store.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from newsletter.domain.tally import Spot, Tally

SUMMARY = tuple(
    measure
    for measure in Measure
    if measure not in (Measure.LINK, Measure.BRIEF, Measure.SECTION, Measure.BOUNCE_DOMAIN)
)
"""Measures of which each issue has few rows."""

Part = tuple[int, str]
"""A campaign and a version."""


def add(connection: Connection, tallies: Mapping[Part, Tally]) -> None:
    """Add to the sums of versions of campaigns."""
    rows = [
        {
            "campaign_id": campaign,
            "version": version,
            "measure": measure,
            "subject": subject,
            "count": count,
        }
        for (campaign, version), tally in sorted(tallies.items())
        for (measure, subject), count in sorted(tally.counts.items())
        if count
    ]
    if rows:
        table = schema.tally
        statement = insert_into(connection, table)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(table.primary_key),
                set_={"count": table.c.count + statement.excluded.count},
            ),
            rows,
        )


def spots(connection: Connection, campaign_id: int) -> dict[str, Spot]:
    """Address → where clicks on it count."""
    table = schema.link
    query = select(*table.c["place", "url", "section", "brief"])
    rows = connection.execute(query.where(table.c.campaign_id == campaign_id))
    return spots_of((place, url, section, brief) for place, url, section, brief in rows)


def counts(
    connection: Connection,
    campaigns: Collection[int],
    measures: Collection[Measure] = tuple(Measure),
) -> dict[Part, dict[tuple[Measure, str], int]]:
    """The sums of campaigns, by version."""
    table = schema.tally
    query = select(*table.c["campaign_id", "version", "measure", "subject", "count"]).where(
        table.c.campaign_id.in_(campaigns), table.c.measure.in_(measures), table.c.count != 0
    )
    found: dict[Part, dict[tuple[Measure, str], int]] = {}
    for campaign, version, measure, subject, count in connection.execute(query):
        found.setdefault((campaign, version), {})[Measure(measure), subject] = count
    return found
