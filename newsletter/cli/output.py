"""How results reach people and programs: tables and colours on a terminal, plain text or JSON."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from newsletter.app import Workspace

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON instead of a table.")
pass_folder = click.make_pass_decorator(Path)

ENDLESS = 100_000
"""Columns where nobody looks at a terminal: enough that no line is folded."""

NARROW = 20
"""A column whose cells all are this short is not folded where there is room: others give way."""


def opened(folder: Path) -> Workspace:
    """The workspace a command works in, closed with the command."""
    from newsletter.app import Workspace

    workspace = Workspace.open(folder)
    click.get_current_context().call_on_close(workspace.close)
    return workspace


def print_json(value: object) -> None:
    """Any of our values as JSON: dataclasses by field, moments in ISO 8601."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table; numbers to the right. Piped, a row is one line, however long."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False)
    console = Console(width=None if terminal else ENDLESS)
    heads, lines = list(columns), [list(row) for row in rows]
    widths = [
        max(len(_cell(value)) for value in (head, *(line[place] for line in lines)))
        for place, head in enumerate(heads)
    ]
    roomy = sum(min(width, NARROW) + 3 for width in widths) <= console.width
    for place, head in enumerate(heads):
        numbers = bool(lines) and all(_counts(line[place]) for line in lines)
        table.add_column(
            head,
            justify="right" if numbers else "left",
            overflow="fold",
            no_wrap=roomy and widths[place] <= NARROW,
        )
    for line in lines:
        table.add_row(*(Text(_cell(value)) for value in line))
    click.secho(plain(title), bold=True)
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


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


def plain(text: str) -> str:
    """Text from outside on one line, without what a terminal would take for a command."""
    return "".join(char if char.isprintable() else " " for char in text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 request`, `2,000 requests`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _cell(value: object) -> str:
    if _counts(value):
        return f"{value:,}"
    return "" if value is None else plain(str(value))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"cannot be JSON: {type(value).__name__}")
