"""The verb for what is found out after the send: correct."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    by,
    confirmed,
    moment,
    opened,
    pass_folder,
    plain,
    print_json,
    print_table,
)
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.usecases.corrections import ItemPlan


@click.command()
@click.argument("issue")
@click.option(
    "--link", "link", nargs=2, metavar="OLD NEW", help="Let every link to OLD lead to NEW."
)
@click.option("--item", metavar="BRIEF", help="The headline, its beginning, or the brief's id.")
@click.option(
    "--text",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="What is right, as Markdown; - reads it from the standard input.",
)
@click.option("--dry-run", is_flag=True, help="Show the mail and who would get it, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by
@as_json
@pass_folder
def correct(
    folder: Path,
    issue: str,
    link: tuple[str, str] | None,
    item: str | None,
    text: Path | None,
    dry_run: bool,
    yes: bool,
    by: str,
    json_: bool,
) -> None:
    """Put something right in an issue that has left, and say so.

    A wrong link leads elsewhere at once, also in mails, where links go by way of your own site
    (links.redirect in config.yaml). A wrong item is corrected by a mail to those who received it,
    and nobody else. Both are recorded, shown in the report, and noted with the day on the issue's
    page in the archive. Run it again to go on with a mailing that was stopped. Without options it
    lists what was corrected.

    \b
    Examples:
      newsletter correct 2026-11-27 --link https://example.com/old https://example.com/new
      newsletter correct 2026-11-27 --item "Gold climbs" --text right.md --dry-run
      newsletter correct 2026-11-27 --item "Gold climbs" --text right.md
      newsletter correct 2026-11-27
    """
    workspace = opened(folder)
    if link is not None and item is None and text is None:
        if dry_run:
            raise click.UsageError("--dry-run shows a mail; a link has none")
        _link(workspace, issue, *link, by=by, json_=json_)
    elif item is not None and text is not None and link is None:
        _item(workspace, issue, item, _read(text), dry_run=dry_run, yes=yes, by=by, json_=json_)
    elif link is None and item is None and text is None:
        _list(workspace, issue, json_=json_)
    else:
        raise click.UsageError("write --link OLD NEW, or --item BRIEF with --text FILE")


def _link(workspace: Workspace, issue: str, old: str, new: str, *, by: str, json_: bool) -> None:
    from newsletter.usecases.corrections import correct_link

    done = correct_link(workspace, issue, old, new, by=by)
    if json_:
        print_json(done)
        return
    if done.since is not None:
        click.echo(f"Corrected before, {moment(done.since)}; nothing was left to change.")
        return
    links = counted(done.mailed, "link")
    mails = f"{links} in mails lead to {new} now" if done.mailed else "mails link directly and stay"
    archive = "the archive was amended" if done.archived else "the archive had no such link"
    click.echo(f"Corrected: {plain(mails)}; {archive}.")
    click.echo(f"issues/{issue}/issue.md is as it was; change the link there, too.")


def _item(
    workspace: Workspace,
    issue: str,
    item: str,
    text: str,
    *,
    dry_run: bool,
    yes: bool,
    by: str,
    json_: bool,
) -> None:
    from newsletter.cli.sending import dispatched
    from newsletter.usecases.corrections import freeze_correction, plan_correction
    from newsletter.usecases.status import campaign_status

    plan = plan_correction(workspace, issue, item, text)
    if json_ and dry_run:
        print_json(_facts(plan))
    if not json_:
        _show(plan)
    if dry_run:
        return
    if plan.people:
        people = counted(plan.people, "person", "people")
        confirmed(f"Mail this to {people} through {workspace.provider.name}?", yes=yes)
    ended = [
        dispatched(workspace, campaign) if campaign.state != "done" else campaign
        for campaign in freeze_correction(workspace, plan, by=by)
    ]
    if json_:
        print_json([campaign_status(workspace, one.id) for one in ended])
    else:
        rows = [(one.audience, one.state) for one in ended]
        print_table("The correction", ("audience", "state"), rows)
        if any(one.state == "unsettled" for one in ended):
            click.echo(f"Some of it is in doubt; `newsletter resolve {issue}` lists what.")
    sys.exit(0 if all(one.state == "done" for one in ended) else 1)


def _read(path: Path) -> str:
    from newsletter.issues.files import read_text

    return sys.stdin.read() if path == Path("-") else read_text(path)


def _list(workspace: Workspace, issue: str, *, json_: bool) -> None:
    from newsletter.usecases.corrections import list_corrections

    found = list_corrections(workspace, issue)
    if json_:
        print_json(found)
        return
    rows = ((f"{one.at:%Y-%m-%d %H:%M}", one.kind, one.before, one.actor) for one in found)
    print_table("Corrections", ("when (UTC)", "what", "was", "by"), rows)


def _facts(plan: ItemPlan) -> dict[str, object]:
    return {
        "issue": plan.issue,
        "item": plan.item,
        "subject": plan.subject,
        "text": plan.shown,
        "people": plan.people,
        "lists": {
            key: {"mailed": mailed, "excluded": excluded}
            for key, (mailed, excluded) in plan.lists.items()
        },
        "begun": [campaign.audience for campaign in plan.begun],
    }


def _show(plan: ItemPlan) -> None:
    click.secho(plain(plan.subject), bold=True)
    for line in plan.shown.splitlines():
        click.echo(f"  {plain(line)}".rstrip())
    begun = {campaign.list_key: campaign.state for campaign in plan.begun}
    rows: list[tuple[object, ...]] = []
    for key, (mailed, excluded) in plan.lists.items():
        rows.append((key, f"{begun[key]} before" if key in begun else "to be mailed", mailed))
        rows += [(key, f"excluded: {reason}", count) for reason, count in excluded.items()]
    print_table(f"Received “{plan.item.headline}”", ("list", "", "people"), rows)
