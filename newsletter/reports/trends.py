"""What runs across issues: lists, cohorts of readers, what they care for. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.report import FEWEST
from newsletter.domain.tally import Measure
from newsletter.domain.trends import Cohort, Interest, Week
from newsletter.reports.withhold import parts_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.reports.sums import Sums
    from newsletter.store.growth import Days

LEAST_WEIGHT, MOST_WEIGHT = 0.5, 2.0
"""How much readers' clicks may weigh in the ranking of what is gathered."""

DOUBT = 20
"""Clicks that a source is thought to have had beside its own: with few known, all weigh alike."""


@dataclass(slots=True)
class Runs:
    """Of a source or section: how often it ran, to how many mails, the clicks, and the most people
    who clicked in one issue.
    """

    runs: int = 0
    delivered: int = 0
    clicked: int = 0
    most: int = 0

    def add(self, delivered: int, clicked: int) -> None:
        """It ran once more."""
        self.runs += 1
        self.delivered += delivered
        self.clicked += clicked
        self.most = max(self.most, clicked)


def weeks(
    days: Mapping[str, Days], sizes: Mapping[str, int], *, since: date, until: date
) -> tuple[Week, ...]:
    """Each list's weeks from the Monday `since` on, or the first in which anybody was on a list.
    `sizes` are those of now: earlier ones follow from who came and went since then.
    """
    mondays = [since + timedelta(weeks=n) for n in range((until - since).days // 7 + 1)]
    found = [
        week for key in sorted(sizes) for week in _weeks(key, sizes[key], days.get(key), mondays)
    ]
    peopled = [week.monday for week in found if week.size or week.left or week.lost]
    first = min(peopled, default=None)
    return tuple(week for week in found if first is not None and week.monday >= first)


def _weeks(key: str, size: int, days: Days | None, mondays: Sequence[date]) -> list[Week]:
    came, left, lost = (
        _by_monday(counts) for counts in ((days.came, days.left, days.lost) if days else ({},) * 3)
    )
    found = []
    for monday in reversed(mondays):
        found.append(Week(key, monday, came[monday], left[monday], lost[monday], max(size, 0)))
        size += left[monday] + lost[monday] - came[monday]
    return found[::-1]


def _by_monday(counts: Mapping[date, int]) -> Counter[date]:
    found: Counter[date] = Counter()
    for day, count in counts.items():
        found[day - timedelta(days=day.weekday())] += count
    return found


def cohorts(issues: Sequence[Sums]) -> tuple[Cohort, ...]:
    """Readers by the month they joined, over some issues; months of too few go with the next."""
    groups: list[list[str]] = []
    months = sorted({month for sums in issues for month in sums.by(Measure.COHORT_DELIVERED)})
    for month in months:
        if groups and _people(issues, groups[-1], Measure.COHORT_DELIVERED) < FEWEST:
            groups[-1].append(month)
        else:
            groups.append([month])
    if len(groups) > 1 and _people(issues, groups[-1], Measure.COHORT_DELIVERED) < FEWEST:
        last = groups.pop()
        groups[-1] += last
    opened = _mails_shown(issues, groups, Measure.COHORT_OPENED)
    clicked = _mails_shown(issues, groups, Measure.COHORT_CLICKED)
    return tuple(
        Cohort(
            date.fromisoformat(f"{group[0]}-01"),
            date.fromisoformat(f"{group[-1]}-01"),
            _mails(issues, group, Measure.COHORT_DELIVERED),
            opened[place],
            clicked[place],
        )
        for place, group in enumerate(groups)
    )


def _people(issues: Iterable[Sums], months: Iterable[str], measure: Measure) -> int:
    """At least so many people: the most mails of one issue, which nobody has twice."""
    wanted = set(months)
    return max(
        sum(count for month, count in sums.by(measure).items() if month in wanted)
        for sums in issues
    )


def _mails(issues: Iterable[Sums], months: Iterable[str], measure: Measure) -> int:
    wanted = set(months)
    return sum(
        count for sums in issues for month, count in sums.by(measure).items() if month in wanted
    )


def _mails_shown(
    issues: Sequence[Sums], groups: Sequence[list[str]], measure: Measure
) -> list[int | None]:
    people = parts_shown(
        {place: _people(issues, group, measure) for place, group in enumerate(groups)}
    )
    return [
        None if people[place] is None else _mails(issues, group, measure)
        for place, group in enumerate(groups)
    ]


@dataclass(slots=True)
class Interests:
    """Adds up what sources, or sections, made readers click."""

    found: defaultdict[str, Runs] = field(default_factory=lambda: defaultdict(Runs))

    def add(self, name: str, delivered: int, clicked: int) -> None:
        """It ran once in an issue that was delivered to so many who may be counted."""
        if name and delivered:
            self.found[name].add(delivered, clicked)

    def told(self) -> tuple[Interest, ...]:
        """The most clicked first."""
        people = parts_shown({name: runs.most for name, runs in self.found.items()})
        usual = self._usual()
        told = [
            Interest(
                name,
                runs.runs,
                runs.delivered,
                None if people[name] is None else runs.clicked,
                _weight(runs, usual, withheld=people[name] is None),
            )
            for name, runs in self.found.items()
        ]
        return tuple(sorted(told, key=lambda one: (-one.weight, one.name)))

    def weights(self) -> dict[str, float]:
        """Name → what ranking may multiply by."""
        return {one.name: one.weight for one in self.told()}

    def _usual(self) -> float:
        delivered = sum(runs.delivered for runs in self.found.values())
        return sum(runs.clicked for runs in self.found.values()) / delivered if delivered else 0.0


def _weight(runs: Runs, usual: float, *, withheld: bool) -> float:
    """As clicked as others is 1; the fewer clicks are expected, the nearer to it. Clicks that are
    withheld weigh by the five, or the weight would tell them.
    """
    clicked = runs.clicked // FEWEST * FEWEST if withheld else runs.clicked
    weight = (clicked + DOUBT) / (runs.delivered * usual + DOUBT)
    return round(min(max(weight, LEAST_WEIGHT), MOST_WEIGHT), 3)
