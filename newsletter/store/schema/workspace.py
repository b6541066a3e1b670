"""The workspace itself: its secret, what was published, where reading of others stands."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, Integer, LargeBinary, String, Table, Text

from newsletter.store.schema.columns import Moment, metadata

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True),
    Column("pepper", LargeBinary, nullable=False),  # keys the address digests
    Column("host", String(100)),  # of the machine that last sent from a database file
    Column("generation", Integer, nullable=False, server_default="0"),  # see store.guard
    Column("created_at", Moment, nullable=False),
)

archived = Table(
    "archived",
    metadata,
    Column("issue", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("date", Date, nullable=False, index=True),
    Column("language", String(35), nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),  # to search in: small letters without accents
    Column("published_at", Moment, nullable=False),
)

bookmark = Table(
    "bookmark",
    metadata,
    Column("name", String(100), primary_key=True),  # of what is read in pages
    Column("position", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
