"""Everything the database holds on one person, table by table, also after they were erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from newsletter.domain.address import address_digest, blank
from newsletter.store import schema
from newsletter.store.engine import pepper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Select

Rows = list[dict[str, Any]]


def held(connection: Connection, canonical: str) -> dict[str, Rows]:
    """Table → its rows on the person with this address, each column by its name.

    Deliveries come with their issue, links of consent with their words. Only tables with rows.
    """
    digest = address_digest(pepper(connection), canonical)
    number = _number(connection, canonical, digest)
    found = {
        name: [dict(row) for row in connection.execute(query).mappings()]
        for name, query in _queries(canonical, digest, number).items()
    }
    return {name: rows for name, rows in found.items() if rows}


def _number(connection: Connection, canonical: str, digest: str) -> int | None:
    """The number a person has, or had before they were erased."""
    person, mail = schema.subscriber, schema.delivery
    known = select(person.c.id).where(person.c.canonical == canonical)
    mailed = select(mail.c.subscriber_id).where(_mailed(canonical, digest))
    for query in (known, mailed):
        if (number := connection.execute(query.limit(1)).scalar_one_or_none()) is not None:
            return int(number)
    return None


def _queries(canonical: str, digest: str, number: int | None) -> Mapping[str, Select[Any]]:
    mail, event, issue = schema.delivery, schema.event, schema.campaign
    chain, left_out = schema.consent, schema.exclusion
    deliveries = select(mail.c.id).where(_mailed(canonical, digest))
    named = (issue.c.issue, issue.c.list_key, issue.c.segment)
    return {
        "subscriber": select(schema.subscriber).where(schema.subscriber.c.id == number),
        "subscription": _of(schema.subscription, number),
        "tag": _of(schema.tag, number),
        "consent": select(chain, schema.wording.c.text.label("words"))
        .outerjoin(schema.wording, schema.wording.c.hash == chain.c.wording)
        .where(chain.c.digest == digest)
        .order_by(chain.c.at, chain.c.id),
        "signup": select(schema.signup).where(schema.signup.c.canonical == canonical),
        "suppression": select(schema.suppression).where(schema.suppression.c.digest == digest),
        "suppression_log": select(schema.suppression_log)
        .where(schema.suppression_log.c.digest == digest)
        .order_by(schema.suppression_log.c.id),
        "delivery": select(*named, mail)
        .join_from(mail, issue, issue.c.id == mail.c.campaign_id)
        .where(_mailed(canonical, digest))
        .order_by(mail.c.id),
        "exclusion": select(*named, left_out)
        .join_from(left_out, issue, issue.c.id == left_out.c.campaign_id)
        .where(left_out.c.subscriber_id == number)
        .order_by(left_out.c.campaign_id),
        "event": select(event)
        .where(event.c.delivery_id.in_(deliveries))
        .order_by(event.c.at, event.c.key),
    }


def _of(table: Any, number: int | None) -> Select[Any]:
    return select(table).where(table.c.subscriber_id == number)


def _mailed(canonical: str, digest: str) -> ColumnElement[bool]:
    """By way of the campaigns, for the addresses are indexed within each."""
    mail = schema.delivery
    return mail.c.campaign_id.in_(select(schema.campaign.c.id)) & or_(
        mail.c.canonical == canonical, mail.c.canonical == blank(digest)
    )
