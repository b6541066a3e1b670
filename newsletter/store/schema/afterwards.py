"""After the send: what each version told, where our redirects lead, and corrections."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from newsletter.domain.correction import CorrectionKind
from newsletter.store.schema.columns import Moment, RowId, metadata, one_of

brief = Table(
    "brief",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("version", String(40), primary_key=True),
    Column("place", Integer, primary_key=True),  # in reading order, from 0
    Column("section", Text, nullable=False),
    Column("brief", Text, nullable=False),
    Column("headline", Text, nullable=False),
)

redirect = Table(
    "redirect",
    metadata,
    Column("issue", String(64), primary_key=True),
    Column("key", String(12), primary_key=True),  # render.links.link_key
    Column("brief", Text, nullable=False),  # '' outside of briefs
    Column("target", Text, nullable=False),  # where it leads now
)

correction = Table(
    "correction",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("issue", String(64), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("before", Text, nullable=False),  # see domain.correction
    Column("after", Text, nullable=False),
    Column("note", Text, nullable=False),  # HTML, as the archive shows it
    Column("occurrence", String(32), nullable=False, server_default=""),
    one_of("kind", CorrectionKind),
)
