"""A report as plain rows, one figure each, for spreadsheets. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from newsletter.domain.report import IssueReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.report import Group, Place, ProviderLine, Shares
    from newsletter.domain.trends import Interest, IssueLine, Trends
    from newsletter.domain.trial import TrialStatus

Row = tuple[str, str, str, "float | int | None"]

COLUMNS = ("part", "of", "figure", "value")

_WHOLE = (
    "candidates", "deliveries", "submitted", "delivered", "deferred", "bounced", "dropped",
    "accepted", "silent", "complained", "unsubscribed", "consenting",
)  # fmt: skip
_LINE_SHARES = ("bounced", "opened", "clicked", "complained", "unsubscribed")
_PROVIDER = ("delivered", "deferred", "bounced", "dropped", "complained")


def as_csv(found: IssueReport | Trends) -> str:
    """All figures; those withheld are empty."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for part, of, figure, value in rows_of(found):
        rows.writerow((part, _harmless(of), figure, "" if value is None else value))
    return written.getvalue()


def rows_of(found: IssueReport | Trends) -> Iterator[Row]:
    """Every figure with what it is of."""
    return _issue(found) if isinstance(found, IssueReport) else _trends(found)


def _harmless(text: str) -> str:
    """Spreadsheets take some beginnings for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _issue(report: IssueReport) -> Iterator[Row]:
    for name in _WHOLE:
        yield "issue", report.issue, name, getattr(report, name)
    for deed in ("opened", "clicked", "opens", "clicks"):
        yield from _shares("issue", report.issue, deed, getattr(report, deed))
    for part, counts in (
        ("excluded", report.excluded),
        ("left because", report.left_because),
        ("bounce cause", report.bounces_by_cause),
        ("bounce domain", report.bounces_by_domain),
    ):
        yield from ((part, of, "people", count) for of, count in counts.items())
    yield "issue", report.issue, "corrections", len(report.corrections)
    yield from (row for trial in report.trials for row in _trial(trial))
    yield from (row for line in report.providers for row in _provider(line))
    yield from (row for group in report.lists for row in _group("list", group))
    yield from (row for group in report.audiences for row in _group("audience", group))
    yield from (row for group in report.versions for row in _group("version", group))
    for part, some in (
        ("section", report.sections), ("brief", report.briefs), ("link", report.links),
    ):  # fmt: skip
        yield from (row for place in some for row in _place(part, place))
    for deed, steps in (("opened", report.opened_by_hour), ("clicked", report.clicked_by_hour)):
        yield from (("hour", str(step.hour), f"{deed} by then", step.people) for step in steps)
    for one in report.comparison:
        for figure in ("value", "median", "least", "greatest"):
            yield "compared", one.measure, figure, getattr(one, figure)


def _shares(part: str, of: str, deed: str, shares: Shares) -> Iterator[Row]:
    yield part, of, f"{deed} human", shares.human
    yield part, of, f"{deed} unsure", shares.unsure
    yield part, of, f"{deed} machine", shares.machine


def _trial(trial: TrialStatus) -> Iterator[Row]:
    for place, one in enumerate(trial.subjects, 1):
        yield "subject", one.text, "people", one.mailed
        yield "subject", one.text, trial.measure.value, one.answered
        yield "subject", one.text, "chosen", int(trial.chosen == place)


def _provider(line: ProviderLine) -> Iterator[Row]:
    for name in _PROVIDER:
        yield "provider", f"{line.issue} {line.provider}".strip(), name, getattr(line, name)


def _group(part: str, group: Group) -> Iterator[Row]:
    for name in ("deliveries", "delivered", "bounced", "dropped", "complained", "unsubscribed"):
        yield part, group.name, name, getattr(group, name)
    yield from _shares(part, group.name, "opened", group.opened)
    yield from _shares(part, group.name, "clicked", group.clicked)


def _place(part: str, place: Place) -> Iterator[Row]:
    of = {"section": place.section, "brief": place.headline}.get(part, place.page)
    yield from _shares(part, of, "clicked", place.people)
    yield part, of, "clicks without a person", place.anonymous


def _line(line: IssueLine) -> Iterator[Row]:
    yield "issue", line.issue, "delivered", line.delivered
    for name in _LINE_SHARES:
        yield "issue", line.issue, f"{name} share", getattr(line, name)


def _interest(part: str, interest: Interest) -> Iterator[Row]:
    for name in ("runs", "delivered", "clicked", "weight"):
        yield part, interest.name, name, getattr(interest, name)


def _trends(trends: Trends) -> Iterator[Row]:
    yield from (row for line in trends.issues for row in _line(line))
    for week in trends.weeks:
        for name in ("joined", "left", "lost", "size"):
            yield "week", f"{week.list_key} {week.monday}", name, getattr(week, name)
    for cohort in trends.cohorts:
        for name in ("delivered", "opened", "clicked"):
            yield "joined in", f"{cohort.month:%Y-%m}", name, getattr(cohort, name)
    for part, interests in (("source", trends.sources), ("section", trends.sections)):
        yield from (row for interest in interests for row in _interest(part, interest))
    yield from (row for line in (*trends.providers, *trends.mailboxes) for row in _provider(line))
    for silent in trends.silent:
        yield "silent", f"{silent.issue} {silent.audience}", "submitted", silent.submitted
