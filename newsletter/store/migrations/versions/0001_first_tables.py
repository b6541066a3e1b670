"""The first tables: people, campaigns, deliveries, events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _people()
    _campaigns()
    _deliveries()
    _records()


def _people() -> None:
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pepper", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_workspace_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", row_id, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("canonical", sa.String(254), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("attributes", document, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("canonical", name=op.f("uq_subscriber_canonical")),
    )
    op.create_index(op.f("ix_subscriber_digest"), "subscriber", ["digest"])
    op.create_table(
        "subscription",
        sa.Column("id", row_id, nullable=False),
        sa.Column("subscriber_id", row_id, nullable=False),
        sa.Column("list_key", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("consent_source", sa.String(200), nullable=False),
        sa.Column("subscribed_at", moment, nullable=False),
        sa.Column("unsubscribed_at", moment),
        sa.CheckConstraint(
            "status IN ('subscribed', 'unsubscribed')", name=op.f("ck_subscription_status")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscription_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "list_key", "subscriber_id", name=op.f("uq_subscription_list_key_subscriber_id")
        ),
    )
    op.create_table(
        "suppression",
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suppression")),
    )


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", row_id, nullable=False),
        sa.Column("issue", sa.String(64), nullable=False),
        sa.Column("list_key", sa.String(40), nullable=False),
        sa.Column("segment", sa.String(40), nullable=False),
        sa.Column("occurrence", sa.String(32), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("envelope", document, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("frozen_at", moment, nullable=False),
        sa.Column("send_at", moment),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('frozen', 'sending', 'paused', 'done', 'unsettled', 'cancelled', 'missed')",
            name=op.f("ck_campaign_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint(
            "issue",
            "list_key",
            "segment",
            "occurrence",
            name=op.f("uq_campaign_issue_list_key_segment_occurrence"),
        ),
    )
    op.create_table(
        "rendition",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tokens", document, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_rendition_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "version", name=op.f("pk_rendition")),
    )
    op.create_table(
        "exclusion",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("subscriber_id", row_id, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_exclusion_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "subscriber_id", name=op.f("pk_exclusion")),
    )


def _deliveries() -> None:
    op.create_table(
        "batch",
        sa.Column("id", row_id, nullable=False),
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempt_id", sa.String(32)),
        sa.Column("not_before", moment),
        sa.CheckConstraint(
            "state IN ('ready', 'submitting', 'submitted', 'rejected', 'unknown', 'held', "
            "'cancelled')",
            name=op.f("ck_batch_state"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_batch_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("campaign_id", "sequence", name=op.f("uq_batch_campaign_id_sequence")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("batch_id", row_id, nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("status", sa.Integer()),
        sa.Column("reference", sa.Text()),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", moment),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'rejected', 'busy', 'uncertain')",
            name=op.f("ck_attempt_outcome"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_attempt_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_batch_id"), "attempt", ["batch_id"])
    op.create_table(
        "delivery",
        sa.Column("id", row_id, nullable=False),
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("batch_id", row_id, nullable=False),
        sa.Column("subscriber_id", row_id, nullable=False),
        sa.Column("subscription_id", row_id, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("canonical", sa.String(254), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("fields", document),
        sa.Column("ending", sa.String(20)),
        sa.Column("reason", sa.Text()),
        sa.Column("arrival", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered_at", moment),
        sa.Column("bounced_at", moment),
        sa.Column("opened_at", moment),
        sa.Column("clicked_at", moment),
        sa.Column("complained_at", moment),
        sa.Column("unsubscribed_at", moment),
        sa.CheckConstraint(
            "ending IN ('suppressed', 'rejected')", name=op.f("ck_delivery_ending")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_delivery_batch_id")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_delivery_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "campaign_id", "canonical", name=op.f("uq_delivery_campaign_id_canonical")
        ),
        sa.UniqueConstraint(
            "campaign_id", "subscriber_id", name=op.f("uq_delivery_campaign_id_subscriber_id")
        ),
    )
    op.create_index(op.f("ix_delivery_batch_id"), "delivery", ["batch_id"])


def _records() -> None:
    op.create_table(
        "event",
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("delivery_id", row_id),
        sa.Column("attempt_id", sa.String(32)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.CheckConstraint(
            "kind IN ('processed', 'deferred', 'delivered', 'dropped', 'bounced', 'opened', "
            "'clicked', 'complained', 'unsubscribed')",
            name=op.f("ck_event_kind"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_delivery_id"), "event", ["delivery_id"])
    op.create_table(
        "transition",
        sa.Column("id", row_id, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("batch_id", row_id),
        sa.Column("attempt_id", sa.String(32)),
        sa.Column("before", sa.String(20), nullable=False),
        sa.Column("after", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_transition_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
    )
    op.create_index(op.f("ix_transition_campaign_id"), "transition", ["campaign_id"])
