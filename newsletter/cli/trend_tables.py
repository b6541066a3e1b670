"""What runs across issues as tables in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.issue_tables import print_providers
from newsletter.cli.output import moment, print_table
from newsletter.reports.drawn import counted, percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from newsletter.domain.trends import Interest, IssueLine, Trends


def print_trends(found: Trends) -> None:
    """All of it but the method."""
    _print_issues(found.issues)
    _print_weeks(found)
    if found.cohorts:
        print_table(
            "Readers by the month they joined, over the last issues (mails)",
            ("joined", "delivered", "opened", "clicked"),
            (
                (
                    _months(one.month, one.last),
                    one.delivered,
                    counted(one.opened),
                    counted(one.clicked),
                )
                for one in found.cohorts
            ),
        )
    _print_interests("Sources", found.sources)
    _print_interests("Sections", found.sections)
    print_providers(found.mailboxes)
    for silent in found.silent:
        click.echo(
            f"Silent: nothing was reported of {silent.submitted:,} mails of {silent.issue} to "
            f"{silent.audience} since {moment(silent.ended_at)}."
        )


def _print_issues(issues: Sequence[IssueLine]) -> None:
    if not issues:
        click.echo("No issue was sent since then.")
        return
    print_table(
        "Issues",
        ("issue", "delivered", "bounced", "opened", "clicked", "left", "complaints"),
        (
            (
                one.issue,
                one.delivered,
                percent(one.bounced),
                percent(one.opened),
                percent(one.clicked),
                percent(one.unsubscribed),
                percent(one.complained),
            )
            for one in issues
        ),
    )


def _print_weeks(found: Trends) -> None:
    if found.weeks:
        print_table(
            f"Lists since {found.since:%Y-%m-%d}, by week",
            ("list", "week of", "joined", "left", "lost", "size", "churn"),
            (
                (week.list_key, week.monday, week.joined, week.left, week.lost, week.size,
                 percent(week.churn))
                for week in found.weeks
            ),
        )  # fmt: skip


def _print_interests(title: str, interests: tuple[Interest, ...]) -> None:
    if interests:
        print_table(
            f"{title}, over the last issues (mails)",
            ("what", "ran", "delivered", "clicked", "weight"),
            (
                (one.name, one.runs, one.delivered, counted(one.clicked), f"{one.weight:.2f}")
                for one in interests
            ),
        )


def _months(first: date, last: date) -> str:
    return f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} to {last:%Y-%m}"
