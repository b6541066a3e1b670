"""Who of a batch may be mailed at this moment, and be tracked: asked in the transaction that claims
it, for people leave, and change their minds, after the freeze.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sqlalchemy import Text, bindparam, case, cast, func, or_, select

from newsletter.domain.campaign import DeliveryState, PlannedDelivery
from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.store import schema
from newsletter.store.apart import set_apart
from newsletter.store.moves import end_deliveries

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from newsletter.domain.campaign import Step

_MAILABLE, _GONE, _UNWILLING = range(3)  # the last: may be mailed, and not be tracked
_IS_GONE = or_(
    schema.suppression.c.digest.is_not(None),
    func.coalesce(schema.subscription.c.status, "") != "subscribed",
)


def _people(stands: ColumnElement[int]) -> Select[int, int, str, str | None, int]:
    """Everybody of a batch who has no ending of their own, and how they stand."""
    delivery, suppression, subscription = schema.delivery, schema.suppression, schema.subscription
    return (
        select(
            delivery.c.id,
            delivery.c.subscription_id,
            delivery.c.address,
            # As text, decoded below: SQLAlchemy's decoder would be called for who has none as well.
            cast(delivery.c.fields, Text),
            stands,
        )
        .outerjoin_from(delivery, suppression, suppression.c.digest == delivery.c.digest)
        .outerjoin(subscription, subscription.c.id == delivery.c.subscription_id)
        .where(delivery.c.batch_id == bindparam("batch"), delivery.c.ending.is_(None))
        .order_by(delivery.c.id)
    )


_PEOPLE = _people(case((_IS_GONE, _GONE), else_=_MAILABLE))
_TRACKED_PEOPLE = _people(
    case((_IS_GONE, _GONE), (schema.subscriber.c.tracking, _MAILABLE), else_=_UNWILLING)
).outerjoin(schema.subscriber, schema.subscriber.c.id == schema.delivery.c.subscriber_id)


class Mailable(NamedTuple):
    """Who of a batch is mailed now, what is noted of them, and what that changed, in words."""

    deliveries: tuple[PlannedDelivery, ...]
    tracking: Tracking
    changes: str


def mailable(
    connection: Connection, campaign_id: int, batch_id: int, tracking: Tracking, step: Step
) -> Mailable:
    """Who of a batch may still be mailed; the others become `suppressed`.

    Who agrees no longer to `tracking` goes on in a batch of their own, of which nothing is noted;
    where nobody does agree any more, that is this one.
    """
    query = _TRACKED_PEOPLE if tracking else _PEOPLE
    rows = connection.execute(query, {"batch": batch_id}).all()
    gone = [row[0] for row in rows if row[4] == _GONE]
    why = replace(step, reason="unsubscribed or suppressed after the freeze")
    end_deliveries(connection, gone, DeliveryState.SUPPRESSED, why)
    unwilling = [row[0] for row in rows if row[4] == _UNWILLING] if tracking else []
    stays, changes = _MAILABLE, [f"{len(gone)} suppressed after the freeze"] if gone else []
    if unwilling and len(unwilling) + len(gone) == len(rows):
        stays, tracking = _UNWILLING, UNTRACKED
    elif unwilling:
        set_apart(connection, campaign_id, batch_id, unwilling, tracking=UNTRACKED)
        changes.append(f"{len(unwilling)} set apart, for they are not to be tracked any more")
    people = tuple(
        [
            PlannedDelivery(
                delivery, subscription, address, orjson.loads(fields) if fields else None
            )
            for delivery, subscription, address, fields, stands in rows
            if stands == stays
        ]
    )
    return Mailable(people, tracking, "; ".join(changes))
