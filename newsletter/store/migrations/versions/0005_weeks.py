"""Every week: occurrences of the schedule, notices, waves, subjects on trial."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _course()
    op.create_table(
        "occurrence",
        sa.Column("schedule", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("moved_from", moment),
        sa.Column("issue", sa.String(64), nullable=False),
        sa.Column("taken_until", moment),
        sa.Column("ended_at", moment),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("campaign_id", row_id),
        sa.CheckConstraint("slot IN ('gather', 'remind', 'send')", name=op.f("ck_occurrence_slot")),
        sa.CheckConstraint(
            "state IN ('due', 'taken', 'done', 'missed', 'skipped')",
            name=op.f("ck_occurrence_state"),
        ),
        sa.PrimaryKeyConstraint("schedule", "day", "slot", name=op.f("pk_occurrence")),
    )
    op.create_index(op.f("ix_occurrence_state_due_at"), "occurrence", ["state", "due_at"])
    op.create_table(
        "notice",
        sa.Column("id", row_id, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("issue", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("due_at", moment),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("endings", document, nullable=False, server_default="{}"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint(
            "channel IN ('editors', 'operators', 'reports', 'webhook')",
            name=op.f("ck_notice_channel"),
        ),
        sa.CheckConstraint(
            "kind IN ('proof', 'reminder', 'thin', 'unapproved', 'missed', 'failed', 'trouble', "
            "'report')",
            name=op.f("ck_notice_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('due', 'telling', 'told', 'uncertain', 'failed', 'dropped')",
            name=op.f("ck_notice_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", "channel", name=op.f("uq_notice_key_channel")),
    )
    op.create_index(op.f("ix_notice_due_at"), "notice", ["due_at"])
    op.create_index(op.f("ix_notice_channel_made_at"), "notice", ["channel", "made_at"])


def _course() -> None:
    """Whom a campaign reaches at which hour, whose opens and clicks are noted, and which subjects
    it tries first.
    """
    op.add_column("campaign", sa.Column("hour", sa.String(16), nullable=False, server_default=""))
    op.add_column("batch", sa.Column("zone", sa.String(40), nullable=False, server_default=""))
    op.add_column("batch", sa.Column("tracking", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "wave",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("at", moment),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_wave_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "zone", name=op.f("pk_wave")),
    )
    op.create_table(
        "subject_trial",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(10), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.Integer()),
        sa.Column("chosen_at", moment),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint("measure IN ('clicks', 'opens')", name=op.f("ck_subject_trial_measure")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_subject_trial_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_subject_trial")),
    )
    op.create_table(
        "subject",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mailed", sa.Integer()),
        sa.Column("answered", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_subject_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "place", name=op.f("pk_subject")),
    )
