"""How results reach people and programs: tables and colours on a terminal, plain text or JSON."""

from __future__ import annotations

import dataclasses
import getpass
import json
import math
import re
import sys
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.domain.prose import counted
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from newsletter.app import Workspace

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON instead of a table.")
pass_folder = click.make_pass_decorator(Path)


class Day(click.DateTime):
    """A day such as 2026-11-27, as a datetime without a zone."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The day; BadParameter, in words, for anything else."""
        try:
            day: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"“{value}” is no day; write it as 2026-11-27", param, ctx)
        return day


def _actor(_context: click.Context, _option: click.Parameter, name: str) -> str:
    """A name the log can keep."""
    name = plain(name).strip()
    if not 0 < len(name) <= 100:
        raise click.BadParameter("should be a name of 1 to 100 characters")
    return name


by = click.option(
    "--by",
    default=getpass.getuser,
    callback=_actor,
    help="Who does this, for the log; by default, who is logged in.",
)

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
    """Any of our values as JSON: dataclasses by field, moments in ISO 8601, spans in seconds."""
    click.echo(json_text(value))


def json_text(value: object) -> str:
    """The same for a file."""
    return json.dumps(value, default=_plain, indent=2, ensure_ascii=False)


def print_json_line(value: object) -> None:
    """The same on one line, written out at once."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=False))
    sys.stdout.flush()


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
        numbers = bool(lines) and all(_is_figure(line[place]) for line in lines)
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
def progress(
    what: str, total: int | None, *, in_bytes: bool = False
) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal's error stream; the block calls it with how many are done more."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn() if in_bytes else MofNCompleteColumn(),
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


def typed(word: str, why: str) -> None:
    """Go on only once a person has typed the word: for what cannot be taken back."""
    given = click.prompt(f"{why}\nType {word} to go on", default="", show_default=False, err=True)
    if given.strip() != word:
        raise NewsletterError(f"nothing was changed, for “{word}” was not typed")


def confirmed(question: str, *, yes: bool) -> None:
    """Go on only once a person has agreed, here or by `--yes`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is here to confirm; add --yes")
    click.confirm(question, abort=True)


def span(seconds: float) -> str:
    """A length of time for people: `0:07`, `12:05`, `3:00:10`, `2 days 1:00:00`."""
    days, rest = divmod(math.ceil(seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours or days else f"{minutes}:{seconds:02}"
    return f"{counted(days, 'day')} {clock}" if days else clock


_FIGURE = re.compile(r"[\d.,]+( ?%)?|–|withheld")


def _is_figure(value: object) -> bool:
    return _counts(value) or (isinstance(value, str) and _FIGURE.fullmatch(value) is not None)


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
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"cannot be JSON: {type(value).__name__}")
