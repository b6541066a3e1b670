"""What SQLite and PostgreSQL can both do, and SQLAlchemy spells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that knows ON CONFLICT."""
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def changed(connection: Connection, statement: Any) -> int:
    """How many rows a statement wrote; without the option SQLAlchemy does not ask after inserts."""
    return int(connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount)
