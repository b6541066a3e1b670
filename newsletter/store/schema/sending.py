"""Campaigns, and how they go out: batches, attempts, deliveries, and every change of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
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

from newsletter.domain.campaign import OWN_ENDINGS, BatchState, CampaignState, Outcome
from newsletter.store.schema.columns import Document, Moment, RowId, metadata, one_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

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
    Column("hour", String(16), nullable=False, server_default=""),  # by the clocks of its readers
    Column("tripped", Document),  # threshold → the share at which it paused this campaign last
    UniqueConstraint("issue", "list_key", "segment", "occurrence"),
    one_of("state", CampaignState),
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
    Column("zone", String(40), nullable=False, server_default=""),  # of its wave; '' has none
    Column("tracking", Integer, nullable=False, server_default="0"),  # domain.mailing.Tracking
    UniqueConstraint("campaign_id", "sequence"),
    Index(None, "campaign_id", "state", "sequence"),  # the next ready one, however many came before
    one_of("state", BatchState),
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
    one_of("outcome", Outcome),
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
    Column("human_opened_at", Moment),  # domain.visit.InPerson
    Column("human_clicked_at", Moment),
    Column("complained_at", Moment),
    Column("unsubscribed_at", Moment),
    Column("message_least", BigInteger),  # event.Standing
    Column("message_greatest", BigInteger),
    UniqueConstraint("campaign_id", "subscriber_id"),
    UniqueConstraint("campaign_id", "canonical"),
    one_of("ending", OWN_ENDINGS),
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

for _column in delivery.c["human_opened_at", "human_clicked_at"]:  # few of many: see store.mails
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
