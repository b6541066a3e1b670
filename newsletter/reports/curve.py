"""How readers came in the first hours, and how an issue stands beside the last ones. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from newsletter.domain.report import FEWEST, HOURS, Compared, Step
from newsletter.domain.tally import Measure
from newsletter.domain.trends import IssueLine
from newsletter.reports.withhold import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.domain.report import Verdict
    from newsletter.reports.sums import Sums


def steps(hours: Mapping[str, int], began_at: datetime) -> tuple[Step, ...]:
    """From people by the hour of the day (2026-11-27T10, UTC) to the curve since the first mail."""
    counted = [0] * (HOURS + 1)
    late = 0
    for hour, people in hours.items():
        moment = datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC)
        place = max((moment - _hour(began_at)) // timedelta(hours=1) + 1, 1)
        if place > HOURS:
            late += people
        else:
            counted[place] += people
    return _large_enough(counted, late)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _large_enough(counted: Sequence[int], late: int) -> tuple[Step, ...]:
    told: list[Step] = []
    before = people = 0
    for hour, more in enumerate(counted):
        people += more
        if people - before >= FEWEST:
            told.append(Step(hour, people))
            before = people
    if told and 0 < people + late - before < FEWEST:
        told.pop()  # or the total would tell of those few who came after it
    return tuple(told)


@dataclass(frozen=True, slots=True)
class Standings:
    """What is compared of one issue: each a count, and of how many."""

    parts: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, sums: Sums, unsubscribed: int, human: Verdict) -> Standings:
        """From the sums of all campaigns of an issue."""
        reported = sums.reported
        delivered = sums.total(Measure.DELIVERED)
        consenting = sums.total(Measure.COHORT_DELIVERED)
        return cls(
            {
                "delivered": (delivered, reported),
                "bounced": (sums.total(Measure.BOUNCED), reported),
                "opened": (sums.by(Measure.OPENED).get(human, 0), consenting),
                "clicked": (sums.by(Measure.CLICKED).get(human, 0), consenting),
                "complained": (sums.total(Measure.COMPLAINED), delivered),
                "unsubscribed": (unsubscribed, delivered),
            }
        )

    def share(self, measure: str) -> float | None:
        """0 to 1, None where it is withheld or there is nothing to divide by."""
        count, of = self.parts[measure]
        personal = measure in ("opened", "clicked")
        if not of or (personal and shown(count) is None):
            return None
        return min(count / of, 1.0)


def issue_line(issue: str, at: datetime, one: Standings) -> IssueLine:
    """An issue as one among others."""
    return IssueLine(
        issue=issue,
        at=at,
        delivered=one.parts["delivered"][0],
        bounced=one.share("bounced"),
        opened=one.share("opened"),
        clicked=one.share("clicked"),
        complained=one.share("complained"),
        unsubscribed=one.share("unsubscribed"),
    )


def compared(one: Standings, earlier: Sequence[Standings]) -> tuple[Compared, ...]:
    """Each share of an issue beside those of earlier ones."""
    return tuple(
        _compared(measure, one.share(measure), [other.share(measure) for other in earlier])
        for measure in one.parts
    )


def _compared(measure: str, value: float | None, others: Sequence[float | None]) -> Compared:
    known = [share for share in others if share is not None]
    if not known:
        return Compared(measure, value, None, None, None, 0)
    return Compared(measure, value, median(known), min(known), max(known), len(known))
