"""What readers did, counted: events with their evidence, sums, corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    _evidence()
    _sums()
    _afterwards()


def _evidence() -> None:
    """Why a mail bounced, what tells humans from machines, and when a human was there."""
    op.add_column("event", sa.Column("cause", sa.String(20)))
    op.add_column("event", sa.Column("signs", sa.Integer()))
    op.add_column("event", sa.Column("crowd", sa.BigInteger()))
    op.add_column("event", sa.Column("verdict", sa.String(10)))
    op.add_column("subscriber", sa.Column("tracking_since", moment))
    in_crowd = sa.text("crowd IS NOT NULL")
    op.create_index(
        "ix_event_crowd", "event", ["crowd"], sqlite_where=in_crowd, postgresql_where=in_crowd
    )
    by_mail = sa.text("kind = 'left' AND delivery_id IS NOT NULL")
    op.create_index(
        "ix_consent_left_by_mail", "consent", ["at", "delivery_id"],
        sqlite_where=by_mail, postgresql_where=by_mail,
    )
    for deed in ("opened_at", "clicked_at"):
        column = f"human_{deed}"
        op.add_column("delivery", sa.Column(column, moment))
        op.drop_index(op.f(f"ix_delivery_subscriber_id_{deed}"), "delivery")
        some = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            op.f(f"ix_delivery_subscriber_id_{column}"), "delivery", ["subscriber_id", column],
            sqlite_where=some, postgresql_where=some,
        )


def _sums() -> None:
    op.create_table(
        "tally",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("measure", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_tally_campaign_id")
        ),
        sa.PrimaryKeyConstraint(
            "campaign_id", "measure", "subject", "version", name=op.f("pk_tally")
        ),
    )


def _afterwards() -> None:
    """What each version told, where our redirects lead, and corrections."""
    op.create_table(
        "brief",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("brief", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_brief_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "version", "place", name=op.f("pk_brief")),
    )
    op.create_table(
        "redirect",
        sa.Column("issue", sa.String(64), nullable=False),
        sa.Column("key", sa.String(12), nullable=False),
        sa.Column("brief", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issue", "key", name=op.f("pk_redirect")),
    )
    op.create_table(
        "correction",
        sa.Column("id", row_id, nullable=False),
        sa.Column("issue", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.String(32), nullable=False, server_default=""),
        sa.CheckConstraint("kind IN ('link', 'item')", name=op.f("ck_correction_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_issue"), "correction", ["issue"])
