"""Verbs of whoever looks on: status and log."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from newsletter.cli.live import SECONDS, screen
from newsletter.cli.output import (
    as_json,
    moment,
    opened,
    pass_folder,
    print_json,
    print_json_line,
    print_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.cli.live import Show
    from newsletter.domain.hours import Wave
    from newsletter.domain.trial import TrialStatus
    from newsletter.store.waves import WaveCount
    from newsletter.usecases.status import CampaignStatus
    from newsletter.usecases.watching import Progress


@click.command()
@click.argument("issue", required=False)
@click.option("--watch", is_flag=True, help="Look every second until it ends or needs a person.")
@as_json
@pass_folder
def status(folder: Path, issue: str | None, watch: bool, json_: bool) -> None:
    """Show where every delivery stands; the sums must hold.

    \b
    candidates = deliveries + excluded
    deliveries = planned + scheduled + submitted + suppressed + rejected + unknown + held
               + cancelled

    --watch reads the database only, so it works from any process; with --json it prints one object
    a line. It ends with exit code 0 where all it watched is done.

    Without it the exit code is 1 where the schedule stands still: nobody begins what is due, or the
    clock of the process that should is doubted.

    \b
    Examples:
      newsletter status
      newsletter status 2026-11-27 --json
      newsletter status 2026-11-27 --watch
    """
    from newsletter.usecases.status import alarms, statuses

    workspace = opened(folder)
    if watch:
        _watch(workspace, issue, json_=json_)
        return
    found = statuses(workspace, issue)
    if json_:
        print_json([with_sums(one) for one in found])
    elif found:
        print_status(found)
    else:
        click.echo("Nothing was sent yet.")
    if told := alarms(workspace):
        for alarm in told:
            click.secho(alarm, fg="red", err=True)
        sys.exit(1)


@click.command()
@click.argument("issue")
@click.option("--all", "routine", is_flag=True, help="Also the moves of batches without trouble.")
@as_json
@pass_folder
def log(folder: Path, issue: str, routine: bool, json_: bool) -> None:
    """Show who changed an issue's campaigns, when, and why.

    \b
    Examples:
      newsletter log 2026-11-27
      newsletter log 2026-11-27 --all --json
    """
    from newsletter.usecases.status import log as read

    logs = read(opened(folder), issue, routine=routine)
    if json_:
        print_json([{"campaign": campaign, "moves": moves} for campaign, moves in logs])
        return
    for campaign, moves in logs:
        print_table(
            f"{campaign.issue} to {campaign.audience}: {campaign.state}",
            ("when", "who", "what", "from", "to", "why"),
            (
                (
                    f"{one.at:%Y-%m-%d %H:%M:%S} UTC",
                    one.actor,
                    "campaign" if one.batch is None else f"batch {one.batch}",
                    one.before or "–",
                    one.after,
                    one.reason,
                )
                for one in moves
            ),
        )
    if not logs:
        click.echo("Nothing was sent yet.")


def _watch(workspace: Workspace, issue: str | None, *, json_: bool) -> None:
    from newsletter.usecases.watching import watch

    watchers = watch(workspace, issue)
    if not watchers:
        click.echo("Nothing was sent yet.", err=json_)
        return
    with _json_lines() if json_ else screen() as show:
        while True:
            looks = tuple(watcher.look() for watcher in watchers)
            show(looks)
            if all(look.ended for look in looks):
                break
            workspace.clock.sleep(SECONDS)
    sys.exit(0 if all(look.campaign.state == "done" for look in looks) else 1)


@contextmanager
def _json_lines() -> Iterator[Show]:
    def show(looks: tuple[Progress, ...]) -> None:
        for look in looks:
            print_json_line(look)

    yield show


def with_sums(one: CampaignStatus) -> dict[str, object]:
    """A status for programs."""
    return {
        "campaign": one.campaign,
        "accounting": one.accounting,
        "balances": one.accounting.balances,
        "settled": one.accounting.settled,
        "arrivals": one.arrivals,
        "doubtful": one.doubtful,
        "window": one.window,
        "waiting": one.waiting,
        "concerns": one.concerns,
        "waves": one.waves,
        "trial": one.trial,
    }


def print_status(statuses: tuple[CampaignStatus, ...]) -> None:
    """Each campaign's sums, why it stands where it stands, and what is in doubt."""
    for one in statuses:
        campaign, sums = one.campaign, one.accounting
        print_table(
            f"{campaign.issue} to {campaign.audience}: {campaign.state}",
            ("what", "people"),
            [
                ("candidates", sums.candidates),
                *((f"excluded: {reason}", count) for reason, count in sums.excluded.items()),
                ("deliveries", sums.deliveries),
                *((state.value, count) for state, count in sums.states.items()),
                *arrival_rows(one),
            ],
        )
        if campaign.reason:
            click.echo(campaign.reason)
        if one.waiting:
            click.echo(_waits(one))
        if one.waves:
            _print_waves(one.waves)
        if one.trial:
            print_trial(campaign.issue, one.trial)
        for concern in one.concerns:
            click.echo(f"Events: {concern}.")
        if not sums.balances:
            click.echo("The sums do not hold: please report this, and do not send again.", err=True)
        if one.doubtful:
            _print_doubtful(one)


def clocks(wave: Wave | WaveCount) -> str:
    """What the clocks of a wave's readers show when they are mailed: `08:00 in Asia/Tokyo`."""
    from zoneinfo import ZoneInfo

    shown = f"{wave.at.astimezone(ZoneInfo(wave.zone)):%A %H:%M} in " if wave.at else ""
    return f"{shown}{wave.zone}"


def _print_waves(waves: tuple[WaveCount, ...]) -> None:
    print_table(
        "Waves",
        ("at", "by the readers' clocks", "people", "where they stand"),
        (
            (
                moment(one.at) if one.at else "at once",
                clocks(one),
                one.people,
                ", ".join(f"{count:,} {state}" for state, count in one.states.items()),
            )
            for one in waves
        ),
    )


def print_trial(issue: str, trial: TrialStatus) -> None:
    """How each subject did or does, and which was chosen, why and when."""
    from newsletter.reports.drawn import counted

    print_table(
        "Subjects on trial",
        ("", "subject", "people", trial.measure.value),
        (
            (
                f"{place}, chosen" if trial.chosen == place else place,
                one.text,
                one.mailed,
                counted(one.answered),
            )
            for place, one in enumerate(trial.subjects, 1)
        ),
    )
    if trial.chosen_at:
        click.echo(f"Chosen at {moment(trial.chosen_at)}: {trial.reason}.")
    else:
        click.echo(
            f"None is chosen yet; `newsletter choose {issue} NUMBER` does so before the time."
        )


def arrival_rows(one: CampaignStatus) -> list[tuple[str, int]]:
    """How far the submitted mails came, by the provider's reports."""
    words = {"none": "not reported on yet"}
    return [
        (f"  of them {words.get(what, what)}", count)
        for what, count in one.arrivals.items()
        if count
    ]


def _waits(one: CampaignStatus) -> str:
    if one.waiting is None:
        return ""
    since = f" since {one.waiting.since:%Y-%m-%d %H:%M:%S} UTC" if one.waiting.since else ""
    until = f" until {one.waiting.until:%Y-%m-%d %H:%M:%S} UTC" if one.waiting.until else ""
    return f"It waits{since}{until}: {one.waiting.why}."


def _print_doubtful(one: CampaignStatus) -> None:
    print_table(
        "In doubt: the provider may or may not have taken these; they are never sent again blindly",
        ("batch", "people", "tried", "state", "because", "attempt"),
        (
            (
                doubt.sequence,
                doubt.recipients,
                moment(doubt.tried_at),
                doubt.state,
                doubt.reason,
                doubt.attempt,
            )
            for doubt in one.doubtful
        ),
    )
    click.echo(
        "An event that names the attempt settles a batch by itself; "
        f"`newsletter resolve {one.campaign.issue}` asks and decides."
    )
