"""Who is mailed: people, what they subscribe to and consented to, who must not be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from newsletter.domain.audience import Frequency
from newsletter.domain.consent import ConsentKind, Reason
from newsletter.store.schema.columns import Document, Moment, RowId, metadata, one_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("address", String(254), nullable=False),
    Column("canonical", String(254), nullable=False, unique=True),
    Column("digest", String(32), nullable=False, index=True),
    Column("name", String(200), nullable=False, server_default=""),
    Column("language", String(35)),
    Column("time_zone", String(40)),
    Column("attributes", Document, nullable=False),
    Column("tracking", Boolean),  # consent to be counted as a person; NULL was never asked
    Column("tracking_since", Moment),  # NULL is since they came
    Column("frequency", String(10), nullable=False, server_default=Frequency.EVERY),
    Column("paused_until", Moment),
    Column("told_at", Moment),  # when the provider was told that they left every list
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    one_of("frequency", Frequency),
    sqlite_autoincrement=True,  # links of somebody erased must never be another's
)

TOLD: ColumnElement[bool] = literal_column("told_at IS NOT NULL")
Index("ix_subscriber_told", subscriber.c.told_at, sqlite_where=TOLD, postgresql_where=TOLD)

tag = Table(
    "tag",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("subscriber_id", RowId, ForeignKey("subscriber.id"), primary_key=True, index=True),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("subscriber_id", RowId, ForeignKey("subscriber.id"), nullable=False, index=True),
    Column("list_key", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("consent_source", String(200), nullable=False),
    Column("subscribed_at", Moment, nullable=False),
    Column("unsubscribed_at", Moment),
    Column("resubscribed_at", Moment),  # an unsubscribe that is heard of later may be older
    UniqueConstraint("list_key", "subscriber_id"),
    CheckConstraint("status IN ('subscribed', 'unsubscribed')", name="status"),
    sqlite_autoincrement=True,
)

wording = Table(
    "wording",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the text
    Column("text", Text, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("subscriber_id", RowId, index=True),  # NULL once the person was erased
    Column("digest", String(32), nullable=False, index=True),
    Column("list_key", String(40), nullable=False),  # '' is consent to be tracked
    Column("kind", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", String(200), nullable=False),  # the form, the file, the page, who did it
    Column("wording", String(64), ForeignKey("wording.hash")),
    Column("network", String(45)),  # the address the request came from
    Column("delivery_id", RowId),  # the mail whose link was used
    Column("reason", String(40)),  # why somebody left, in a word of domain.consent.Reason
    one_of("kind", ConsentKind),
    one_of("reason", Reason),
)

LEFT_BY_MAIL: ColumnElement[bool] = literal_column("kind = 'left' AND delivery_id IS NOT NULL")
Index(
    "ix_consent_left_by_mail",
    consent.c.at,
    consent.c.delivery_id,
    sqlite_where=LEFT_BY_MAIL,
    postgresql_where=LEFT_BY_MAIL,
)

signup = Table(
    "signup",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("address", String(254), nullable=False),
    Column("canonical", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False, server_default=""),
    Column("language", String(35)),
    Column("lists", Document, nullable=False),
    Column("attributes", Document, nullable=False),
    Column("tracking", Boolean),
    Column("source", String(200), nullable=False),
    Column("wording", String(64), ForeignKey("wording.hash")),
    Column("network", String(45)),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("due_at", Moment, index=True),  # when a confirmation is to be mailed; NULL for none
    Column("mailed_at", Moment),  # the last one, or the last try
    Column("mails", Integer, nullable=False, server_default="0"),
    Column("confirmed_at", Moment),
    sqlite_autoincrement=True,
)

allowance = Table(
    "allowance",
    metadata,
    Column("name", String(100), primary_key=True),  # of whom or what, without an address in it
    Column("since", Moment, nullable=False),
    Column("used", Integer, nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("digest", String(32), primary_key=True),
    Column("reason", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("told_at", Moment),  # when the provider's own list was told
)

suppression_log = Table(
    "suppression_log",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("digest", String(32), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("before", String(40), nullable=False),  # a suppression's reason; '' is none
    Column("after", String(40), nullable=False),
    Column("reason", Text, nullable=False),
)
