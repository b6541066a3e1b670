"""The charts of one issue's report, each with its table. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.report import HOURS
from newsletter.reports.charts import (
    Bar,
    Caption,
    Line,
    Range,
    bar_chart,
    line_chart,
    range_chart,
)
from newsletter.reports.drawn import Drawn, counted, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.domain.report import Compared, IssueReport, Place, Shares, Step

MOST_BARS = 15
"""Bars in one chart; the table has all of them."""

VERDICTS = ("human", "unsure", "machine")
_HOURS = (0, 6, 12, 24, 36, HOURS)


def first_hours(report: IssueReport) -> Drawn:
    """How many had opened and clicked by the end of each hour."""
    curves = {"opened": report.opened_by_hour, "clicked": report.clicked_by_hour}
    told_until = min(HOURS, int((report.at - report.began_at).total_seconds() // 3600))
    lines = [Line(name, _curve(steps, told_until)) for name, steps in curves.items()]
    known = {name: {step.hour: step.people for step in steps} for name, steps in curves.items()}
    hours = sorted({hour for steps in known.values() for hour in steps})
    caption = Caption(
        "hours",
        "The first hours",
        f"People who had opened and clicked by each hour after the first mail; after {HOURS} hours "
        f"{_last(report.opened_by_hour)} had opened and {_last(report.clicked_by_hour)} clicked.",
    )
    svg = line_chart(
        caption,
        lines,
        across=[(hour, f"{hour} h") for hour in _HOURS],
        tell=lambda value: f"{value:,.0f}",
        whole=True,
    )
    rows = [
        (f"{hour} h", *(_at(known[name], hour) for name in ("opened", "clicked"))) for hour in hours
    ]
    return Drawn(
        caption.key, caption.title, svg, ("after", "opened", "clicked"), tuple(rows),
        "Hours in which fewer than five more people came are told with a later one.",
    )  # fmt: skip


def compared(report: IssueReport) -> Drawn:
    """Each share of this issue within those of the last ones."""
    issues = max((one.issues for one in report.comparison), default=0)
    caption = Caption(
        "compared",
        f"Beside the last {issues} issues" if issues else "Beside earlier issues",
        "A dot for this issue, a bar from the least to the greatest of the others, a tick at their "
        "median; each row has a scale of its own.",
    )
    ranges = [
        Range(one.measure, one.value, one.median, one.least, one.greatest, percent(one.value))
        for one in report.comparison
    ]
    columns = ("share", "this issue", "median", "least", "greatest", "issues")
    rows = tuple(_compared(one) for one in report.comparison) if issues else ()
    note = (
        "The dot is this issue, the bar reaches from the least to the greatest of the others, the "
        "tick is their median. Each row has a scale of its own."
    )
    return Drawn(caption.key, caption.title, range_chart(caption, ranges), columns, rows, note)


def clicked(key: str, title: str, places: Sequence[Place], names: Mapping[str, str]) -> Drawn:
    """Who clicked what: `names` has titles of sections."""
    told = [(_name(place, names), place) for place in places]
    bars = [
        Bar(
            _bare(name),
            tuple(count or 0 for count in _parts(place.people)),
            f"{counted(place.people.human)} human",
        )
        for name, place in sorted(told, key=lambda one: -(one[1].people.human or 0))[:MOST_BARS]
        if any(_parts(place.people))
    ]
    caption = Caption(
        f"clicked-{key}", title, "People who clicked, the most clicked first: "
        + (", ".join(f"{bar.name} {bar.figure}" for bar in bars[:5]) or "nobody yet") + ".",
    )  # fmt: skip
    svg = bar_chart(caption, bars, parts=VERDICTS)
    rows = tuple(
        (name, *(counted(count) for count in _parts(place.people)), counted(place.anonymous))
        for name, place in told
    )
    columns = (key, *VERDICTS, "clicks of others")
    return Drawn(caption.key, title, svg, columns, rows)


def told_apart(report: IssueReport) -> tuple[tuple[str, ...], ...]:
    """Who opened and clicked, and by which signs those who are not human were known."""
    lines = {
        "opened": report.opened,
        "clicked": report.clicked,
        "opens of others": report.opens,
        "clicks of others": report.clicks,
    }
    return tuple(
        (name, *(counted(count) for count in _parts(shares)), _because(shares))
        for name, shares in lines.items()
    )


def _because(shares: Shares) -> str:
    signs = shares.because or {}
    return "; ".join(f"{words}: {counted(count)}" for words, count in signs.items())


def bounced(key: str, title: str, counts: Mapping[str, int]) -> Drawn:
    """Bounces by cause or by domain, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    named = [(name or "smaller ones together", count) for name, count in ordered]
    caption = Caption(
        f"bounced-{key}",
        title,
        "Mails that came back: " + ", ".join(f"{name} {count:,}" for name, count in named) + ".",
    )
    bars = [Bar(name, (count,), f"{count:,}") for name, count in named[:MOST_BARS]]
    rows = tuple((name, f"{count:,}") for name, count in named)
    return Drawn(caption.key, title, bar_chart(caption, bars), (key, "bounced"), rows)


def _curve(steps: Sequence[Step], until: int) -> tuple[tuple[float, float], ...]:
    """From nobody, and level from the last step to the hour of the report."""
    points = [(0.0, 0.0), *((float(step.hour), float(step.people)) for step in steps)]
    last, people = points[-1]
    return (*points, (float(until), people)) if steps and until > last else tuple(points)


def _last(steps: Sequence[Step]) -> str:
    return f"{steps[-1].people:,}" if steps else "nobody"


def _at(known: Mapping[int, int], hour: int) -> str:
    """How many by the end of an hour, as far as it was told by then."""
    told = [before for before in known if before <= hour]
    return f"{known[max(told)]:,}" if told else "–"


def _compared(one: Compared) -> tuple[str, ...]:
    shares = (one.value, one.median, one.least, one.greatest)
    return (one.measure, *(percent(share) for share in shares), str(one.issues))


def _parts(people: Shares) -> tuple[int | None, ...]:
    return people.human, people.unsure, people.machine


def _bare(name: str) -> str:
    return name.removeprefix("https://").removeprefix("http://").removeprefix("www.")


def _name(place: Place, names: Mapping[str, str]) -> str:
    if place.number is not None:
        return place.page
    return place.headline or names.get(place.section, place.section) or "outside of sections"
