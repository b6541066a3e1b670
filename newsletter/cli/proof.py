"""The verb for sponsors: proof."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.output import as_json, opened, pass_folder, print_json


@click.command()
@click.argument("issue")
@click.argument("wanted", metavar="SPONSOR|BRIEF")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder; made if it is missing.",
)
@as_json
@pass_folder
def proof(folder: Path, issue: str, wanted: str, out: Path, json_: bool) -> None:
    """Write the proof for a sponsor that a brief ran.

    How it looked, to how many it went and when, how many people clicked: a page to print or save as
    PDF, and the same figures as CSV. The sponsor is the name or the slot in sponsors.yaml, or the
    name their briefs end with; a brief is its headline as it was mailed, or its id.

    \b
    Examples:
      newsletter proof 2026-11-27 "Maison Aubrac" --out proofs
      newsletter proof 2026-11-27 halden-cover --out proofs
      newsletter proof 2026-11-27 "Gold climbs" --json
    """
    from newsletter.usecases.proof_files import proof_files
    from newsletter.usecases.proof_of_run import proof_of_run

    workspace = opened(folder)
    found = proof_of_run(workspace, issue, wanted)
    if json_:
        print_json(found)
        return
    for path in proof_files(found, out):
        click.echo(path)
