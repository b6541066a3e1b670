"""The few figures of an issue that everybody asks for first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from newsletter.reports.drawn import counted, percent

if TYPE_CHECKING:
    from newsletter.domain.report import IssueReport


class Figure(NamedTuple):
    """How many people, their share, and the median share of earlier issues, as they are written."""

    name: str
    people: str
    share: str
    usually: str


def glance(report: IssueReport) -> tuple[Figure, ...]:
    """Opened and clicked are human, and shares of those who consented to be counted."""
    shares = {one.measure: one for one in report.comparison}
    counts = {
        "delivered": report.delivered,
        "opened": report.opened.human,
        "clicked": report.clicked.human,
        "unsubscribed": report.unsubscribed,
        "complained": report.complained,
        "bounced": report.bounced,
    }
    return tuple(
        Figure(
            name,
            counted(count),
            percent(shares[name].value if name in shares else None),
            percent(shares[name].median if name in shares else None),
        )
        for name, count in counts.items()
    )
