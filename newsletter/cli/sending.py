"""Verbs of the operator that mail: test and send."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from newsletter.cli.interrupts import stoppable
from newsletter.cli.live import showing
from newsletter.cli.output import (
    as_json,
    by,
    confirmed,
    moment,
    opened,
    pass_folder,
    print_json,
    print_table,
    span,
)
from newsletter.cli.watching import clocks, print_status, with_sums
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.hours import Wave
    from newsletter.domain.trial import Trial
    from newsletter.usecases.planning import Plan


@click.command()
@click.argument("issue")
@click.option(
    "--to", "addresses", multiple=True, required=True, help="An address; may be repeated."
)
@pass_folder
def test(folder: Path, issue: str, addresses: tuple[str, ...]) -> None:
    """Mail an issue to named addresses, outside every count.

    It goes as it stands, approved or not, to nobody's list; an issue with several versions goes in
    each of them.

    \b
    Example:
      newsletter test 2026-11-27 --to me@example.com
    """
    from newsletter.domain.version import EVERYBODY
    from newsletter.usecases.sending import send_test

    people = counted(len(addresses), "address", "addresses")
    for version, receipt in send_test(opened(folder), issue, addresses).items():
        which = "" if version == EVERYBODY else f" the version “{version}”"
        click.echo(f"Mailed{which} to {people}; the provider calls it {receipt.reference}")


@click.command()
@click.argument("issue")
@click.option("--list", "list_key", help="The list to mail; by default the one issue.md names.")
@click.option("--segment", help="Only this segment of the list (config.yaml).")
@click.option(
    "--at",
    help="Hold until then, in the publication's time zone: '2026-11-27 08:00'; or `now`. Moves a "
    "campaign of which nothing has left.",
)
@click.option("--dry-run", is_flag=True, help="Count who would be mailed, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by
@as_json
@pass_folder
def send(
    folder: Path,
    issue: str,
    list_key: str | None,
    segment: str | None,
    at: str | None,
    dry_run: bool,
    yes: bool,
    by: str,
    json_: bool,
) -> None:
    """Send an approved issue, or continue a stopped send.

    Nobody is mailed twice, whatever happened: run it again to go on. What the provider left in
    doubt is settled by its events and never sent again blindly; `status` lists it. Ctrl-C lets the
    requests under way end.

    \b
    Examples:
      newsletter send 2026-11-27 --dry-run
      newsletter send 2026-11-27 --list weekly --segment retailers
      newsletter send 2026-11-27 --at '2026-11-27 08:00' --yes
    """
    from newsletter.usecases import planning, sending

    workspace = opened(folder)
    when = None if at is None else _moment(workspace, at)
    plan = planning.plan_send(workspace, issue, list_key=list_key, segment=segment, at=when)
    if dry_run:
        print_json(_plan_facts(plan)) if json_ else _print_plan(plan, workspace)
        return
    if not json_:
        _print_plan(plan, workspace)
    planning.refuse_idle(plan)
    if plan.mailed:
        confirmed(f"Mail {_people(plan.mailed)} through {plan.provider}?", yes=yes)
    campaign = sending.freeze(workspace, plan, at=when, by=by)
    waits = sending.must_wait(workspace, campaign)
    if not waits:
        campaign = dispatched(workspace, campaign)
    _print_sent(workspace, campaign, json_=json_)
    sys.exit(0 if waits or campaign.state == "done" else 1)


def dispatched(workspace: Workspace, campaign: Campaign) -> Campaign:
    """Send with a view of it; stopped by a signal, it goes on by the same command."""
    from newsletter.usecases.sending import dispatch
    from newsletter.usecases.watching import Watcher, is_under_way

    with stoppable() as stopping, showing(Watcher(workspace, campaign), stopping):
        campaign = dispatch(workspace, campaign, stopping=stopping)
    if stopping.is_set() and is_under_way(campaign):
        click.echo(
            f"A `newsletter serve` that runs goes on with it; `newsletter pause {campaign.issue}` "
            "holds it.",
            err=True,
        )
        raise KeyboardInterrupt
    return campaign


def _print_sent(workspace: Workspace, campaign: Campaign, *, json_: bool) -> None:
    from newsletter.usecases.status import campaign_status

    one = campaign_status(workspace, campaign.id)
    if json_:
        print_json(with_sums(one))
        return
    print_status((one,))
    if one.campaign.state == "sending":
        click.echo(
            "Another process has the rest in hand; look with "
            f"`newsletter status {one.campaign.issue} --watch`."
        )
    if one.campaign.state == "frozen":
        click.echo(
            f"`newsletter serve` submits it at {moment(one.campaign.send_at)}; "
            "so does this command after that."
        )


def _people(number: int) -> str:
    return counted(number, "person", "people")


def _moment(workspace: Workspace, text: str) -> datetime:
    if text == "now":
        return workspace.clock.now()
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"“{text}” is no moment; write it as '2026-11-27 08:00'", param_hint="--at"
        ) from None
    return local if local.tzinfo else local.replace(tzinfo=workspace.settings.publication.zone)


def _started(plan: Plan) -> Campaign | None:
    """The campaign a plan continues, or None where it begins one."""
    from newsletter.domain.campaign import Campaign

    return plan.start if isinstance(plan.start, Campaign) else None


def _plan_facts(plan: Plan) -> dict[str, object]:
    return {
        "issue": plan.slug,
        "subject": plan.subject,
        "list": plan.audience.list_key,
        "segment": plan.audience.segment,
        "provider": plan.provider,
        "mailed": plan.mailed,
        "tracked": plan.tracked,
        "versions": plan.versions,
        "excluded": plan.excluded,
        "requests": plan.requests,
        "shortest_seconds": plan.shortest,
        "trial": plan.trial,
        "waves": [{"zone": one.zone, "at": one.at, "people": n} for one, n in plan.waves],
        "started_before": _started(plan),
    }


def _print_plan(plan: Plan, workspace: Workspace) -> None:
    rows: list[tuple[str, object]] = [
        ("issue", f"{plan.slug}: {plan.subject}"),
        ("audience", plan.audience),
        ("provider", plan.provider),
        ("mailed", f"{_people(plan.mailed)} in {counted(plan.requests, 'request')}"),
    ]
    if plan.tracking:
        rows.append(("tracked", f"{_people(plan.tracked)} who agreed: {plan.tracking.words}"))
    if len(plan.versions) > 1:
        rows += [(f"version {key}", _people(count)) for key, count in plan.versions.items()]
    rows += [(f"excluded: {reason}", f"{count:,}") for reason, count in plan.excluded.items()]
    rows += _course(plan, workspace)
    started = _started(plan)
    if started is not None:
        rows.append(("started before", f"{moment(started.frozen_at)}, {started.state}"))
    print_table("Plan", ("what", "value"), rows)


def _trial(trial: Trial, people: int) -> str:
    if not people:
        return f"too few people for {trial.least:,} {trial.measure}; all get the plain subject"
    each, rest = people // len(trial.subjects), span(trial.after.total_seconds())
    subjects = " | ".join(trial.subjects)
    others = f"the others get the best by {trial.measure} {rest} later"
    return f"{_people(each)} each, {others}: {subjects}"


def _when(wave: Wave, workspace: Workspace) -> str:
    at = wave.at
    return "at once" if at is None or at <= workspace.clock.now() else f"at {moment(at)}"


def _course(plan: Plan, workspace: Workspace) -> list[tuple[str, object]]:
    """What the settings make of the send: a slice first, a slower pace, a time to call it back."""
    settings = workspace.settings.sending
    rows: list[tuple[str, object]] = [
        (f"wave {clocks(one)}", f"{_people(count)} {_when(one, workspace)}")
        for one, count in plan.waves
    ]
    tried = plan.trial.size(plan.mailed) if plan.trial else 0
    if plan.trial is not None:
        rows.append(("subjects on trial", _trial(plan.trial, tried)))
    if tried and plan.trial is not None and plan.trial.measure not in plan.tracking.words:
        rows.append(("beware", f"no {plan.trial.measure} are noted, so the first subject is taken"))
    canary = settings.canary.size and settings.canary.size < plan.mailed
    if canary and not tried and _started(plan) is None:
        wait = span(settings.canary.wait.total_seconds())
        rows.append(("canary", f"{_people(settings.canary.size)} first, the others {wait} later"))
    if plan.shortest is not None:
        rows.append(("takes at least", span(plan.shortest.total_seconds())))
    if settings.hold_for is not None:
        held = span(settings.hold_for.total_seconds())
        rows.append(("undo window", f"the provider keeps each mail {held}; `newsletter recall`"))
    return rows
