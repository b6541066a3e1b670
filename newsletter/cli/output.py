"""How results reach people and programs: tables and colours on a terminal, plain text or JSON."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from newsletter.app import Workspace

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON instead of a table.")
pass_folder = click.make_pass_decorator(Path)

WIDE = 240
"""Columns where nobody looks at a terminal: enough that no line is folded."""


def opened(folder: Path) -> Workspace:
    """The workspace a command works in."""
    from newsletter.app import Workspace

    return Workspace.open(folder)


def print_json(value: object) -> None:
    """Any of our values as JSON: dataclasses by field, moments in ISO 8601."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table; numbers to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False)
    lines = [list(row) for row in rows]
    for place, column in enumerate(columns):
        numbers = bool(lines) and all(isinstance(line[place], int) for line in lines)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for line in lines:
        table.add_row(*(_cell(value, Text) for value in line))
    click.secho(title, bold=True)
    Console(width=None if terminal else WIDE).print(table)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal's error stream; the block calls it with how many are done more."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.update(task, advance=steps)


def moment(value: datetime | None) -> str:
    """A moment for people, to the minute, in UTC."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else "–"


def _cell(value: object, text: Callable[[str], Any]) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return text(f"{value:,}")
    return text("" if value is None else str(value))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"cannot be JSON: {type(value).__name__}")
