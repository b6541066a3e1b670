"""The tables, once for SQLite and PostgreSQL; the constraints carry the promises.

Nobody twice: `delivery` is unique per campaign and subscriber, and per campaign and address.
One campaign per moment: `campaign` is unique per issue, audience and occurrence.
An attempt row is written before its request and never deleted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from newsletter.domain.audience import Frequency
from newsletter.domain.campaign import OWN_ENDINGS, BatchState, CampaignState, Outcome
from newsletter.domain.consent import ConsentKind, Reason
from newsletter.domain.event import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC on both databases (SQLite alone would forget the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive moments; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give UTC back."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


RowId = BigInteger().with_variant(Integer, "sqlite")
Document = JSON().with_variant(JSONB, "postgresql")


def _one_of(column: str, states: Iterable[StrEnum]) -> CheckConstraint:
    """Only words of the domain may stand in a state column."""
    words = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({words})", name=column)


workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True),
    Column("pepper", LargeBinary, nullable=False),  # keys the address digests
    Column("host", String(100)),  # of the machine that last sent from a database file
    Column("generation", Integer, nullable=False, server_default="0"),  # see store.guard
    Column("created_at", Moment, nullable=False),
)

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
    Column("frequency", String(10), nullable=False, server_default=Frequency.EVERY),
    Column("paused_until", Moment),
    Column("told_at", Moment),  # when the provider was told that they left every list
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    _one_of("frequency", Frequency),
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
    _one_of("kind", ConsentKind),
    _one_of("reason", Reason),
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

bookmark = Table(
    "bookmark",
    metadata,
    Column("name", String(100), primary_key=True),  # of what is read in pages
    Column("position", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

campaign = Table(
    "campaign",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("issue", String(64), nullable=False),
    Column("list_key", String(40), nullable=False),
    Column("segment", String(40), nullable=False),  # '' is the whole list
    Column("occurrence", String(32), nullable=False),  # local date; '' for the one and only
    Column("state", String(20), nullable=False),
    Column("envelope", Document, nullable=False),  # domain.campaign.Envelope
    Column("digest", String(64), nullable=False),  # of the approved rendition
    Column("candidates", Integer, nullable=False),
    Column("frozen_at", Moment, nullable=False),
    Column("send_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),
    Column("open_through", Integer),  # the last batch that may be claimed; NULL is all of them
    Column("opens_at", Moment),  # when the rest may follow the canary slice
    Column("tripped", Document),  # threshold → the share at which it paused this campaign last
    UniqueConstraint("issue", "list_key", "segment", "occurrence"),
    _one_of("state", CampaignState),
)

rendition = Table(
    "rendition",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("version", String(40), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("tokens", Document, nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("place", Integer, primary_key=True),  # in reading order, from 0
    Column("url", Text, nullable=False),  # as it stands in the mail
    Column("section", Text, nullable=False),  # '' outside of sections
    Column("brief", Text, nullable=False),  # '' outside of briefs
    Column("headline", Text, nullable=False),
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

batch = Table(
    "batch",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("campaign_id", RowId, ForeignKey("campaign.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt_id", String(32)),
    Column("not_before", Moment),
    Column("owner", Integer),  # the living sender process that has it, see store.locks
    Column("domain", String(100), nullable=False, server_default=""),  # '' mixes them
    UniqueConstraint("campaign_id", "sequence"),
    Index(None, "campaign_id", "state", "sequence"),  # the next ready one, however many came before
    _one_of("state", BatchState),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("batch_id", RowId, ForeignKey("batch.id"), nullable=False, index=True),
    Column("recipients", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("begun_at", Moment),  # the first byte of an accepted request, where that is told
    Column("outcome", String(20)),
    Column("status", Integer),
    Column("reference", Text),
    Column("recall", String(100), nullable=False, server_default=""),  # ports.Recalling
    Column("send_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),
    Column("closed_at", Moment),
    _one_of("outcome", Outcome),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("campaign_id", RowId, ForeignKey("campaign.id"), nullable=False),
    Column("batch_id", RowId, ForeignKey("batch.id"), nullable=False, index=True),
    Column("subscriber_id", RowId, nullable=False),  # outlives the subscriber
    Column("subscription_id", RowId, nullable=False),
    Column("address", String(254), nullable=False),
    Column("canonical", String(254), nullable=False),
    Column("digest", String(32), nullable=False),
    Column("fields", Document),  # the attributes the tokens need, as they were at the freeze
    Column("ending", String(20)),  # its own; without one it stands where its batch stands
    Column("reason", Text),
    Column("ended_at", Moment),
    Column("arrival", Integer, nullable=False, server_default="0"),  # event.RANK
    Column("delivered_at", Moment),
    Column("bounced_at", Moment),
    Column("opened_at", Moment),
    Column("clicked_at", Moment),
    Column("complained_at", Moment),
    Column("unsubscribed_at", Moment),
    Column("message_least", BigInteger),  # event.Standing
    Column("message_greatest", BigInteger),
    UniqueConstraint("campaign_id", "subscriber_id"),
    UniqueConstraint("campaign_id", "canonical"),
    _one_of("ending", OWN_ENDINGS),
)

TROUBLED: ColumnElement[bool] = literal_column(
    "(bounced_at IS NOT NULL OR complained_at IS NOT NULL OR ending IS NOT NULL OR arrival = 4)"
)
"""Deliveries that went wrong, few among many. 4 is the rank of `dropped`."""

Index(
    "ix_delivery_troubled",
    delivery.c.campaign_id,
    sqlite_where=TROUBLED,
    postgresql_where=TROUBLED,
)

for _column in (delivery.c.opened_at, delivery.c.clicked_at):  # few of many: see store.mails
    Index(
        None,
        delivery.c.subscriber_id,
        _column,
        sqlite_where=_column.is_not(None),
        postgresql_where=_column.is_not(None),
    )

exclusion = Table(
    "exclusion",
    metadata,
    Column("campaign_id", RowId, ForeignKey("campaign.id"), primary_key=True),
    Column("subscriber_id", RowId, primary_key=True),
    Column("reason", String(40), nullable=False),
)

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
    _one_of("kind", EventKind),
)

transition = Table(
    "transition",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("campaign_id", RowId, ForeignKey("campaign.id"), nullable=False, index=True),
    Column("batch_id", RowId),
    Column("attempt_id", String(32)),
    Column("before", String(20), nullable=False),
    Column("after", String(20), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
)

pace = Table(
    "pace",
    metadata,
    Column("name", String(100), primary_key=True),  # see delivery.pace and delivery.trouble
    Column("free_at", Moment, nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),
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
