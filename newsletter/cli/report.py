"""The verb of whoever wants to know how it went: report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import Day, as_json, opened, pass_folder, print_json

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from newsletter.domain.report import IssueReport
    from newsletter.domain.trends import Trends


@click.command()
@click.argument("issue", required=False)
@click.option("--csv", "csv_", is_flag=True, help="Print one figure a line, for spreadsheets.")
@click.option(
    "--since",
    type=Day(),
    metavar="DAY",
    help="How far back, without an issue; half a year if it is not given.",
)
@as_json
@pass_folder
def report(
    folder: Path, issue: str | None, csv_: bool, since: datetime | None, json_: bool
) -> None:
    """Show how an issue did, or all of them.

    What became of the mails of an issue and what its readers did; without one, lists, readers,
    sources, sections and mailbox providers over time.

    Opens and clicks are told apart: by a human, by a machine, or unsure. They are of readers who
    agreed to be counted; what fewer than five of a group did is withheld.

    \b
    Examples:
      newsletter report 2026-11-27
      newsletter report 2026-11-27 --csv > report.csv
      newsletter report --since 2026-09-01
    """
    from datetime import UTC

    from newsletter.usecases import reporting

    if json_ and csv_:
        raise click.UsageError("--json and --csv exclude each other")
    if issue is not None and since is not None:
        raise click.UsageError("--since is for reports across issues; leave the issue out")
    workspace = opened(folder)
    found: IssueReport | Trends
    if issue is not None:
        found = reporting.report(workspace, issue)
    else:
        found = reporting.trends(workspace, since=since and since.replace(tzinfo=UTC))
    if json_:
        print_json(found)
    elif csv_:
        click.echo(reporting.as_csv(found), nl=False)
    else:
        _print(found)


def _print(found: IssueReport | Trends) -> None:
    from newsletter.cli.issue_tables import print_issue
    from newsletter.cli.trend_tables import print_trends
    from newsletter.domain.report import IssueReport

    if isinstance(found, IssueReport):
        print_issue(found)
    else:
        print_trends(found)
    click.echo("\n".join(found.method))
