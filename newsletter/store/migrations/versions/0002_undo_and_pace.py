"""Undo, pace, canary, locked campaigns, dead letters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)

CAMPAIGN_STATES = (
    "frozen", "sending", "paused", "done", "unsettled", "cancelled", "missed", "locked",
)
BATCH_STATES = (
    "ready", "submitting", "scheduled", "submitted", "rejected", "unknown", "cancelling", "held",
    "cancelled",
)


def upgrade() -> None:
    with op.batch_alter_table("workspace") as table:
        table.add_column(sa.Column("host", sa.String(100)))
        table.add_column(sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("campaign") as table:
        table.add_column(sa.Column("open_through", sa.Integer()))
        table.add_column(sa.Column("opens_at", moment))
        _widen(table, "campaign", CAMPAIGN_STATES)
    with op.batch_alter_table("batch") as table:
        table.add_column(sa.Column("owner", sa.Integer()))
        table.add_column(sa.Column("domain", sa.String(100), nullable=False, server_default=""))
        _widen(table, "batch", BATCH_STATES)
    with op.batch_alter_table("attempt") as table:
        table.add_column(sa.Column("recall", sa.String(100), nullable=False, server_default=""))
        table.add_column(sa.Column("send_at", moment))
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("ended_at", moment))
    op.create_table(
        "pace",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("free_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pace")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", row_id, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )


def _widen(table, name: str, states: tuple[str, ...]) -> None:
    words = ", ".join(f"'{state}'" for state in states)
    table.drop_constraint(op.f(f"ck_{name}_state"), type_="check")
    table.create_check_constraint(op.f(f"ck_{name}_state"), f"state IN ({words})")
