"""Verbs about people: subscribers import, export, count."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from newsletter.audience.presets import PRESETS
from newsletter.cli.output import (
    as_json,
    opened,
    pass_folder,
    print_json,
    print_table,
    progress,
)
from newsletter.domain.audience import Field
from newsletter.domain.prose import counted
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.audience.mapping import Plan
    from newsletter.domain.audience import ImportReport


@click.group()
def subscribers() -> None:
    """Import, export, show and count people."""


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--list", "lists", multiple=True, help="Subscribe everybody to this list.")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="HEADER=NAME",
    help="What a column becomes, where the guess is wrong; - leaves it out.",
)
@click.option(
    "--preset",
    type=click.Choice([preset.key for preset in PRESETS]),
    help="The program that exported the file, where its header does not tell.",
)
@click.option(
    "--failed",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rows that failed go; by default, and in no dry run, FILE.failed.csv beside it.",
)
@click.option("--dry-run", is_flag=True, help="Read and count, keep nothing.")
@click.option("--skip-bad", is_flag=True, help="Import the good rows even if some are bad.")
@as_json
@pass_folder
def import_(
    folder: Path,
    file: Path,
    lists: tuple[str, ...],
    maps: tuple[str, ...],
    preset: str | None,
    failed: Path | None,
    dry_run: bool,
    skip_bad: bool,
    json_: bool,
) -> None:
    """Import people from CSV or JSON Lines. All or nothing, unless --skip-bad.

    A column of addresses is needed; what becomes of each column is shown before anything is kept.
    Exports of Mailchimp, listmonk, Ghost, Substack, Kit and SendGrid are known by their headers.
    Who unsubscribed or bounced, here or there, stays so. Rows that failed are written to a file to
    be corrected and imported again. Exit code 2 where bad rows kept everything out, 1 where a dry
    run finds that they would.

    \b
    Examples:
      newsletter subscribers import people.csv --list weekly --dry-run
      newsletter subscribers import people.csv --list weekly
      newsletter subscribers import fair.csv --map "E-mail of visitor=email" --map Booth=-
      newsletter subscribers import people.failed.csv --skip-bad
    """
    from newsletter.usecases.subscribers import import_people

    size = file.stat().st_size if file.is_file() else None
    with progress("Importing", size, in_bytes=True) as advance:
        report = import_people(
            opened(folder),
            file,
            list_keys=lists,
            preset=preset,
            maps=maps,
            failed=failed,
            dry_run=dry_run,
            skip_bad=skip_bad,
            planned=(lambda _: None) if json_ else _print_plan,
            progress=advance,
        )
    if json_:
        print_json(report)
    else:
        _print_report(report, dry_run=dry_run)
    if report.bad_rows and not skip_bad:
        sys.exit(1 if dry_run else 2)


def _print_plan(plan: Plan) -> None:
    if not plan.columns:
        return
    print_table(
        f"Columns, as {plan.preset.title} exports them" if plan.preset else "Columns",
        ("column", "becomes"),
        ((column.header, _meaning(column.target)) for column in plan.columns),
    )


def _meaning(target: str) -> str:
    if not target:
        return "–"
    return target if target in set(Field) else f"attribute {target}"


def _print_report(report: ImportReport, *, dry_run: bool) -> None:
    done = report.admission
    print_table(
        "Import",
        ("what", "rows"),
        [
            ("read", report.rows),
            ("added", done.added),
            ("updated", done.updated),
            ("unchanged", done.unchanged),
            ("repeated in the file", done.repeated),
            ("suppressed, left out", done.suppressed),
            ("bad", report.bad_rows),
            ("subscriptions made", done.subscribed),
            ("unsubscribed by the file", done.unsubscribed),
            ("unsubscribed before, kept so", done.kept_unsubscribed),
            ("addresses suppressed by the file", done.newly_suppressed),
            ("tags given", done.tagged),
        ],
    )
    if report.bad:
        print_table(
            "Bad rows", ("line", "row", "why"), ((b.line, b.row, b.reason) for b in report.bad)
        )
    if report.failed:
        click.echo(f"Rows that failed, to be corrected: {report.failed}", err=True)
    if dry_run:
        click.echo("Nothing was kept: this was a dry run.")
    elif not report.kept:
        click.echo("Nothing was imported. Correct the rows, or add --skip-bad.", err=True)
    if done.added and not (done.subscribed or done.unsubscribed):
        click.echo("Who is new is on no list, and gets no mail: name one with --list.", err=True)


@subscribers.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--list", "list_key", help="Only who is subscribed to this list.")
@click.option("--segment", help="Only this segment.")
@click.option("--jsonl", is_flag=True, help="JSON Lines instead of CSV.")
@click.option("--raw", is_flag=True, help="Leave text alone that a spreadsheet would run.")
@pass_folder
def export(
    folder: Path, file: Path, list_key: str | None, segment: str | None, jsonl: bool, raw: bool
) -> None:
    """Export people to CSV or JSON Lines.

    `-` writes to the standard output.

    \b
    Examples:
      newsletter subscribers export people.csv
      newsletter subscribers export - --list weekly --jsonl
    """
    from newsletter.usecases.subscribers import export_people

    workspace = opened(folder)
    with _written(file) as out:
        count = export_people(
            workspace,
            out,
            list_key=list_key,
            segment=segment,
            json_lines=jsonl,
            raw=raw,
        )
    click.echo(counted(count, "person", "people"), err=True)


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """A file to write, put in place only when it is whole; `-` is the standard output."""
    if str(path) == "-":
        yield sys.stdout
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.touch(mode=0o600)  # these are people
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise AudienceError(
            f"cannot be written: {error.strerror}; check the folder and its rights", file=str(path)
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


@subscribers.command()
@as_json
@pass_folder
def count(folder: Path, json_: bool) -> None:
    """Count who can be mailed, per list and per segment."""
    from newsletter.usecases.subscribers import count_people

    sizes = count_people(opened(folder))
    if json_:
        print_json(sizes)
        return
    print_table(
        "Lists",
        ("list", "mailable", "unsubscribed", "suppressed"),
        (
            (key, size.subscribed, size.unsubscribed, size.suppressed)
            for key, size in sizes.lists.items()
        ),
    )
    print_table("Segments", ("segment", "mailable"), sizes.segments.items())
