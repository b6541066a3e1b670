"""What the schedule brings, and what the program tells its own people."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text, UniqueConstraint

from newsletter.domain.notice import Channel, NoticeKind, NoticeState
from newsletter.domain.occurrence import OccurrenceState, Slot
from newsletter.store.schema.columns import Document, Moment, RowId, metadata, one_of

occurrence = Table(
    "occurrence",
    metadata,
    Column("schedule", String(40), primary_key=True),
    Column("day", Date, primary_key=True),  # the local date of the send, for all of its slots
    Column("slot", String(10), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("moved_from", Moment),  # the hour it was first planned for
    Column("issue", String(64), nullable=False),
    Column("taken_until", Moment),  # by then its process has told that it lives, or is dead
    Column("ended_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),
    Column("campaign_id", RowId),  # what a send became
    Index(None, "state", "due_at"),
    one_of("slot", Slot),
    one_of("state", OccurrenceState),
)

notice = Table(
    "notice",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(120), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("issue", String(64), nullable=False),  # '' where it is of none
    Column("text", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("due_at", Moment),  # when it is told, or tried again; NULL once it has ended
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("endings", Document, nullable=False, server_default="{}"),  # by digest of an address
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("key", "channel"),
    Index(None, "due_at"),
    Index(None, "channel", "made_at"),
    one_of("channel", Channel),
    one_of("kind", NoticeKind),
    one_of("state", NoticeState),
)
