"""What one mail adds to the sums of its campaign: the same facts always add the same.

Sums are kept by taking away what a mail added before and adding what it adds now, so they equal a
recount of everything known, in whatever order and however often it was told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.domain.event import ARRIVAL, EventKind, Standing
from newsletter.domain.mailbox import provider_of
from newsletter.domain.report import Verdict
from newsletter.domain.visit import WORDS, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from newsletter.domain.visit import Judged, Visit


class Measure(StrEnum):
    """What is summed. Arrivals and complaints are by mailbox provider, the opened and clicked by
    verdict; briefs and sections go by the place of their first link.
    """

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BOUNCE_CAUSE = "bounce cause"
    BOUNCE_DOMAIN = "bounce domain"
    OPENED = "opened"
    CLICKED = "clicked"
    OPENED_BECAUSE = "opened because"  # Sign; of those not human
    CLICKED_BECAUSE = "clicked because"
    OPENED_HOUR = "opened hour"  # of the first by a human, in UTC: 2026-11-27T10
    CLICKED_HOUR = "clicked hour"
    LINK = "link"  # verdict and place, as in `human 7`
    BRIEF = "brief"
    SECTION = "section"
    COHORT_DELIVERED = "cohort delivered"  # the month somebody joined: 2026-11
    COHORT_OPENED = "cohort opened"  # by a human
    COHORT_CLICKED = "cohort clicked"
    OPENS = "opens"  # events of people who did not consent to more, by verdict
    CLICKS = "clicks"
    CLICKS_LINK = "clicks link"  # the place; of those not by machines


Key = tuple[Measure, str]

NOTHING = Standing()

_SURE_FIRST = (Verdict.HUMAN, Verdict.UNSURE, Verdict.MACHINE)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where clicks on an address count: the link's own place, and those of the briefs and sections
    it stands in.
    """

    link: int
    briefs: tuple[int, ...] = ()
    sections: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounce:
    """One report that a mail came back, and why, in a word."""

    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one mail; visits are those that may be kept one by one, in the order of
    time.
    """

    standing: Standing = NOTHING
    visits: Sequence[Judged] = ()
    bounces: Sequence[Bounce] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Of the reader of a mail: the domain of the address, whether they consented to be counted one
    by one, and the month they joined, '' where that is not known.
    """

    domain: str
    tracked: bool = False
    joined: str = ""


@dataclass(slots=True)
class Tally:
    """Sums of many mails: what to add to those kept, below zero where to take away."""

    counts: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))

    def change(
        self, reader: Reader, before: Facts, after: Facts, spots: Mapping[str, Spot]
    ) -> None:
        """A mail is known to be `after` where it was `before`."""
        for key in _keys(reader, before, spots):
            self.counts[key] -= 1
        for key in _keys(reader, after, spots):
            self.counts[key] += 1

    def add_anonymous(self, visit: Visit, spots: Mapping[str, Spot]) -> None:
        """An open or click of which nothing else is kept; judged by the signs it bears itself."""
        if visit.trapped:
            return
        found = verdict(visit.signs)
        opened = visit.kind is EventKind.OPENED
        self.counts[Measure.OPENS if opened else Measure.CLICKS, found] += 1
        spot = spots.get(visit.url or "")
        if spot is not None and not opened and found is not Verdict.MACHINE:
            self.counts[Measure.CLICKS_LINK, str(spot.link)] += 1


def spots_of(links: Iterable[tuple[int, str, str, str]]) -> dict[str, Spot]:
    """Address → where its clicks count, of a campaign's links (place, url, section, brief).

    An address that stands in several briefs counts in each: a click cannot say which one it was.
    """
    own: dict[str, int] = {}
    briefs: dict[tuple[str, str], int] = {}
    sections: dict[str, int] = {}
    inside: dict[str, tuple[dict[int, None], dict[int, None]]] = {}
    for place, url, section, brief in sorted(links):
        own.setdefault(url, place)
        within = inside.setdefault(url, ({}, {}))
        if brief:
            within[0][briefs.setdefault((section, brief), place)] = None
        if section:
            within[1][sections.setdefault(section, place)] = None
    return {url: Spot(own[url], tuple(inside[url][0]), tuple(inside[url][1])) for url in own}


def _keys(reader: Reader, facts: Facts, spots: Mapping[str, Spot]) -> list[Key]:
    standing = facts.standing
    found: list[Key] = []
    if standing.arrival:
        found.append((Measure(ARRIVAL[standing.arrival]), provider_of(reader.domain)))
        if reader.tracked and reader.joined and ARRIVAL[standing.arrival] == "delivered":
            found.append((Measure.COHORT_DELIVERED, reader.joined))
    if standing.complained_at is not None:
        found.append((Measure.COMPLAINED, provider_of(reader.domain)))
    if facts.bounces:
        first = min(facts.bounces, key=lambda bounce: (bounce.at, bounce.cause))
        found.append((Measure.BOUNCE_CAUSE, first.cause))
        found.append((Measure.BOUNCE_DOMAIN, reader.domain))
    if facts.visits:
        found += _visited(reader, facts.visits, spots)
    return found


@dataclass(frozen=True, slots=True)
class _Deed:
    """Under which measures an open or a click of one reader counts."""

    done: Measure
    because: Measure
    hour: Measure
    cohort: Measure


_OPEN = _Deed(Measure.OPENED, Measure.OPENED_BECAUSE, Measure.OPENED_HOUR, Measure.COHORT_OPENED)
_CLICK = _Deed(
    Measure.CLICKED, Measure.CLICKED_BECAUSE, Measure.CLICKED_HOUR, Measure.COHORT_CLICKED
)


def _visited(reader: Reader, visits: Sequence[Judged], spots: Mapping[str, Spot]) -> Iterator[Key]:
    opens = [one for one in visits if one.visit.kind is EventKind.OPENED]
    clicks = [
        one for one in visits if one.visit.kind is EventKind.CLICKED and not one.visit.trapped
    ]
    yield from _person(reader, opens, _OPEN)
    yield from _person(reader, clicks, _CLICK)
    yield from _places(clicks, spots)


def _person(reader: Reader, visits: Sequence[Judged], deed: _Deed) -> Iterator[Key]:
    """One reader counts once: as human where any visit was."""
    if not visits:
        return
    best = _best(visits)
    yield deed.done, best
    if best is not Verdict.HUMAN:
        seen = 0
        for one in visits:
            seen |= one.signs
        yield from ((deed.because, str(sign.value)) for sign in WORDS if seen & sign)
        return
    first = next(one.visit.at for one in visits if one.verdict is Verdict.HUMAN)
    yield deed.hour, first.isoformat()[:13]
    if reader.joined:
        yield deed.cohort, reader.joined


def _places(clicks: Sequence[Judged], spots: Mapping[str, Spot]) -> Iterator[Key]:
    """One reader counts once for each link, brief and section."""
    by_place: dict[tuple[Measure, int], list[Judged]] = {}
    for one in clicks:
        spot = spots.get(one.visit.url or "")
        if spot is None:
            continue
        by_place.setdefault((Measure.LINK, spot.link), []).append(one)
        for place in spot.briefs:
            by_place.setdefault((Measure.BRIEF, place), []).append(one)
        for place in spot.sections:
            by_place.setdefault((Measure.SECTION, place), []).append(one)
    for (measure, place), some in by_place.items():
        yield measure, f"{_best(some)} {place}"


def _best(visits: Iterable[Judged]) -> Verdict:
    found = {one.verdict for one in visits}
    return next(verdict for verdict in _SURE_FIRST if verdict in found)
