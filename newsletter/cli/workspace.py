"""Verbs about a workspace as a whole: init, demo, doctor."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newsletter.cli.output import as_json, opened, pass_folder, print_json, print_table


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Make a workspace: config.yaml, a theme, and a sample issue.

    \b
    Example:
      newsletter init gazette
    """
    from newsletter.usecases.workspace import init as make

    made = make(folder)
    click.echo(
        f"{made} is ready.\nNext: put your publication into {made / 'config.yaml'}, then\n"
        f"  export NEWSLETTER_SECRET_KEY=$(openssl rand -hex 32)   # once; keep it safe\n"
        f"  newsletter -C {made} doctor"
    )


@click.command()
@click.option(
    "--workspace",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep everything in this folder; by default in a temporary one.",
)
def demo(folder: Path | None) -> None:
    """Go the whole way once on sample data.

    Gather, render, check, approve, import, send, and take the events back in. Sources and a
    stand-in for SendGrid run on this machine; nobody is mailed. Exit code 0 only if every delivery
    is accounted for.
    """
    from newsletter.cli.tour import Tour
    from newsletter.demo.run import run

    sys.exit(0 if run(folder, Tour()) else 1)


@click.command()
@as_json
@pass_folder
def doctor(folder: Path, json_: bool) -> None:
    """Look whether this workspace is fit to render and send. Exit code 1 where it is not."""
    from newsletter.domain.finding import Level
    from newsletter.usecases.diagnosis import diagnose

    found = diagnose(opened(folder))
    if json_:
        print_json(found)
    else:
        print_table(
            "Doctor",
            ("what", "state", "detail"),
            ((one.what, one.level or "ok", one.message) for one in found),
        )
    sys.exit(1 if any(one.level is Level.ERROR for one in found) else 0)
