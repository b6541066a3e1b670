"""What readers did, counted: events with their evidence, sums, corrections."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
