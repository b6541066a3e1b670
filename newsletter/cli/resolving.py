"""The verb by which a person decides what nobody can prove: resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    by,
    moment,
    opened,
    pass_folder,
    print_json,
    print_table,
    typed,
)
from newsletter.domain.prose import counted
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.usecases.resolving import Case

WORDS = ("submitted", "resend", "cancel")


@click.command()
@click.argument("issue")
@click.option("--list", "list_key", help="The campaign to this list.")
@click.option("--segment", help="The campaign to this segment.")
@click.option("--batch", type=click.IntRange(0), help="Decide on this batch.")
@click.option("--as", "word", type=click.Choice(WORDS), help="What it is from now on.")
@click.option("--why", help="For the log: what you looked at.")
@by
@as_json
@pass_folder
def resolve(
    folder: Path,
    issue: str,
    list_key: str | None,
    segment: str | None,
    batch: int | None,
    word: str | None,
    why: str | None,
    by: str,
    json_: bool,
) -> None:
    """List the batches in doubt, or decide on one.

    The list says what was looked for.

    `submitted`: the provider took it. `resend`: it goes again, and who got it gets it twice.
    `cancel`: nobody of it is mailed. The decision is logged with who, when and why.

    \b
    Examples:
      newsletter resolve 2026-11-27
      newsletter resolve 2026-11-27 --batch 3 --as submitted --why "Activity shows 40 of them"
    """
    from newsletter.usecases import resolving
    from newsletter.usecases.control import Choice

    workspace = opened(folder)
    choice = Choice(issue, list_key, segment, every=True)
    found = resolving.cases(workspace, choice)
    if batch is None:
        print_json(found) if json_ else _print_cases(issue, found)
        return
    if word is None or not (why or "").strip():
        raise click.UsageError("a decision needs --as and --why")
    if word == "resend":
        typed("resend", f"Up to {_people(found, batch)} may get it twice.")
    campaign = resolving.resolve(
        workspace,
        choice,
        batch=batch,
        decision=resolving.Decision(word),
        by=by,
        why=(why or "").strip(),
    )
    if json_:
        print_json(campaign)
        return
    click.echo(f"Batch {batch}: {word}, by the word of {by}; the campaign is {campaign.state}.")
    if word == "resend":
        click.echo(f"`newsletter send {issue}` sends it again.")


def _people(cases: tuple[Case, ...], batch: int) -> str:
    for case in cases:
        for doubt in case.doubts:
            if doubt.sequence == batch:
                return counted(doubt.recipients, "person", "people")
    raise NewsletterError(f"batch {batch} is not in doubt; `newsletter resolve` lists all")


def _print_cases(issue: str, cases: tuple[Case, ...]) -> None:
    if not cases:
        click.echo("Nothing is in doubt.")
        return
    for case in cases:
        print_table(
            f"{issue} to {case.campaign.audience}: in doubt",
            ("batch", "people", "subject", "tried", "state", "since", "because", "attempt"),
            (
                (
                    doubt.sequence,
                    doubt.recipients,
                    doubt.subject,
                    moment(doubt.tried_at),
                    doubt.state,
                    moment(doubt.since),
                    doubt.reason,
                    doubt.attempt,
                )
                for doubt in case.doubts
            ),
        )
        click.echo(_looked_for(case))
    click.echo(
        f"Decide with `newsletter resolve {issue} --batch N --as submitted|resend|cancel "
        "--why TEXT`."
    )


def _looked_for(case: Case) -> str:
    """What was looked for, and how much its absence says."""
    events = (
        f"Looked for events that name the attempts: none. Of {case.submitted:,} mails of this "
        f"campaign that were submitted, events report on {case.reported:,}"
    )
    silent = case.submitted and not case.reported
    meaning = "; so no event proves nothing here." if silent or not case.submitted else "."
    asked = (
        "The provider is asked about one of them at a time, once it is ten minutes old: nothing "
        "was found so far."
        if case.asked
        else "The provider cannot be asked (sending.sendgrid.activity)."
    )
    return f"{events}{meaning}\n{asked}"
