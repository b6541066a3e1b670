"""The verb of whoever wants to know how it went: report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import as_json, moment, opened, pass_folder, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from newsletter.domain.report import (
        Group,
        Interest,
        IssueReport,
        Place,
        ProviderLine,
        Shares,
        Trends,
    )

WITHHELD = "under 5"

_REPORTED = ("delivered", "deferred", "bounced", "dropped", "accepted", "silent")
_TITLES = {
    "accepted": "accepted, not heard of since",
    "silent": "not reported on",
}


@click.command()
@click.argument("issue", required=False)
@click.option("--csv", "csv_", is_flag=True, help="Print one figure a line, for spreadsheets.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
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
    agreed to be counted; nothing is told of fewer than five.

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
    from newsletter.domain.report import IssueReport

    if isinstance(found, IssueReport):
        _print_issue(found)
    else:
        _print_trends(found)
    click.echo("\n".join(found.method))


def _print_issue(found: IssueReport) -> None:
    print_table(
        f"{found.issue}, begun {moment(found.began_at)}",
        ("what", "people"),
        [
            ("candidates", found.candidates),
            *((f"excluded: {reason}", count) for reason, count in found.excluded.items()),
            ("submitted", found.submitted),
            *((f"  {_TITLES.get(name, name)}", getattr(found, name)) for name in _REPORTED),
            ("complained", found.complained),
            ("unsubscribed", found.unsubscribed),
            *((f"  {reason or 'no reason told'}", _told(count))
              for reason, count in found.left_because.items()),
            ("delivered to readers who agreed to be counted", found.consenting),
        ],
    )  # fmt: skip
    _print_shares(found)
    _print_compared(found)
    for title, places in (
        ("Sections", found.sections), ("Briefs", found.briefs), ("Links", found.links),
    ):  # fmt: skip
        _print_places(title, places)
    _print_groups("Audiences", found.audiences)
    _print_groups("Versions", found.versions)
    _print_providers(found.providers)
    _print_counts("Why mails bounced", found.bounces_by_cause)
    _print_counts("Where mails bounced", found.bounces_by_domain, nameless="all others")
    for concern in found.concerns:
        click.echo(f"Events: {concern}.")


def _print_shares(found: IssueReport) -> None:
    print_table(
        "Readers (counted one by one), and what all others did",
        ("what", "human", "unsure", "machine", "because"),
        (
            (what, *_columns(shares), _because(shares))
            for what, shares in (
                ("opened", found.opened),
                ("clicked", found.clicked),
                ("opens of others", found.opens),
                ("clicks of others", found.clicks),
            )
        ),
    )


def _because(shares: Shares) -> str:
    counts = shares.because or {}
    return "; ".join(f"{words}: {_told(count)}" for words, count in counts.items())


def _print_compared(found: IssueReport) -> None:
    print_table(
        "Beside the last issues",
        ("share", "this one", "median", "range", "issues"),
        (
            (
                one.measure,
                _percent(one.value),
                _percent(one.median),
                f"{_percent(one.least)} – {_percent(one.greatest)}" if one.issues else "–",
                one.issues,
            )
            for one in found.comparison
        ),
    )


def _print_places(title: str, places: Iterable[Place]) -> None:
    rows = [
        (place.url or place.headline or place.section, *_columns(place.people),
         _told(place.anonymous))
        for place in places
    ]  # fmt: skip
    if rows:
        print_table(title, ("what", "human", "unsure", "machine", "clicks of others"), rows)


def _print_groups(title: str, groups: tuple[Group, ...]) -> None:
    if len(groups) < 2:
        return
    print_table(
        title,
        ("who", "mailed", "delivered", "bounced", "complained", "left", "opened", "clicked"),
        (
            (
                group.name or "all others",
                group.deliveries,
                group.delivered,
                group.bounced,
                group.complained,
                _told(group.unsubscribed),
                _told(group.opened.human),
                _told(group.clicked.human),
            )
            for group in groups
        ),
    )


def _print_providers(lines: Iterable[ProviderLine]) -> None:
    from newsletter.domain.report import MOST_COMPLAINTS, WARN_COMPLAINTS

    rows = [
        (line.issue, line.provider, line.delivered, line.deferred, line.bounced, line.dropped,
         _percent(line.complaints, places=2),
         "too many" if line.complaints >= MOST_COMPLAINTS
         else "near the limit" if line.complaints >= WARN_COMPLAINTS else "")
        for line in lines
    ]  # fmt: skip
    if rows:
        print_table(
            f"Mailbox providers (complaints: stay below {WARN_COMPLAINTS:.1%}, "
            f"never reach {MOST_COMPLAINTS:.1%})",
            ("issue", "provider", "delivered", "deferred", "bounced", "dropped", "complaints", ""),
            rows,
        )


def _print_counts(title: str, counts: Mapping[str, int], *, nameless: str = "") -> None:
    if counts:
        rows = ((name or nameless, count) for name, count in counts.items())
        print_table(title, ("what", "mails"), rows)


def _print_trends(found: Trends) -> None:
    print_table(
        f"Lists since {found.since:%Y-%m-%d}, by week",
        ("list", "week of", "joined", "left", "lost", "size", "churn"),
        (
            (week.list_key, week.monday, week.joined, week.left, week.lost, week.size,
             _percent(week.churn, places=2))
            for week in found.weeks
        ),
    )  # fmt: skip
    if found.cohorts:
        print_table(
            "Readers by the month they joined, over the last issues (mails)",
            ("joined", "delivered", "opened", "clicked"),
            (
                (_months(one.month, one.last), one.delivered, _told(one.opened), _told(one.clicked))
                for one in found.cohorts
            ),
        )
    _print_interests("Sources", found.sources)
    _print_interests("Sections", found.sections)
    _print_providers(found.providers)
    for silent in found.silent:
        click.echo(
            f"Silent: nothing was reported of {silent.submitted:,} mails of {silent.issue} to "
            f"{silent.audience} since {moment(silent.ended_at)}."
        )


def _print_interests(title: str, interests: tuple[Interest, ...]) -> None:
    if interests:
        print_table(
            f"{title}, over the last issues (mails)",
            ("what", "ran", "delivered", "clicked", "weight"),
            (
                (one.name, one.runs, one.delivered, _told(one.clicked), f"{one.weight:.2f}")
                for one in interests
            ),
        )


def _columns(shares: Shares) -> tuple[int | str, ...]:
    return tuple(_told(count) for count in (shares.human, shares.unsure, shares.machine))


def _told(count: int | None) -> int | str:
    return WITHHELD if count is None else count


def _percent(share: float | None, *, places: int = 1) -> str:
    return "–" if share is None else f"{share:.{places}%}"


def _months(first: date, last: date) -> str:
    return f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} to {last:%Y-%m}"
