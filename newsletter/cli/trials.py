"""`doctor --live`: the trials of a real SendGrid account, one after the other, with a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import moment, print_table
from newsletter.usecases import live
from newsletter.usecases.trials import TRIALS

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.usecases.live import Record
    from newsletter.usecases.trials import Trial


def run_trials(workspace: Workspace, given: tuple[str, ...]) -> bool:
    """Begin what was not begun, ask what is due, show where all stands; whether all passed."""
    to = live.mailboxes(given)
    known = live.records(workspace)
    for trial in TRIALS:
        record = known.get(trial.code)
        if record is None:
            click.echo(f"\n{click.style(trial.code, bold=True)}  {trial.title}\n    {trial.does}")
            if click.confirm("    Now?", default=True):
                record = live.begin(workspace, trial, to)
                click.echo(f"    SendGrid: {record.told}")
        if record is not None and record.passed is None:
            _ask(workspace, trial, record)
    return _show(workspace)


def _ask(workspace: Workspace, trial: Trial, record: Record) -> None:
    """Have a person look, where there is something to see by now."""
    if workspace.clock.now() < record.ask_at:
        click.echo(f"    To see after {moment(record.ask_at)}: {trial.look}")
        return
    click.echo(f"\n{click.style(trial.code, bold=True)}  {trial.look}")
    seen = click.prompt("    Is it so?", type=click.Choice(["yes", "no", "later"]))
    if seen != "later":
        note = click.prompt("    Note", default="", show_default=False)
        live.answer(workspace, record, passed=seen == "yes", note=note)


def _show(workspace: Workspace) -> bool:
    known = live.records(workspace)
    print_table(
        "Live trials",
        ("trial", "state", "question", "SendGrid told", "note"),
        (
            (
                trial.code,
                _state(known.get(trial.code)),
                trial.title,
                known[trial.code].told if trial.code in known else "",
                known[trial.code].note if trial.code in known else "",
            )
            for trial in TRIALS
        ),
    )
    return all(trial.code in known and known[trial.code].passed for trial in TRIALS)


def _state(record: Record | None) -> str:
    if record is None:
        return "not begun"
    if record.passed is None:
        return f"to see after {moment(record.ask_at)}"
    return "passed" if record.passed else "failed"
