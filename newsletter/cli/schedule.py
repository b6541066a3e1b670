"""The verb that shows the rhythm: schedule."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import as_json, moment, opened, pass_folder, print_json, print_table

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from newsletter.app import Workspace
    from newsletter.domain.notice import Notice
    from newsletter.usecases.timetable import Line


@click.command()
@click.option(
    "--weeks",
    type=click.IntRange(1, 52),
    default=4,
    show_default=True,
    help="So many weeks ahead and back.",
)
@as_json
@pass_folder
def schedule(folder: Path, weeks: int, *, json_: bool) -> None:
    """Show what the schedule does next, and what it did.

    Each hour is told in the publication's zone and in UTC. The exit code is 1 where something
    should have been begun five minutes ago and nobody has: then `newsletter serve` does not run.

    \b
    Examples:
      newsletter schedule
      newsletter schedule --weeks 12
      newsletter schedule --json
    """
    from newsletter.usecases.timetable import timetable

    workspace = opened(folder)
    lines = timetable(workspace, weeks)
    if json_:
        zone = workspace.settings.publication.zone
        print_json([_facts(line, zone) for line in lines])
    else:
        _print(workspace, lines)
    sys.exit(1 if any(line.overdue for line in lines) else 0)


def _print(workspace: Workspace, lines: tuple[Line, ...]) -> None:
    from newsletter.usecases.notices import unsure

    zone = workspace.settings.publication.zone
    if not lines and workspace.settings.schedule:
        click.echo("Nothing falls into these weeks; look further with --weeks.")
        return
    if not lines:
        click.echo("config.yaml has no schedule; add one, such as")
        click.echo("schedule: {weekly: {gather: thursday 06:00, send: friday 08:00}}")
        return
    rows = [
        (
            f"{line.occurrence.at.astimezone(zone):%a %Y-%m-%d %H:%M}",
            f"{line.occurrence.at:%m-%d %H:%M}",
            line.occurrence.schedule,
            line.issue,
            line.occurrence.slot,
            "overdue" if line.overdue else line.state or "planned",
            _said(line, zone),
        )
        for line in lines
    ]
    heads = (f"in {zone.key}", "in UTC", "schedule", "issue", "slot", "state", "what")
    print_table(f"Schedule, as of {moment(workspace.clock.now())}", heads, rows)
    for notice in unsure(workspace):
        who = "Not everybody" if notice.state == "told" else "Perhaps nobody"
        click.echo(f"{who} got the {notice.kind} of {notice.issue}: {_why(notice)}")
    if any(line.overdue for line in lines):
        click.secho("Nobody does what is overdue: look whether `newsletter serve` runs.", fg="red")


def _why(notice: Notice) -> str:
    return notice.reason or "there were too many notices that day"


def _said(line: Line, zone: ZoneInfo) -> str:
    if line.moved_from is None:
        return line.what
    return f"{line.what} (moved from {line.moved_from.astimezone(zone):%a %H:%M})"


def _facts(line: Line, zone: ZoneInfo) -> dict[str, object]:
    one = line.occurrence
    return {
        "schedule": one.schedule,
        "day": one.day,
        "slot": one.slot,
        "local": one.at.astimezone(zone),
        "utc": one.at,
        "issue": line.issue,
        "state": line.state,
        "what": line.what,
        "moved_from": line.moved_from,
        "overdue": line.overdue,
    }
