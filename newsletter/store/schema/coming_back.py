"""What comes back from the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    literal_column,
)

from newsletter.domain.event import EventKind
from newsletter.store.schema.columns import Moment, RowId, metadata, one_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

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
    Column("cause", String(20)),  # of a bounce, in a word
    Column("signs", Integer),  # of a human or a machine, of opens and clicks: domain.visit.Sign
    Column("crowd", BigInteger),  # a number for link, door and moment, alike for those alike
    Column("verdict", String(10)),  # what an open or click is taken for: domain.report.Verdict
    one_of("kind", EventKind),
)

IN_CROWD: ColumnElement[bool] = literal_column("crowd IS NOT NULL")
Index("ix_event_crowd", event.c.crowd, sqlite_where=IN_CROWD, postgresql_where=IN_CROWD)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("received_at", Moment, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # of the body, which may come again
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
