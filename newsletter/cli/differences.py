"""The verb that tells what changed in an issue: diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import as_json, moment, opened, pass_folder, plain, print_json
from newsletter.domain.prose import counted
from newsletter.domain.wording import Mark

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.domain.difference import BriefDifference, Difference
    from newsletter.domain.wording import Passage, Run
    from newsletter.usecases.differences import SinceApproval

SHOWN = {Mark.SAME: "{}", Mark.ADDED: "{{+{}+}}", Mark.DROPPED: "[-{}-]"}
COLOURS = {Mark.ADDED: "green", Mark.DROPPED: "red"}


@click.command()
@click.argument("issue")
@click.argument("other", required=False)
@as_json
@pass_folder
def diff(folder: Path, issue: str, other: str | None, json_: bool) -> None:
    """Show word by word what changed since the approval.

    Or, with OTHER, how an issue differs from another. What is new stands in {+ +}, what is gone
    in [- -].

    \b
    Examples:
      newsletter diff 2026-11-27
      newsletter diff 2026-11-27 2026-11-20
    """
    from newsletter.usecases.differences import since_approval, since_issue

    workspace = opened(folder)
    if other is None:
        found = since_approval(workspace, issue)
        print_json(found) if json_ else _print_since_approval(found)
        return
    against = since_issue(workspace, issue, other)
    if json_:
        print_json(against.words)
        return
    _print_words(against.words, f"“{issue}” and “{other}” have the same words.")


def _print_since_approval(found: SinceApproval) -> None:
    approval = found.approval
    click.echo(f"Approved {moment(approval.at)} by {plain(approval.by)}: {approval.digest[:12]}")
    if found.words is None:
        click.echo("What was approved was not kept here, so its words cannot be compared.")
    else:
        _print_words(found.words, "Not a word has changed.")
    if found.parts:
        click.echo(f"Renders otherwise now: {', '.join(found.parts)}")
    else:
        click.echo("It renders the same bytes as approved.")


def _print_words(words: Difference, same: str) -> None:
    if not words:
        click.echo(same)
        return
    for passage in words.passages:
        click.echo(_line(passage))
    for brief in words.briefs:
        _print_brief(brief)
    click.echo(f"\n{counted(words.same, 'brief')} without a change")


def _print_brief(brief: BriefDifference) -> None:
    came = f" from {plain(brief.was_in)}" if brief.was_in else ""
    fates = " and ".join(brief.fates)
    click.echo(
        f"\n{click.style(plain(brief.headline), bold=True)}"
        f"\n  {fates}{came}, in {plain(brief.section)}"
    )
    for passage in brief.passages:
        click.echo(f"  {_line(passage)}")


def _line(passage: Passage) -> str:
    return f"{plain(passage.name)}: {' '.join(map(_shown, passage.runs))}"


def _shown(run: Run) -> str:
    return click.style(SHOWN[run.mark].format(plain(run.text).strip()), fg=COLOURS.get(run.mark))
