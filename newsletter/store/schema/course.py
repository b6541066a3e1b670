"""The course of a campaign: whom it reaches at which hour, and which subjects it tries first."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from newsletter.domain.trial import Measure
from newsletter.store.schema.columns import Moment, RowId, metadata, one_of

wave = Table(
    "wave",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("zone", String(40), primary_key=True),  # its readers' clocks go as there
    Column("at", Moment),  # when they are mailed; NULL for at once
)

subject_trial = Table(
    "subject_trial",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("after", Integer, nullable=False),  # seconds
    Column("measure", String(10), nullable=False),
    Column("least", Integer, nullable=False),
    Column("chosen", Integer),  # the place of the winner
    Column("chosen_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),
    one_of("measure", Measure),
)

subject = Table(
    "subject",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("place", Integer, primary_key=True),  # as written, from 1
    Column("text", Text, nullable=False),
    Column("mailed", Integer),  # people, when the winner was chosen
    Column("answered", Integer),  # of them
)
