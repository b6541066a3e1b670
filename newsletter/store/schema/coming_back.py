"""What comes back from the provider."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table, Text

from newsletter.domain.event import EventKind
from newsletter.store.schema.columns import Moment, RowId, metadata, one_of

event = Table(
    "event",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("delivery_id", RowId, index=True),
    Column("attempt_id", String(32)),
    Column("reason", Text, nullable=False),
    Column("url", Text),
    one_of("kind", EventKind),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("received_at", Moment, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # of the body, which may come again
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
