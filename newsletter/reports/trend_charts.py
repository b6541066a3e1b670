"""The charts of what runs across issues, each with its table. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.report import MOST_COMPLAINTS, WARN_COMPLAINTS
from newsletter.reports.charts import Bar, Caption, Line, Threshold, bar_chart, line_chart
from newsletter.reports.drawn import Drawn, counted, percent, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.domain.report import Cohort, Interest, Trends, Week

MOST_BARS = 15
"""Bars in one chart; the table has all of them."""

MARKS = 6
"""Words below the x axis; more would run into one another."""


def sizes(trends: Trends) -> Drawn:
    """How many were on each list, week by week."""
    told = _since_the_first(trends.weeks)
    weeks = sorted({week.monday for week in told})
    lists = list(dict.fromkeys(week.list_key for week in told))
    lines = [
        Line(
            key,
            tuple(
                (float(weeks.index(one.monday)), float(one.size))
                for one in told
                if one.list_key == key
            ),
        )
        for key in lists
    ]
    caption = Caption(
        "sizes", "People on the lists", f"Week by week, for {', '.join(lists) or 'no list'}."
    )
    svg = line_chart(
        caption, lines, across=_marks([f"{day:%d %b}" for day in weeks]),
        tell=lambda value: f"{value:,.0f}", whole=True,
    )  # fmt: skip
    rows = tuple(
        (
            f"{one.monday}",
            one.list_key,
            *(f"{count:,}" for count in (one.joined, one.left, one.lost, one.size)),
            percent(one.churn),
        )
        for one in told
    )
    columns = ("week of", "list", "joined", "left", "lost", "size", "churn")
    return Drawn("sizes", caption.title, svg, columns, rows)


def cohorts(trends: Trends) -> Drawn:
    """Of the mails to those who joined in a month, which share a human opened and clicked."""
    months = trends.cohorts
    shares = {
        "opened": [share_of(one.opened, one.delivered) for one in months],
        "clicked": [share_of(one.clicked, one.delivered) for one in months],
    }
    lines = [
        Line(name, tuple((float(x), y) for x, y in enumerate(values) if y is not None))
        for name, values in shares.items()
    ]
    caption = Caption(
        "cohorts", "Readers by the month they joined",
        "The share of recent mails that readers who joined in each month opened and clicked.",
    )  # fmt: skip
    names = [_months(one) for one in months]
    svg = line_chart(caption, lines, across=_marks(names), tell=percent)
    rows = tuple(
        (name, f"{one.delivered:,}", counted(one.opened), counted(one.clicked))
        for name, one in zip(names, months, strict=True)
    )
    return Drawn("cohorts", caption.title, svg, ("joined", "mails", "opened", "clicked"), rows)


def complaints(trends: Trends) -> Drawn:
    """The share of complaints at each mailbox provider, issue by issue, with the thresholds."""
    issues = list(dict.fromkeys(line.issue for line in trends.providers))
    providers = list(dict.fromkeys(line.provider for line in trends.providers))
    lines = [
        Line(
            name,
            tuple(
                (float(issues.index(one.issue)), one.complaints)
                for one in trends.providers
                if one.provider == name
            ),
        )
        for name in providers
    ]
    warn, most = percent(WARN_COMPLAINTS), percent(MOST_COMPLAINTS)
    caption = Caption(
        "complaints", "Complaints by mailbox provider",
        f"The share of delivered mails called spam, issue by issue. Stay below {warn}; "
        f"from {most} on, Gmail and Yahoo refuse bulk mail.",
    )  # fmt: skip
    svg = line_chart(
        caption, lines, across=_marks(issues), tell=percent,
        thresholds=(
            Threshold(f"stay below {warn}", WARN_COMPLAINTS),
            Threshold(f"never {most}", MOST_COMPLAINTS),
        ),
    )  # fmt: skip
    rows = tuple(
        (
            one.issue,
            one.provider,
            *(f"{count:,}" for count in (one.delivered, one.deferred, one.bounced, one.dropped)),
            f"{one.complained:,}",
            percent(one.complaints),
        )
        for one in trends.providers
    )
    columns = (
        "issue", "provider", "delivered", "deferred", "bounced", "dropped", "complaints", "share",
    )  # fmt: skip
    return Drawn("complaints", caption.title, svg, columns, rows)


def interests(
    key: str, title: str, found: Sequence[Interest], names: Mapping[str, str] | None = None
) -> Drawn:
    """Of the mails with a source or section in them, which share had a click on it; `names` has
    titles for what goes by a key.
    """
    titles = names or {}
    shares = [
        (titles.get(one.name, one.name), one, share_of(one.clicked, one.delivered)) for one in found
    ]
    bars = [Bar(name, (share or 0.0,), percent(share)) for name, _, share in shares[:MOST_BARS]]
    caption = Caption(
        f"interests-{key}", title, "The share of delivered mails with a click, the greatest first: "
        + (", ".join(f"{bar.name} {bar.figure}" for bar in bars[:5]) or "none yet") + ".",
    )  # fmt: skip
    rows = tuple(
        (
            name,
            f"{one.runs:,}",
            f"{one.delivered:,}",
            counted(one.clicked),
            percent(share),
            f"{one.weight:.2f}",
        )
        for name, one, share in shares
    )
    columns = (key, "ran", "mails", "clicked", "share", "weight")
    return Drawn(caption.key, title, bar_chart(caption, bars), columns, rows)


def _since_the_first(weeks: Sequence[Week]) -> list[Week]:
    """Without the weeks before anybody was on any list."""
    first = min(
        (week.monday for week in weeks if week.size or week.left or week.lost), default=None
    )
    return [week for week in weeks if first is not None and week.monday >= first]


def _months(one: Cohort) -> str:
    first, last = f"{one.month:%b %Y}", f"{one.last:%b %Y}"
    return first if first == last else f"{first} – {last}"


def _marks(names: Sequence[str]) -> list[tuple[float, str]]:
    """Names below their places, evenly thinned out, the last among them."""
    step = -(-len(names) // MARKS) or 1
    last = len(names) - 1
    return [(float(at), name) for at, name in enumerate(names) if (last - at) % step == 0]
