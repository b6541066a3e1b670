"""Who opened or clicked: a human, a machine, or nobody can tell. Signs are weighed, and none but a
followed trap or an announced prefetch settles it alone; time least of all.

Scanners of 836 people followed links at a median of 43 seconds after delivery, and only one in
forty within 20 (putyourlightson/craft-campaign#546): a delay tells them from nobody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import IntFlag
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.domain.event import EventKind
from newsletter.domain.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

TRAP = "/not-for-readers"
"""The path of the link that is in a mail for machines alone: hidden from eyes, keys and voices."""

AT_ONCE = timedelta(seconds=10)
"""What follows no later was one visitor."""

MANY = 3
"""So many links of one mail within `AT_ONCE`: a machine, or a reader who opens tabs."""

AT_A_STROKE = timedelta(seconds=1)
"""Within so little no hand follows `MANY` links. Providers tell whole seconds."""

CROWD = 5
"""So many readers behind one door who follow one link within `CROWD_SECONDS`."""

CROWD_SECONDS = 15

SOON, LATER = timedelta(minutes=1), timedelta(hours=1)


class Sign(IntFlag):
    """What speaks for a machine or a human. The numbers are stored."""

    TRAP = 1
    PREFETCH = 2  # the provider says that the mail program loaded the pictures by itself
    SCANNER = 4  # a network or name of a filter that looks at mail
    PROGRAM = 8  # a name of a program that no reader uses
    NAMELESS = 16
    BROWSER = 32  # a name of a browser or mail program, which anybody can give
    CROWD = 64
    MANY = 128
    SOON = 256
    LATER = 512
    STROKE = 1024


UNKNOWN = Sign(0)

WEIGHTS: Mapping[Sign, int] = {
    Sign.TRAP: 6,
    Sign.PREFETCH: 6,
    Sign.SCANNER: 4,
    Sign.PROGRAM: 4,
    Sign.MANY: 3,
    Sign.CROWD: 3,
    Sign.STROKE: 2,
    Sign.NAMELESS: 1,
    Sign.SOON: 1,
    Sign.BROWSER: -1,
    Sign.LATER: -1,
}

MACHINE, HUMAN = 3, -1
"""From the one sum upwards it was a machine, from the other downwards a human."""

WORDS: Mapping[Sign, str] = {
    Sign.TRAP: "followed the hidden link",
    Sign.PREFETCH: "loaded by the mail program itself",
    Sign.SCANNER: "a known scanner",
    Sign.PROGRAM: "a program, not a browser",
    Sign.MANY: f"{MANY} links or more within {AT_ONCE.seconds} seconds",
    Sign.CROWD: f"{CROWD} readers or more behind one door, one link, {CROWD_SECONDS} seconds",
    Sign.STROKE: f"{MANY} links or more within {AT_A_STROKE.seconds} second",
    Sign.NAMELESS: "no browser named",
    Sign.SOON: "within a minute of delivery",
}
"""Signs of machines, for people."""

ALL_WORDS: Mapping[Sign, str] = {
    **WORDS,
    Sign.BROWSER: "a browser or mail program named",
    Sign.LATER: "an hour or more after delivery",
}
"""All signs, for people."""

METHOD = (
    "Every open and click is weighed by its signs: "
    + ", ".join(f"{words} {WEIGHTS[sign]:+}" for sign, words in ALL_WORDS.items())
    + ".",
    (
        f"A sum of {MACHINE} or more is a machine, {HUMAN} or less a human, anything between "
        "unsure; time alone decides nothing. A reader who was there in person once is human."
    ),
)
"""The method in sentences, to stand beside the figures."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One open or click of one mail, with the signs it bears by itself; `key` is its event's."""

    kind: EventKind
    at: datetime
    signs: Sign = UNKNOWN
    url: str | None = None
    key: str = ""

    @property
    def trapped(self) -> bool:
        """Whether it followed the link that is for machines alone."""
        return bool(self.signs & Sign.TRAP)


@dataclass(frozen=True, slots=True)
class Judged:
    """A visit with all its signs, and what they come to."""

    visit: Visit
    signs: Sign
    verdict: Verdict


def judged(visits: Iterable[Visit], delivered_at: datetime | None) -> tuple[Judged, ...]:
    """Every visit to one mail, in the order of time, judged in the light of the others."""
    ordered = sorted(visits, key=lambda visit: visit.at)
    return tuple(
        Judged(visit, signs, verdict(signs))
        for visit, signs in zip(ordered, _with_company(ordered, delivered_at), strict=True)
    )


@dataclass(frozen=True, slots=True)
class InPerson:
    """When a human first opened a mail, and first followed a link of it; None for never."""

    opened_at: datetime | None = None
    clicked_at: datetime | None = None


def in_person(visits: Iterable[Judged]) -> InPerson:
    """What a human did among visits to one mail, in the order of time."""
    first: dict[EventKind, datetime] = {}
    for one in visits:
        if one.verdict is Verdict.HUMAN:
            first.setdefault(one.visit.kind, one.visit.at)
    return InPerson(first.get(EventKind.OPENED), first.get(EventKind.CLICKED))


def told(signs: Sign) -> str:
    """Signs in words."""
    return ", ".join(words for sign, words in ALL_WORDS.items() if signs & sign)


@lru_cache(maxsize=1024)
def verdict(signs: int) -> Verdict:
    """What signs come to."""
    weight = sum(points for sign, points in WEIGHTS.items() if signs & sign)
    if weight >= MACHINE:
        return Verdict.MACHINE
    return Verdict.HUMAN if weight <= HUMAN else Verdict.UNSURE


def is_trap(url: str | None) -> bool:
    """Whether a link is the one for machines alone, whatever words were added to it."""
    return url is not None and url.partition("?")[0].endswith(TRAP)


def _with_company(visits: Sequence[Visit], delivered_at: datetime | None) -> list[Sign]:
    """The signs of each visit, with those that only show beside the others and beside the time."""
    # Or an hour alone would make a human of what says nothing of itself.
    found = [(visit.signs or Sign.NAMELESS) | _of_time(visit.at, delivered_at) for visit in visits]
    for run in _runs(visits):
        if any(visits[place].trapped for place in run):
            for place in run:
                found[place] |= Sign.TRAP
    if len(visits) >= MANY:
        for sign, within in ((Sign.MANY, AT_ONCE), (Sign.STROKE, AT_A_STROKE)):
            for place in _hasty(visits, within):
                found[place] |= sign
    return found


def _runs(visits: Sequence[Visit]) -> Iterator[range]:
    """The places of visits that follow one another at once."""
    start = 0
    for place in range(1, len(visits) + 1):
        if place == len(visits) or visits[place].at > visits[place - 1].at + AT_ONCE:
            yield range(start, place)
            start = place


def _hasty(visits: Sequence[Visit], within: timedelta) -> Iterator[int]:
    """The places of visits among which `MANY` links were followed within a span; in one pass, for a
    link that is passed on may be followed by thousands.
    """
    links: Counter[str | None] = Counter()
    start = told = 0
    for place, visit in enumerate(visits):
        links[visit.url] += 1
        while visits[start].at < visit.at - within:
            links[visits[start].url] -= 1
            start += 1
        links = +links
        if len(links) - (None in links) >= MANY:
            told = max(told, start)
            yield from range(told, place + 1)
            told = place + 1


def _of_time(at: datetime, delivered_at: datetime | None) -> Sign:
    if delivered_at is None:
        return UNKNOWN
    since = at - delivered_at
    if since < SOON:
        return Sign.SOON
    return Sign.LATER if since >= LATER else UNKNOWN
