"""Verbs of an issue's pictures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    opened,
    pass_folder,
    print_json,
    print_table,
    progress,
)

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def images() -> None:
    """Pictures of an issue.

    \b
    Example:
      newsletter images rehost 2026-11-27
    """


@images.command()
@click.argument("issue")
@as_json
@pass_folder
def rehost(folder: Path, issue: str, *, json_: bool) -> None:
    """Fetch the pictures an issue names on other sites into its own images/.

    Only their addresses in issue.md change. Exit code 1 where one could not be had: it stays as it
    is. Whether you may use a picture, nobody but you can say.

    \b
    Example:
      newsletter images rehost 2026-11-27
    """
    from newsletter.usecases.pictures import rehost as fetch

    with progress("Fetching", None) as advance:
        moved, failed = fetch(opened(folder), issue, lambda _: advance(1))
    if json_:
        print_json({"moved": moved, "failed": failed})
    elif moved or failed:
        print_table("Pictures", ("address", "now", "why not"), _rows(moved, failed))
    else:
        click.echo("No picture of this issue lies on another site.")
    sys.exit(1 if failed else 0)


def _rows(moved: dict[str, str], failed: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        *((old, new, "") for old, new in moved.items()),
        *((old, "", why) for old, why in failed.items()),
    ]
