"""People in full: names, tags, consent, sign-ups; links, the archive, where reading stands."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

FREQUENCIES = ("every", "weekly", "monthly")
CONSENT_KINDS = (
    "asked", "confirmed", "imported", "joined", "added", "left", "returned",
    "tracking given", "tracking taken",
)
REASONS = ("too often", "not relevant", "never asked", "other")


def upgrade() -> None:
    numbered = {"sqlite_autoincrement": True}
    with op.batch_alter_table("subscriber", recreate="auto", table_kwargs=numbered) as table:
        table.add_column(sa.Column("name", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("language", sa.String(35)))
        table.add_column(sa.Column("time_zone", sa.String(40)))
        table.add_column(sa.Column("tracking", sa.Boolean()))
        table.add_column(
            sa.Column("frequency", sa.String(10), nullable=False, server_default="every")
        )
        table.add_column(sa.Column("paused_until", moment))
        table.add_column(sa.Column("told_at", moment))
        table.create_check_constraint(op.f("ck_subscriber_frequency"), _one_of("frequency", FREQUENCIES))
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("subscription", recreate="always", table_kwargs=numbered):
            pass
    op.create_index(op.f("ix_subscription_subscriber_id"), "subscription", ["subscriber_id"])
    told = sa.text("told_at IS NOT NULL")
    op.create_index(
        "ix_subscriber_told", "subscriber", ["told_at"], sqlite_where=told, postgresql_where=told
    )
    op.add_column("suppression", sa.Column("told_at", moment))
    op.add_column("attempt", sa.Column("begun_at", moment))
    op.create_table(
        "tag",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("subscriber_id", row_id, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_tag_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("name", "subscriber_id", name=op.f("pk_tag")),
    )
    op.create_index(op.f("ix_tag_subscriber_id"), "tag", ["subscriber_id"])
    op.create_table(
        "wording",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_wording")),
    )
    op.create_table(
        "consent",
        sa.Column("id", row_id, nullable=False),
        sa.Column("subscriber_id", row_id),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("list_key", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("wording", sa.String(64)),
        sa.Column("network", sa.String(45)),
        sa.Column("delivery_id", row_id),
        sa.Column("reason", sa.String(40)),
        sa.CheckConstraint(_one_of("kind", CONSENT_KINDS), name=op.f("ck_consent_kind")),
        sa.CheckConstraint(_one_of("reason", REASONS), name=op.f("ck_consent_reason")),
        sa.ForeignKeyConstraint(["wording"], ["wording.hash"], name=op.f("fk_consent_wording")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_subscriber_id"), "consent", ["subscriber_id"])
    op.create_index(op.f("ix_consent_digest"), "consent", ["digest"])
    op.create_table(
        "signup",
        sa.Column("id", row_id, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("canonical", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("language", sa.String(35)),
        sa.Column("lists", document, nullable=False),
        sa.Column("attributes", document, nullable=False),
        sa.Column("tracking", sa.Boolean()),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("wording", sa.String(64)),
        sa.Column("network", sa.String(45)),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("due_at", moment),
        sa.Column("mailed_at", moment),
        sa.Column("mails", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("confirmed_at", moment),
        sa.ForeignKeyConstraint(["wording"], ["wording.hash"], name=op.f("fk_signup_wording")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup")),
        sa.UniqueConstraint("canonical", name=op.f("uq_signup_canonical")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_signup_asked_at"), "signup", ["asked_at"])
    op.create_index(op.f("ix_signup_due_at"), "signup", ["due_at"])
    op.create_table(
        "allowance",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_allowance")),
    )
    op.create_table(
        "suppression_log",
        sa.Column("id", row_id, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("before", sa.String(40), nullable=False),
        sa.Column("after", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_log")),
    )
    op.create_index(op.f("ix_suppression_log_digest"), "suppression_log", ["digest"])
    op.create_table(
        "bookmark",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bookmark")),
    )
    op.create_table(
        "link",
        sa.Column("campaign_id", row_id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("brief", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_link_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "place", name=op.f("pk_link")),
    )
    op.create_table(
        "archived",
        sa.Column("issue", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("issue", name=op.f("pk_archived")),
    )
    op.create_index(op.f("ix_archived_date"), "archived", ["date"])
    for column in ("opened_at", "clicked_at"):
        some = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            op.f(f"ix_delivery_subscriber_id_{column}"),
            "delivery",
            ["subscriber_id", column],
            sqlite_where=some,
            postgresql_where=some,
        )


def _one_of(column: str, words: tuple[str, ...]) -> str:
    allowed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({allowed})"
