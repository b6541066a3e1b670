"""Verbs of the operator: test, send, status."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    counted,
    moment,
    opened,
    pass_folder,
    print_json,
    print_table,
    progress,
)

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.usecases.sending import CampaignStatus, Plan


@click.command()
@click.argument("issue")
@click.option(
    "--to", "addresses", multiple=True, required=True, help="An address; may be repeated."
)
@pass_folder
def test(folder: Path, issue: str, addresses: tuple[str, ...]) -> None:
    """Mail an issue to named addresses, outside every count.

    It goes as it stands, approved or not, to nobody's list.

    \b
    Example:
      newsletter test 2026-11-27 --to me@example.com
    """
    from newsletter.usecases.sending import send_test

    receipt = send_test(opened(folder), issue, addresses)
    people = counted(len(addresses), "address", "addresses")
    click.echo(f"Mailed to {people}; the provider calls it {receipt.reference}")


@click.command()
@click.argument("issue")
@click.option("--list", "list_key", help="The list to mail; by default the one issue.md names.")
@click.option("--segment", help="Only this segment of the list (config.yaml).")
@click.option("--at", help="Hold until then, in the publication's time zone: '2026-11-27 08:00'.")
@click.option("--dry-run", is_flag=True, help="Count who would be mailed, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
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
    json_: bool,
) -> None:
    """Send an approved issue, or continue a stopped send.

    Nobody is mailed twice, whatever happened: run it again to go on. What the provider left in
    doubt is settled by its events and never sent again blindly; `status` lists it.

    \b
    Examples:
      newsletter send 2026-11-27 --dry-run
      newsletter send 2026-11-27 --list weekly --segment retailers
      newsletter send 2026-11-27 --at '2026-11-27 08:00' --yes
    """
    from newsletter.usecases import sending

    workspace = opened(folder)
    when = None if at is None else _moment(workspace, at)
    plan = sending.plan_send(workspace, issue, list_key=list_key, segment=segment)
    if dry_run:
        print_json(_plan_facts(plan)) if json_ else _print_plan(plan)
        return
    if not json_:
        _print_plan(plan)
    sending.refuse_idle(plan)
    _confirm(plan, yes=yes)
    campaign = sending.freeze(workspace, plan, at=when)
    waits = campaign.send_at is not None and campaign.send_at > workspace.clock.now()
    if not waits:
        campaign = _dispatch(workspace, campaign, plan.mailed)
    statuses = sending.status(workspace, issue)
    _print_sent(next(one for one in statuses if one.campaign.id == campaign.id), json_=json_)
    sys.exit(0 if waits or campaign.state == "done" else 1)


def _dispatch(workspace: Workspace, campaign: Campaign, total: int) -> Campaign:
    from newsletter.usecases import sending

    with progress("Sending", total) as advance:
        return sending.dispatch(workspace, campaign, progress=advance)


def _print_sent(one: CampaignStatus, *, json_: bool) -> None:
    if json_:
        print_json(_with_sums(one))
        return
    _print_status((one,))
    if one.campaign.state == "frozen":
        click.echo(
            f"`newsletter serve` submits it at {moment(one.campaign.send_at)}; "
            "so does this command after that."
        )


def _confirm(plan: Plan, *, yes: bool) -> None:
    if yes or not plan.mailed:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is here to confirm; add --yes")
    click.confirm(f"Mail {_people(plan.mailed)} through {plan.provider}?", abort=True)


def _people(number: int) -> str:
    return counted(number, "person", "people")


def _moment(workspace: Workspace, text: str) -> datetime:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"“{text}” is no moment; write it as '2026-11-27 08:00'", param_hint="--at"
        ) from None
    return local if local.tzinfo else local.replace(tzinfo=workspace.settings.publication.zone)


@click.command()
@click.argument("issue", required=False)
@as_json
@pass_folder
def status(folder: Path, issue: str | None, json_: bool) -> None:
    """Show where every delivery stands; the sums must hold.

    \b
    candidates = deliveries + excluded
    deliveries = planned + submitted + suppressed + rejected + unknown + held + cancelled

    \b
    Examples:
      newsletter status
      newsletter status 2026-11-27 --json
    """
    from newsletter.usecases import sending

    statuses = sending.status(opened(folder), issue)
    if json_:
        print_json([_with_sums(one) for one in statuses])
    elif statuses:
        _print_status(statuses)
    else:
        click.echo("Nothing was sent yet.")


def _with_sums(one: CampaignStatus) -> dict[str, object]:
    return {
        "campaign": one.campaign,
        "accounting": one.accounting,
        "balances": one.accounting.balances,
        "settled": one.accounting.settled,
        "arrivals": one.arrivals,
        "doubtful": one.doubtful,
    }


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
        "excluded": plan.excluded,
        "requests": plan.requests,
        "started_before": _started(plan),
    }


def _print_plan(plan: Plan) -> None:
    audience = plan.audience
    rows: list[tuple[str, object]] = [
        ("issue", f"{plan.slug}: {plan.subject}"),
        ("audience", " / ".join(filter(None, (audience.list_key, audience.segment)))),
        ("provider", plan.provider),
        ("mailed", f"{_people(plan.mailed)} in {counted(plan.requests, 'request')}"),
    ]
    rows += [(f"excluded: {reason}", f"{count:,}") for reason, count in plan.excluded.items()]
    started = _started(plan)
    if started is not None:
        rows.append(("started before", f"{moment(started.frozen_at)}, {started.state}"))
    print_table("Plan", ("what", "value"), rows)


def _print_status(statuses: tuple[CampaignStatus, ...]) -> None:
    for one in statuses:
        campaign, sums = one.campaign, one.accounting
        audience = " / ".join(filter(None, (campaign.list_key, campaign.segment)))
        print_table(
            f"{campaign.issue} to {audience}: {campaign.state}",
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
        if not sums.balances:
            click.echo("The sums do not hold: please report this, and do not send again.", err=True)
        if one.doubtful:
            _print_doubtful(one)


def arrival_rows(one: CampaignStatus) -> list[tuple[str, int]]:
    """How far the submitted mails came, by the provider's reports."""
    words = {"none": "not reported on yet"}
    return [
        (f"  of them {words.get(what, what)}", count)
        for what, count in one.arrivals.items()
        if count
    ]


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
    click.echo("An event that names the attempt settles a batch by itself.")
