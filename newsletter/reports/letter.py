"""The report of an issue as a mail: a chart of table cells, for mail programs drop SVG. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from newsletter.domain.correction import CorrectionKind
from newsletter.reports.glance import glance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.domain.correction import Correction
    from newsletter.domain.report import IssueReport, Place, Step

WIDTH = 100
"""Percent of the row that the longest bar fills."""

MOST_BRIEFS = 8
_HOURS = (1, 2, 3, 6, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class Letter:
    """Both parts of a mail."""

    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A bar: what it is of, what is written behind it, and its length in percent of the longest."""

    name: str
    figure: str
    length: int


def letter(report: IssueReport, *, title: str, publication: str) -> Letter:
    """What readers did with an issue until now, for its editors; `title` is its subject."""
    known = {
        "report": report,
        "title": title,
        "publication": publication,
        "figures": glance(report),
        "hours": hours(report.clicked_by_hour),
        "briefs": briefs(report.briefs),
        "corrected": corrected,
    }
    templates = _templates()
    html = templates.get_template("report.html.j2").render(known)
    return Letter(html, templates.get_template("report.txt.j2").render(known))


def corrected(one: Correction) -> str:
    """What was put right, and when, in a sentence."""
    day = f"Corrected on {one.at:%Y-%m-%d}:"
    if one.kind is CorrectionKind.LINK:
        return f"{day} the link to {one.before} leads to {one.after} now."
    return f"{day} “{one.before}”, by a mail to those who received it."


def hours(steps: Sequence[Step]) -> tuple[Row, ...]:
    """How many had clicked by some hours of the first day, as far as the steps tell."""
    told = {hour: [step.people for step in steps if step.hour <= hour] for hour in _HOURS}
    return _rows([(f"after {hour} h", people[-1]) for hour, people in told.items() if people])


def briefs(places: Sequence[Place]) -> tuple[Row, ...]:
    """The most clicked briefs."""
    told = [(one.headline, one.people.human) for one in places if one.people.human]
    return _rows(sorted(told, key=lambda one: -one[1])[:MOST_BRIEFS])


def _rows(found: Sequence[tuple[str, int]]) -> tuple[Row, ...]:
    most = max((count for _, count in found), default=0)
    return tuple(
        Row(name, f"{count:,}", round(WIDTH * count / most) if most else 0) for name, count in found
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("newsletter.reports", "letters"),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
