"""The charts of what runs across issues, each with its table. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.report import MOST_COMPLAINTS, WARN_COMPLAINTS
from newsletter.reports.charts import (
    LEFT,
    RIGHT,
    WIDTH,
    Bar,
    Caption,
    Line,
    Threshold,
    bar_chart,
    line_chart,
)
from newsletter.reports.drawn import Drawn, counted, percent, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.domain.report import Complaints
    from newsletter.domain.trends import Cohort, Interest, Trends

MOST_BARS = 15
"""Bars in one chart; the table has all of them."""

LETTER, GAP = 6.6, 24
"""About how wide a letter below the x axis is, and how far apart words there should be."""


def sizes(trends: Trends) -> Drawn:
    """How many were on each list, week by week."""
    told = trends.weeks
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


def issues(trends: Trends) -> Drawn:
    """The shares of those who could be counted that a human opened and clicked, by issue."""
    found = trends.issues
    shares = {"opened": [one.opened for one in found], "clicked": [one.clicked for one in found]}
    lines = [
        Line(name, tuple((float(x), y) for x, y in enumerate(values) if y is not None))
        for name, values in shares.items()
    ]
    caption = Caption(
        "issues", "Opened and clicked, issue by issue",
        "The share of readers who opened and clicked: "
        + (f"{percent(found[-1].opened)} and {percent(found[-1].clicked)} of {found[-1].issue}."
           if found else "nothing yet."),
    )  # fmt: skip
    svg = line_chart(caption, lines, across=_marks([one.issue for one in found]), tell=percent)
    columns = ("issue", "delivered", "opened", "clicked", "unsubscribed", "complained", "bounced")
    rows = tuple(
        (one.issue, f"{one.delivered:,}", *map(percent, (
            one.opened, one.clicked, one.unsubscribed, one.complained, one.bounced,
        )))
        for one in reversed(found)
    )  # fmt: skip
    return Drawn("issues", caption.title, svg, columns, rows)


def complaints(trends: Trends) -> Drawn:
    """The share of complaints at each mailbox provider over the issues, with the thresholds."""
    slugs = [one.issue for one in trends.issues]
    told = [one for one in trends.complaints if one.share is not None]
    providers = list(dict.fromkeys(one.provider for one in told))
    lines = [
        Line(name, _course([one for one in told if one.provider == name], slugs))
        for name in providers
    ]
    warn, most = percent(WARN_COMPLAINTS), percent(MOST_COMPLAINTS)
    caption = Caption(
        "complaints", "Complaints by mailbox provider",
        f"The share of delivered mails called spam. Stay below {warn}; from {most} on, Gmail and "
        "Yahoo refuse bulk mail.",
    )  # fmt: skip
    svg = line_chart(
        caption, lines, across=_marks(slugs), tell=percent,
        thresholds=(
            Threshold(f"stay below {warn}", WARN_COMPLAINTS),
            Threshold(f"never {most}", MOST_COMPLAINTS),
        ),
    )  # fmt: skip
    rows = tuple(
        (
            one.provider,
            one.first if one.first == one.last else f"{one.first} to {one.last}",
            f"{one.delivered:,}",
            counted(one.complained),
            percent(one.share),
            one.level.value,
        )
        for one in trends.complaints
    )
    columns = ("provider", "issues", "delivered", "complained", "share", "level")
    note = (
        "Issues with fewer than five complaints at a provider are told together with the next. A "
        "provider without a line has too few to tell; its level stands in the table."
    )
    return Drawn("complaints", caption.title, svg, columns, rows, note)


def _course(parts: Sequence[Complaints], slugs: Sequence[str]) -> tuple[tuple[float, float], ...]:
    """Level over the issues that are told together."""
    points: dict[tuple[float, float], None] = {}
    for one in parts:
        for slug in (one.first, one.last):
            points[float(slugs.index(slug)), one.share or 0.0] = None
    return tuple(points)


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


def _months(one: Cohort) -> str:
    first, last = f"{one.month:%b %Y}", f"{one.last:%b %Y}"
    return first if first == last else f"{first} – {last}"


def _marks(names: Sequence[str]) -> list[tuple[float, str]]:
    """Names below their places, evenly thinned out, the last among them."""
    room = (WIDTH - LEFT - RIGHT) / (LETTER * max(map(len, names), default=1) + GAP)
    step = -(-len(names) // max(int(room), 1)) or 1
    last = len(names) - 1
    return [(float(at), name) for at, name in enumerate(names) if (last - at) % step == 0]
