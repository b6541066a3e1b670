"""An issue's report as tables in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import moment, print_table
from newsletter.cli.watching import print_trial
from newsletter.domain.report import MOST_COMPLAINTS, WARN_COMPLAINTS
from newsletter.reports.drawn import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.domain.correction import Correction
    from newsletter.domain.report import Group, IssueReport, Place, ProviderLine, Shares

_REPORTED = ("delivered", "deferred", "bounced", "dropped", "accepted", "silent")
_TITLES = {
    "accepted": "accepted, not heard of since",
    "silent": "not reported on",
}


def print_issue(found: IssueReport) -> None:
    """All of it but the method."""
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
            *((f"  {reason or 'no reason told'}", counted(count))
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
    if len(found.lists) < len(found.audiences):
        _print_groups("Lists", found.lists)
    _print_groups("Audiences", found.audiences)
    _print_groups("Versions", found.versions)
    print_providers(found.providers)
    _print_counts("Why mails bounced", found.bounces_by_cause)
    _print_counts("Where mails bounced", found.bounces_by_domain, nameless="all others")
    _print_corrections(found.corrections)
    for trial in found.trials:
        print_trial(found.issue, trial)
    for concern in found.concerns:
        click.echo(f"Events: {concern}.")


def print_providers(lines: Iterable[ProviderLine]) -> None:
    """Mailbox providers, with the shares of complaints to stay below."""
    rows = [
        (line.provider, line.delivered, line.deferred, line.bounced, line.dropped,
         counted(line.complained), percent(line.complaints), line.level)
        for line in lines
    ]  # fmt: skip
    if rows:
        print_table(
            f"Mailbox providers (complaints: stay below {WARN_COMPLAINTS:.1%}, "
            f"never reach {MOST_COMPLAINTS:.1%})",
            ("provider", "delivered", "deferred", "bounced", "dropped", "complained", "share", ""),
            rows,
        )


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
    return "; ".join(f"{words}: {counted(count)}" for words, count in counts.items())


def _print_compared(found: IssueReport) -> None:
    print_table(
        "Beside the last issues",
        ("share", "this one", "median", "range", "issues"),
        (
            (
                one.measure,
                percent(one.value),
                percent(one.median),
                f"{percent(one.least)} – {percent(one.greatest)}" if one.issues else "–",
                one.issues,
            )
            for one in found.comparison
        ),
    )


def _print_places(title: str, places: Iterable[Place]) -> None:
    rows = [
        (place.page or place.headline or place.section, *_columns(place.people),
         counted(place.anonymous))
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
                counted(group.complained),
                counted(group.unsubscribed),
                counted(group.opened.human),
                counted(group.clicked.human),
            )
            for group in groups
        ),
    )


def _print_corrections(corrections: Iterable[Correction]) -> None:
    rows = [
        (moment(one.at), one.kind, one.before, one.after if one.kind == "link" else "mailed",
         one.actor)
        for one in corrections
    ]  # fmt: skip
    if rows:
        print_table("Corrections", ("when", "what", "was", "is now", "by"), rows)


def _print_counts(title: str, counts: Mapping[str, int], *, nameless: str = "") -> None:
    if counts:
        rows = ((name or nameless, count) for name, count in counts.items())
        print_table(title, ("what", "mails"), rows)


def _columns(shares: Shares) -> tuple[int | str, ...]:
    return tuple(counted(count) for count in (shares.human, shares.unsure, shares.machine))
