"""The verb about what is sold: sponsors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import as_json, opened, pass_folder, print_json, print_table
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.domain.sponsor import Slot


@click.command()
@click.argument("issue", required=False)
@click.option("--place", is_flag=True, help="Write what the issue lacks into it, and then show.")
@as_json
@pass_folder
def sponsors(folder: Path, issue: str | None, *, place: bool, json_: bool) -> None:
    """Show what of sponsors.yaml is sold, placed, run and owed.

    `gather` places what is sold for an issue, and once more what is owed of an earlier one;
    `--place` does so without gathering. `check` fails where a sold piece is missing or altered.

    \b
    Examples:
      newsletter sponsors
      newsletter sponsors 2026-11-27 --place
      newsletter sponsors --json
    """
    from newsletter.usecases import sponsors as use

    workspace = opened(folder)
    if place:
        if issue is None:
            raise click.UsageError("--place needs an issue to write into")
        done = use.place(workspace, issue)
        if not json_:
            click.echo(f"{counted(len(done), 'paid piece')} placed.")
    found = use.overview(workspace, issue)
    if json_:
        print_json([_facts(slot) for slot in found])
    elif found:
        _print(found)
    else:
        click.echo("Nothing is sold; sponsors.yaml lists what is.")


def _print(found: tuple[Slot, ...]) -> None:
    print_table(
        "Sold slots",
        ("day", "issue", "slot", "sponsor", "section", "stands", "made good by"),
        (
            (
                slot.day,
                slot.issue or "–",
                slot.booking.slot,
                slot.booking.sponsor,
                slot.booking.section,
                slot.standing.value,
                slot.instead or "–",
            )
            for slot in found
        ),
    )


def _facts(slot: Slot) -> dict[str, object]:
    return {
        "day": slot.day,
        "issue": slot.issue,
        "slot": slot.booking.slot,
        "sponsor": slot.booking.sponsor,
        "section": slot.booking.section,
        "place": slot.booking.place,
        "standing": slot.standing,
        "instead": slot.instead,
    }
