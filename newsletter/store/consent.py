"""What events do to people: suppressions, and subscriptions ended or taken up at the provider.

Of an unsubscribe and a resubscribe the later one counts, whichever is heard of first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, or_, update

from newsletter.store import schema

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def leave(connection: Connection, subscription: int, *, at: datetime) -> bool:
    """End a subscription, unless the reader took it up again later; False if nothing changed."""
    table = schema.subscription
    ended = connection.execute(
        update(table)
        .where(
            table.c.id == subscription,
            or_(table.c.unsubscribed_at.is_(None), table.c.unsubscribed_at < at),
            or_(table.c.resubscribed_at.is_(None), table.c.resubscribed_at < at),
        )
        .values(status="unsubscribed", unsubscribed_at=at)
    )
    return bool(ended.rowcount)


def come_back(connection: Connection, subscription: int, *, at: datetime) -> bool:
    """Take a subscription up, unless the reader ended it later; False if nothing changed.

    It undoes an unsubscribe of a list. It does not lift a suppression.
    """
    table = schema.subscription
    latest = or_(table.c.unsubscribed_at.is_(None), table.c.unsubscribed_at < at)
    taken = connection.execute(
        update(table)
        .where(
            table.c.id == subscription,
            or_(table.c.resubscribed_at.is_(None), table.c.resubscribed_at < at),
        )
        .values(status=case((latest, "subscribed"), else_=table.c.status), resubscribed_at=at)
    )
    return bool(taken.rowcount)
