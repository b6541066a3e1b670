"""Verbs that change a campaign under way: pause, resume, cancel, recall, unlock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.output import (
    as_json,
    by,
    confirmed,
    moment,
    opened,
    pass_folder,
    print_json,
    print_table,
    typed,
)
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from newsletter.domain.campaign import Campaign
    from newsletter.usecases.control import Choice

yes = click.option("--yes", is_flag=True, help="Do not ask.")


def narrowing(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose among an issue's campaigns."""
    for option in (
        click.option("--all", "every", is_flag=True, help="Every campaign of the issue."),
        click.option("--segment", help="The campaign to this segment."),
        click.option("--list", "list_key", help="The campaign to this list."),
    ):
        verb = option(verb)
    return verb


def choosing(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The argument and options by which a verb's campaigns are chosen."""
    return click.argument("issue")(narrowing(verb))


def choice(issue: str | None, list_key: str | None, segment: str | None, every: bool) -> Choice:
    """What the options say."""
    from newsletter.usecases.control import Choice

    return Choice(issue or "", list_key, segment, every)


@click.command()
@choosing
@by
@as_json
@pass_folder
def pause(
    folder: Path,
    issue: str,
    list_key: str | None,
    segment: str | None,
    every: bool,
    by: str,
    json_: bool,
) -> None:
    """Let nothing more leave. Requests under way end, and are written down.

    \b
    Examples:
      newsletter pause 2026-11-27
      newsletter pause 2026-11-27 --list weekly --by Ada
    """
    from newsletter.usecases import control

    chosen = choice(issue, list_key, segment, every)
    _tell(control.pause(opened(folder), chosen, by=by), json_=json_)


@click.command()
@choosing
@yes
@by
@as_json
@pass_folder
def resume(
    folder: Path,
    issue: str,
    list_key: str | None,
    segment: str | None,
    every: bool,
    yes: bool,
    by: str,
    json_: bool,
) -> None:
    """Let a paused or missed campaign go on.

    `serve` sends it then, or `send`. One whose hour has not come waits for it again.

    \b
    Examples:
      newsletter resume 2026-11-27
      newsletter resume 2026-11-27 --all --yes
    """
    from newsletter.usecases import control

    workspace = opened(folder)
    confirmed(f"Let “{issue}” go on?", yes=yes)
    moved = control.resume(workspace, choice(issue, list_key, segment, every), by=by)
    _tell(moved, json_=json_)
    if not json_:
        click.echo(f"`newsletter serve` goes on with it, or `newsletter send {issue}` does now.")


@click.command()
@choosing
@by
@as_json
@pass_folder
def cancel(
    folder: Path,
    issue: str,
    list_key: str | None,
    segment: str | None,
    every: bool,
    by: str,
    json_: bool,
) -> None:
    """Give up what has not left. It cannot be taken back; asks for the issue's name.

    Mail that is under way, in doubt, or that the provider has, is told and stays accounted.

    \b
    Examples:
      newsletter cancel 2026-11-27
      newsletter cancel 2026-11-27 --list weekly --segment retailers
    """
    from newsletter.usecases import control

    workspace = opened(folder)
    chosen = choice(issue, list_key, segment, every)
    meant = control.chosen(workspace, chosen, among=control.CANCELLABLE, what="cancelled")
    typed(
        issue,
        "\n".join(f"{issue} to {one.audience}, {one.state}, would be given up." for one in meant),
    )
    done = control.cancel(workspace, chosen, by=by)
    if json_:
        print_json(done)
        return
    for one in done:
        people = "; ".join(f"{state} {count:,}" for state, count in one.states.items())
        click.echo(f"{issue} to {one.campaign.audience} is cancelled. People: {people}.")
        if one.under_way:
            click.echo(
                f"{counted(one.under_way, 'request')} under way may still be taken; look again "
                f"with `newsletter status {issue}`."
            )


@click.command()
@choosing
@yes
@by
@as_json
@pass_folder
def recall(
    folder: Path,
    issue: str,
    list_key: str | None,
    segment: str | None,
    every: bool,
    yes: bool,
    by: str,
    json_: bool,
) -> None:
    """Cancel, and call back what the provider still keeps.

    It keeps mail for sending.hold_for. Says how many people were reached in time.
    Run it again for requests that were under way.

    \b
    Examples:
      newsletter recall 2026-11-27
      newsletter recall 2026-11-27 --list weekly --yes
    """
    from newsletter.usecases import control

    workspace = opened(folder)
    confirmed(f"Cancel “{issue}” and call back its mail?", yes=yes)
    done = control.recall(workspace, choice(issue, list_key, segment, every), by=by)
    if json_:
        print_json([{"campaign": campaign, "recalled": recalled} for campaign, recalled in done])
        return
    for campaign, recalled in done:
        print_table(
            f"{issue} to {campaign.audience}: recalled",
            ("people", "what"),
            (
                (recalled.called_back, "called back: the provider confirms that they get nothing"),
                (recalled.asked, "asked for, and not yet confirmed; run it again"),
                (recalled.under_way, "in requests under way; run it again"),
                (recalled.too_late, "too late"),
            ),
        )


@click.command()
@click.argument("issue", required=False)
@narrowing
@click.option(
    "--taken-over",
    is_flag=True,
    help="This machine sends from this database from now on, and no other does.",
)
@by
@as_json
@pass_folder
def unlock(
    folder: Path,
    issue: str | None,
    list_key: str | None,
    segment: str | None,
    every: bool,
    taken_over: bool,
    by: str,
    json_: bool,
) -> None:
    """Decide about a database that was restored or moved here. Asks for a word.

    A locked campaign may have mailed people of whom this database knows nothing. Look what the
    provider took since, then unlock it: it becomes paused, and `resume` lets it go on.

    \b
    Examples:
      newsletter unlock 2026-11-27
      newsletter unlock --taken-over
    """
    from newsletter.usecases import control

    if taken_over is bool(issue):
        raise click.UsageError("name an issue, or say --taken-over")
    workspace = opened(folder)
    if taken_over:
        typed("taken-over", "No other machine may send from a copy of this database any more.")
        _tell(control.take_over(workspace, by=by), json_=json_)
        return
    chosen = choice(issue, list_key, segment, every)
    for one in control.chosen(workspace, chosen, among=control.LOCKED, what="unlocked"):
        click.echo(f"{one.issue} to {one.audience}: {one.reason}", err=True)
    typed("unlock", "People may have had this issue already, and would get it twice.")
    _tell(control.unlock(workspace, chosen, by=by), json_=json_)


def _tell(campaigns: tuple[Campaign, ...], *, json_: bool) -> None:
    if json_:
        print_json(campaigns)
        return
    for one in campaigns:
        hour = f", for {moment(one.send_at)}" if one.state == "frozen" and one.send_at else ""
        click.echo(f"{one.issue} to {one.audience} is {one.state}{hour}.")
