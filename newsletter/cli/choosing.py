"""The verb by which a person decides a trial of subjects: choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.control import yes
from newsletter.cli.output import as_json, by, confirmed, opened, pass_folder, print_json
from newsletter.cli.watching import print_status, with_sums

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("issue")
@click.argument("number", type=click.IntRange(1))
@click.option("--list", "list_key", help="The campaign to this list.")
@click.option("--segment", help="The campaign to this segment.")
@yes
@by
@as_json
@pass_folder
def choose(
    folder: Path,
    issue: str,
    number: int,
    list_key: str | None,
    segment: str | None,
    yes: bool,
    by: str,
    json_: bool,
) -> None:
    """Choose a subject that is on trial before its time.

    Everybody who waits gets it then; who tried another keeps that. `status` tells how the subjects
    do so far, and their numbers. Without this the best is chosen by itself.

    \b
    Examples:
      newsletter choose 2026-11-27 2
      newsletter choose 2026-11-27 1 --list weekly --yes --by Ada
    """
    from newsletter.usecases import control, subject_trials
    from newsletter.usecases.status import campaign_status

    workspace = opened(folder)
    narrowed = control.Choice(issue, list_key, segment)
    among = subject_trials.DECIDABLE
    (campaign,) = control.chosen(workspace, narrowed, among=among, what="given a subject")
    trial = subject_trials.undecided(workspace, campaign)
    if number <= len(trial.subjects):
        wanted = trial.subjects[number - 1].text
        confirmed(f"Let everybody who waits get “{wanted}”?", yes=yes)
    subject_trials.choose(workspace, campaign, number, by=by)
    status = campaign_status(workspace, campaign.id)
    if json_:
        print_json(with_sums(status))
    else:
        print_status((status,))
