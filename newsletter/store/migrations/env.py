"""Alembic's entry: the connection the program hands over, or `-x url=…` on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from alembic import context

from newsletter.errors import StoreError
from newsletter.store.engine import connect, writing
from newsletter.store.schema import Moment, metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Connection


def _rendered(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """A migration is history: it names plain column types, not classes that may change."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=_rendered,
    )
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    _url = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(_url, str):
        raise StoreError("name the database with -x url=…")
    _engine = connect(_url)
    with writing(_engine) as _connection:
        _run(_connection)
    _engine.dispose()
