"""The verb `gather`: what each source is doing while it runs, and what came of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    opened,
    pass_folder,
    plain,
    print_json,
    print_table,
)
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.table import Table

    from newsletter.domain.item import SourceResult
    from newsletter.usecases.drafting import Gathered


@click.command()
@click.argument("issue")
@click.option(
    "--from", "place", metavar="URL|FILE|-", help="Read only this instead of all sources."
)
@as_json
@pass_folder
def gather(folder: Path, issue: str, place: str | None, json_: bool) -> None:
    """Read the sources and add what is new to an issue. Nothing you wrote is changed.

    Exit code 1 where a source could not be read and others could, and in a thin week that is
    skipped.

    \b
    Examples:
      newsletter gather 2026-11-27
      newsletter gather 2026-11-27 --json
      newsletter gather 2026-11-27 --from pasted.txt
      newsletter gather 2026-11-27 --from https://trade.example.com/feed
      pbpaste | newsletter gather 2026-11-27 --from -
    """
    from newsletter.usecases import gathering

    workspace = opened(folder)
    names = [source.name for source in workspace.settings.sources] if place is None else [place]
    with _watched(names) as finished:
        report = gathering.gather(
            workspace, issue, place=place, stdin_text=_stdin_text, progress=finished
        )
    if json_:
        print_json(report)
    else:
        _print_gathered(issue, report)
    sys.exit(1 if report.skipped or any(result.error for result in report.results) else 0)


def _stdin_text() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")


@contextmanager
def _watched(names: Sequence[str]) -> Iterator[Callable[[SourceResult], None]]:
    """A table on the terminal's error stream, gone in the end; the block calls it with results."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    results: dict[str, SourceResult] = {}
    with Live(_picture(names, results), console=console, transient=True) as live:

        def finished(result: SourceResult) -> None:
            # An inbox has a result for each bad file; what it gave comes first.
            results.setdefault(result.source, result)
            live.update(_picture(names, results))

        yield finished


def _picture(names: Sequence[str], results: dict[str, SourceResult]) -> Table:
    """Those under way first: where they are more than lines, the others are cut off."""
    from rich import box
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"source ({len(results)} of {len(names)} read)")
    table.add_column("fetched", justify="right")
    table.add_column("")
    for name in names:
        if name not in results:
            table.add_row(Text(plain(name)), "", Spinner("dots"))
    for result in results.values():
        why = result.error or "; ".join(result.notes)
        style = "red" if result.error else ""
        count = "" if result.error else f"{len(result.items):,}"
        table.add_row(Text(plain(result.source)), count, Text(plain(why), style=style))
    return table


def _print_gathered(issue: str, report: Gathered) -> None:
    _print_sources(report)
    aside = [
        (result.source, line.line, line.reason, line.text)
        for result in report.results
        for line in result.furniture
    ]
    if aside:
        print_table("Set aside", ("source", "line", "because", "text"), aside)
    if report.thin:
        click.echo(plain(f"A thin week: {report.thin}."))
    if report.skipped:
        return
    print_table(
        "Where it went",
        ("place", "briefs"),
        [
            *report.placed.items(),
            ("candidates.md", report.candidates),
            ("known before", report.known),
            ("brought up to date", report.updated),
            ("held over from before", report.carried),
        ],
    )
    for section, count in report.short.items():
        click.echo(f"Section {section} has only {counted(count, 'brief')}, fewer than its minimum.")
    click.echo(f"Next: edit issues/{issue}/issue.md, then newsletter check {issue}")


def _print_sources(report: Gathered) -> None:
    """Where the items of each source went; a week that is skipped has only what was fetched."""
    columns = ("new", "known", "joined", "held", "old")
    tallies = report.tallies or ((None,) * len(report.results))
    print_table(
        "Sources",
        ("source", "fetched", *columns, "failed, or to know"),
        (
            (
                result.source,
                len(result.items),
                *(getattr(tally, column, None) for column in columns),
                result.error or "; ".join(result.notes),
            )
            for result, tally in zip(report.results, tallies, strict=True)
        ),
    )
