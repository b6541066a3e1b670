"""The tables' history: `versions/` holds one file a change, applied when a database is opened.

A contributor writes the next one with
`alembic -x url=sqlite:////tmp/dev.db revision --autogenerate -m "…"`, tidies it, and moves HEAD.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD = "0005"
"""The newest revision; a database that stands at it opens without loading Alembic."""


def upgrade(connection: Connection, current: str | None, *, name: str) -> None:
    """Bring a database from `current` to HEAD within the caller's transaction.

    Raises StoreError for a revision this program does not know.
    """
    from alembic import command  # noqa: PLC0415 - slow to load and seldom needed
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = alembic_config(connection)
    scripts = ScriptDirectory.from_config(config)
    if current is not None and current not in {step.revision for step in scripts.walk_revisions()}:
        raise StoreError(
            f"{name} was written by a newer version of this program (revision {current}); "
            "install that version, or name another database"
        )
    command.upgrade(config, "head")


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for a connection that is already open."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
