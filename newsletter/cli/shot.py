"""The verb that takes pictures of an issue: shot."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import opened, pass_folder, progress

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command()
@click.argument("issue")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder; made if it is missing.",
)
@click.option(
    "--width",
    "widths",
    type=click.IntRange(240, 2000),
    multiple=True,
    help="In pixels; by default 390, 768 and 1024.",
)
@click.option(
    "--mode",
    "modes",
    type=click.Choice(["light", "dark"]),
    multiple=True,
    help="By default, both.",
)
@click.option(
    "--client",
    "clients",
    metavar="NAME",
    multiple=True,
    help="Only as this mail program shows it; by default as written, and as each of them does.",
)
@pass_folder
def shot(
    folder: Path,
    issue: str,
    out: Path,
    widths: tuple[int, ...],
    modes: tuple[str, ...],
    clients: tuple[str, ...],
) -> None:
    """Take pictures of an issue as mail programs show it.

    Needs a Chromium on this machine. It runs no script and fetches nothing, so pictures of other
    sites show their descriptions. Each option may be repeated.

    \b
    Examples:
      newsletter shot 2026-11-27 --out pictures
      newsletter shot 2026-11-27 --out pictures --width 390 --mode dark
      newsletter shot 2026-11-27 --out pictures --client outlook-windows
    """
    from newsletter.usecases import shooting

    wanted = shooting.views(widths, modes, clients)
    with ExitStack() as shown:

        def begin(total: int) -> Callable[[int], None]:
            return shown.enter_context(progress("Pictures", total))

        paths = shooting.shoot(opened(folder), issue, out, wanted, begin=begin)
    for path in paths:
        click.echo(path)
