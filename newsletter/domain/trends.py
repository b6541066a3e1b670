"""What readers did across issues, as figures; what is told of whom is as in `domain.report`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from newsletter.domain.report import Complaints, ProviderLine


@dataclass(frozen=True, slots=True)
class Week:
    """A list in one week, which begins on that Monday (UTC): who came, who left, who was lost to
    bounces, complaints and the like, and how many were on it at the week's end.
    """

    list_key: str
    monday: date
    joined: int
    left: int
    lost: int
    size: int

    @property
    def churn(self) -> float:
        """The share of those at the week's start who are not there at its end, 0 to 1."""
        before = self.size - self.joined + self.left + self.lost
        return (self.left + self.lost) / before if before > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Cohort:
    """Readers who joined in one month (or up to a `last` one, where those of a single month are too
    few), in the last issues: mails delivered to those who consented to be counted, and how many of
    these mails a human opened and clicked. Counts of mails; months by their first day.
    """

    month: date
    last: date
    delivered: int
    opened: int | None
    clicked: int | None


@dataclass(frozen=True, slots=True)
class Interest:
    """What readers make of a source or section, over the last issues: the briefs (a section's
    issues) that ran, to how many delivered mails, and how many mails had a human click on it.

    `weight` is what ranking may multiply by: 1 is as clicked as others, 0.5 to 2; near 1 with
    little known.
    """

    name: str
    runs: int
    delivered: int
    clicked: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class IssueLine:
    """One issue among others: mails delivered, and the shares (0 to 1) of `Compared`."""

    issue: str
    at: datetime
    delivered: int
    bounced: float | None
    opened: float | None
    clicked: float | None
    complained: float | None
    unsubscribed: float | None


@dataclass(frozen=True, slots=True)
class SilentIssue:
    """A campaign that ended a day ago or longer, and of which nothing at all was reported."""

    issue: str
    audience: str
    submitted: int
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Trends:
    """What runs across issues. Weeks are by list and in order; issues and provider lines the oldest
    first; interests the most clicked first. `mailboxes` are the provider lines of all issues.
    """

    at: datetime
    since: datetime
    issues: tuple[IssueLine, ...]
    weeks: tuple[Week, ...]
    cohorts: tuple[Cohort, ...]
    sources: tuple[Interest, ...]
    sections: tuple[Interest, ...]
    providers: tuple[ProviderLine, ...]
    mailboxes: tuple[ProviderLine, ...]
    complaints: tuple[Complaints, ...]
    silent: tuple[SilentIssue, ...]
    method: tuple[str, ...]
