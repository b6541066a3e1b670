"""An attribute as text, number or flag, in the SQL of either database, and the indexes over these.

An index serves only a statement that has its very expression, without a bound parameter in it. So
the attribute's name is part of the statement's text: it is small letters, digits and _, and nobody
has an attribute of another name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, String, func, literal_column, null, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from newsletter.domain.audience import ATTRIBUTE_NAME
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Engine
    from sqlalchemy.sql.compiler import SQLCompiler

PREFIX = "attribute_"
"""Of the names of the indexes this module looks after."""

_SQLITE = {
    "kind": "json_type({column}, '$.\"{name}\"')",
    "raw": "json_extract({column}, '$.\"{name}\"')",
    "text": "CASE WHEN {kind} = 'text' THEN {raw} END",
    # A decimal number in text, without the regular expressions that other programs lack.
    "number": "CASE WHEN {kind} IN ('integer', 'real') OR ({kind} = 'text'"
    " AND {raw} NOT GLOB '--*'"
    " AND {raw} GLOB '*[0-9]'"
    " AND ltrim({raw}, '-') GLOB '[0-9]*'"
    " AND ltrim({raw}, '-') NOT GLOB '*[^0-9.]*'"
    " AND {raw} NOT GLOB '*.*.*'"
    " AND instr(ltrim({raw}, '-') || '.', '.') <= 16"
    " AND length(ltrim({raw}, '-')) - instr(ltrim({raw}, '-') || '.', '.') <= 15)"
    " THEN CAST({raw} AS REAL) END",
    "flag": "CASE WHEN {kind} IN ('true', 'false') THEN {kind}"
    " WHEN {kind} = 'text' AND {raw} IN ('true', 'false') THEN {raw} END",
}
_POSTGRESQL = {
    "kind": "jsonb_typeof({column} -> '{name}')",
    "raw": "({column} ->> '{name}')",
    # By code point everywhere; PostgreSQL's own order depends on how it was set up.
    "text": "(CASE WHEN {kind} = 'string' THEN {raw} END) COLLATE \"C\"",
    "number": "CASE WHEN {kind} = 'number'"
    r" OR ({kind} = 'string' AND {raw} ~ '^-?[0-9]{{1,15}}([.][0-9]{{1,15}})?\Z')"
    " THEN CAST({raw} AS double precision) END",
    "flag": "CASE WHEN {kind} = 'boolean' OR ({kind} = 'string' AND {raw} IN ('true', 'false'))"
    " THEN {raw} END",
}
_DIALECTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
_INDEXED = {"text": "text", "date": "text", "number": "number", "flag": "flag"}
_EXISTING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'subscriber'",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE tablename = 'subscriber'"
    " AND schemaname = current_schema()",
}


class EitherSpelling(FunctionElement[Any]):
    """Two spellings of one expression; the statement holds the one its database understands."""

    inherit_cache = True

    def __init__(self, sqlite: Any, postgresql: Any, kind: Any) -> None:
        super().__init__(sqlite, postgresql)
        self.type = kind


@compiles(EitherSpelling, "sqlite")
def _for_sqlite(element: EitherSpelling, compiler: SQLCompiler, **options: Any) -> str:
    sqlite, _ = element.clauses
    return f"({compiler.process(sqlite, **options)})"


@compiles(EitherSpelling, "postgresql")
def _for_postgresql(element: EitherSpelling, compiler: SQLCompiler, **options: Any) -> str:
    _, postgresql = element.clauses
    return f"({compiler.process(postgresql, **options)})"


def text_of(name: str) -> ColumnElement[str]:
    """The attribute where it is text."""
    return _expression("text", name, String())


def number_of(name: str) -> ColumnElement[float]:
    """The attribute where it is a number, or text that reads as a plain decimal one."""
    return _expression("number", name, Double())


def flag_of(name: str) -> ColumnElement[str]:
    """'true' or 'false', where the attribute is one of them or text that says so."""
    return _expression("flag", name, String())


def is_missing(name: str) -> ColumnElement[bool]:
    """Whether there is no such attribute, or nothing in it."""
    kind: ColumnElement[str] = func.coalesce(_expression("kind", name, String()), "null")
    return kind == "null"


def ensure(engine: Engine, declared: Mapping[str, str]) -> None:
    """Make the indexes that are missing for attributes that are declared (name → type).

    On many people that takes a while. What is not declared any more keeps its index: another
    checkout of the workspace, which may have other declarations, would only make it again.
    """
    wanted = {f"{PREFIX}{_INDEXED[kind]}_{name}": (kind, name) for name, kind in declared.items()}
    with reading(engine) as connection:
        if _existing(connection) >= wanted.keys():
            return
    with writing(engine) as connection:
        dialect = connection.dialect.name
        if dialect == "postgresql":  # where a writer does not keep others out by itself
            connection.execute(text("LOCK TABLE subscriber IN SHARE ROW EXCLUSIVE MODE"))
        for index in sorted(wanted.keys() - _existing(connection)):
            kind, name = wanted[index]
            spelled = _spelled(dialect, _INDEXED[kind], name, column="attributes")
            connection.exec_driver_sql(f'CREATE INDEX "{index}" ON subscriber (({spelled}))')
        if dialect == "postgresql":
            connection.execute(text("ANALYZE subscriber"))  # it guesses badly about new expressions


def _existing(connection: Connection) -> set[str]:
    names = connection.execute(text(_EXISTING[connection.dialect.name])).scalars()
    return {name for name in names if name.startswith(PREFIX)}


def _expression(part: str, name: str, kind: Any) -> ColumnElement[Any]:
    if not ATTRIBUTE_NAME.match(name):
        return null()
    spellings = (
        _spelled(dialect, part, name, column="subscriber.attributes") for dialect in _DIALECTS
    )
    sqlite: Any
    postgresql: Any
    sqlite, postgresql = map(literal_column, spellings)
    return EitherSpelling(sqlite, postgresql, kind)


def _spelled(dialect: str, part: str, name: str, *, column: str) -> str:
    """`name` has passed ATTRIBUTE_NAME, here or in the settings."""
    parts = _DIALECTS[dialect]
    kind, raw = (parts[one].format(column=column, name=name) for one in ("kind", "raw"))
    return parts[part].format(column=column, name=name, kind=kind, raw=raw)
