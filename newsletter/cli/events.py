"""Verbs about what the provider reports: events dead-letters, events replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    moment,
    opened,
    pass_folder,
    print_json,
    print_table,
)
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def events() -> None:
    """Look at reported events that could not be understood."""


@events.command("dead-letters")
@as_json
@pass_folder
def dead_letters(folder: Path, json_: bool) -> None:
    """List what the provider signed but this program could not understand, by reason.

    It is kept as it came for 90 days. What it says is not shown, for it holds addresses.

    \b
    Examples:
      newsletter events dead-letters
      newsletter events dead-letters --json
    """
    from newsletter.usecases.events import list_dead_letters

    letters = list_dead_letters(opened(folder))
    if json_:
        print_json(letters)
    elif not letters:
        click.echo("No dead letters: every event was understood.")
    else:
        print_table(
            "Dead letters",
            ("reason", "count", "first", "last"),
            ((one.reason, one.count, moment(one.first), moment(one.last)) for one in letters),
        )


@events.command()
@as_json
@pass_folder
def replay(folder: Path, json_: bool) -> None:
    """Read the dead letters again, after an upgrade; what is understood now counts.

    \b
    Example:
      newsletter events replay
    """
    from newsletter.usecases.events import replay as replay_letters

    replayed = replay_letters(opened(folder))
    if json_:
        print_json(replayed)
    else:
        understood = counted(replayed.understood, "dead letter")
        click.echo(f"Understood {understood}; {replayed.left:,} still there.")
