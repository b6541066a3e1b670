"""Undo, pace, canary, locked campaigns, dead letters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

CAMPAIGN_STATES = (
    "frozen", "sending", "paused", "done", "unsettled", "cancelled", "missed", "locked",
)
BATCH_STATES = (
    "ready", "submitting", "scheduled", "submitted", "rejected", "unknown", "cancelling", "held",
    "cancelled",
)
EVENT_KINDS = (
    "processed", "deferred", "delivered", "dropped", "bounced", "opened", "clicked", "complained",
    "unsubscribed", "resubscribed",
)
OUTCOMES = ("accepted", "rejected", "busy", "uncertain", "recalled")


def upgrade() -> None:
    with op.batch_alter_table("workspace") as table:
        table.add_column(sa.Column("host", sa.String(100)))
        table.add_column(sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("campaign") as table:
        table.add_column(sa.Column("open_through", sa.Integer()))
        table.add_column(sa.Column("opens_at", moment))
        table.add_column(sa.Column("tripped", document))
        _widen(table, "campaign", CAMPAIGN_STATES)
    with op.batch_alter_table("batch") as table:
        table.add_column(sa.Column("owner", sa.Integer()))
        table.add_column(sa.Column("domain", sa.String(100), nullable=False, server_default=""))
        _widen(table, "batch", BATCH_STATES)
    with op.batch_alter_table("attempt") as table:
        table.add_column(sa.Column("recall", sa.String(100), nullable=False, server_default=""))
        table.add_column(sa.Column("send_at", moment))
        _widen(table, "attempt", OUTCOMES, column="outcome")
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("ended_at", moment))
        table.add_column(sa.Column("message_least", sa.BigInteger()))
        table.add_column(sa.Column("message_greatest", sa.BigInteger()))
    with op.batch_alter_table("subscription") as table:
        table.add_column(sa.Column("resubscribed_at", moment))
    with op.batch_alter_table("event") as table:
        _widen(table, "event", EVENT_KINDS, column="kind")
    troubled = sa.text(
        "(bounced_at IS NOT NULL OR complained_at IS NOT NULL OR ending IS NOT NULL OR arrival = 4)"
    )
    op.create_index(
        op.f("ix_delivery_troubled"),
        "delivery",
        ["campaign_id"],
        sqlite_where=troubled,
        postgresql_where=troubled,
    )
    op.create_index(
        op.f("ix_batch_campaign_id_state_sequence"), "batch", ["campaign_id", "state", "sequence"]
    )
    op.create_table(
        "pace",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("free_at", moment, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pace")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", row_id, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("digest", name=op.f("uq_dead_letter_digest")),
    )


def _widen(table, name: str, states: tuple[str, ...], *, column: str = "state") -> None:
    words = ", ".join(f"'{state}'" for state in states)
    table.drop_constraint(op.f(f"ck_{name}_{column}"), type_="check")
    table.create_check_constraint(op.f(f"ck_{name}_{column}"), f"{column} IN ({words})")
