"""Sums of what became of mails and what readers did; no row tells of a person."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from newsletter.store.schema.columns import RowId, metadata

tally = Table(
    "tally",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("measure", String(20), primary_key=True),  # domain.tally.Measure
    Column("subject", String(255), primary_key=True),
    Column("version", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
)
