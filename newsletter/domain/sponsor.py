"""Slots that are sold: in which issues a paid piece is due, how it stands there, and what is owed.

Nothing of this is stored: the bookings, the issues and what has gone out tell it anew each time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from newsletter.domain.issue import Brief, Issue

COMPONENT = "sponsor"
"""The component whose briefs somebody paid for: themes label it as advertising."""


class Standing(StrEnum):
    """How a slot stands in one issue."""

    SOLD = "sold"  # the issue is not there yet
    PLACED = "placed"
    ALTERED = "altered"
    MISSING = "missing"
    RUN = "run"
    OWED = "owed"  # its issue went out without it, or never was
    MADE_GOOD = "made good"  # a later issue ran it instead


@dataclass(frozen=True, slots=True)
class Booking:
    """A slot sold to a sponsor: for issues of single days and of spans of days with both ends, in
    the section of this key, at a `place` from 1, or anywhere in it. `piece` is the brief that was
    sold, None until it is written; `block` is the same as text of issue.md, with the `label`;
    `line` is where it stands in sponsors.yaml.
    """

    slot: str
    sponsor: str
    days: tuple[date, ...]
    spans: tuple[tuple[date, date], ...]
    section: str
    place: int | None
    piece: Brief | None
    block: str
    label: str
    line: int

    def is_for(self, day: date) -> bool:
        """Whether an issue of that day has it."""
        return day in self.days or any(first <= day <= last for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class Edition:
    """An issue as far as its slots go; `out` once it has begun to leave."""

    issue: Issue
    out: bool


@dataclass(frozen=True, slots=True)
class Due:
    """What one issue must hold; `owed_since` is the day it is a make-good for, if it is one."""

    booking: Booking
    owed_since: date | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A sold slot in one issue, '' where there is none; a make-good runs `instead`."""

    booking: Booking
    day: date
    issue: str
    standing: Standing
    instead: str = ""


def found(issue: Issue, slot: str) -> tuple[tuple[str, int, Brief], ...]:
    """(section's key, place from 1, brief) of each time a slot's piece stands in an issue."""
    return tuple(
        (section.key, place, brief)
        for section in issue.sections
        for place, brief in enumerate(section.briefs, 1)
        if brief.sponsor == slot
    )


def differences(booking: Booking, issue: Issue) -> tuple[str, ...]:
    """What of a piece that stands in an issue is otherwise than sold, in words."""
    places = found(issue, booking.slot)
    if len(places) != 1:
        return (f"it stands there {len(places)} times",)
    if booking.piece is None:
        return ()
    section, place, brief = places[0]
    sold = booking.piece
    pairs = {
        "headline": (brief.headline, sold.headline),
        "text": (brief.text.split(), sold.text.split()),
        "link": (brief.link, sold.link),
        "words of the link": (brief.source, sold.source),
        "component": (brief.component, sold.component),
        "audience": (brief.audience or _audience(issue, section), sold.audience),
    }
    changed = [f"another {name}" for name, (is_, wanted) in pairs.items() if is_ != wanted]
    if section != booking.section:
        changed.append(f"it stands in “{section}” instead of “{booking.section}”")
    elif place != (booking.place or place):
        changed.append(f"it stands at place {place} instead of {booking.place}")
    return tuple(changed)


def _audience(issue: Issue, key: str) -> str:
    return next(one.audience for one in issue.sections if one.key == key)


def sold_twice(due: Sequence[Due]) -> tuple[tuple[Booking, Booking], ...]:
    """Pairs of slots that are due at one and the same place."""
    placed: dict[tuple[str, int], Booking] = {}
    pairs = []
    for one in (one.booking for one in due if one.booking.place is not None):
        first = placed.setdefault((one.section, one.place or 0), one)
        if first is not one:
            pairs.append((first, one))
    return tuple(pairs)


def slots(booking: Booking, editions: Sequence[Edition], today: date) -> tuple[Slot, ...]:
    """Every slot of a booking, by day: what ran in other issues makes good what is owed before."""
    ordered = sorted(editions, key=lambda one: (one.issue.date, one.issue.slug))
    last_out = max((one.issue.date for one in ordered if one.out), default=None)
    due = list(_due(booking, ordered, today, last_out))
    extra = [
        one
        for one in ordered
        if not booking.is_for(one.issue.date) and found(one.issue, booking.slot)
    ]
    for place, slot in enumerate(due):
        if slot.standing is not Standing.OWED:
            continue
        instead = next((one for one in extra if one.issue.date > slot.day), None)
        if instead is not None:
            extra.remove(instead)
            standing = Standing.MADE_GOOD if instead.out else Standing.OWED
            due[place] = Slot(booking, slot.day, slot.issue, standing, instead.issue.slug)
    return tuple(due)


def _due(
    booking: Booking, ordered: Sequence[Edition], today: date, last_out: date | None
) -> Iterator[Slot]:
    known = [one.issue.date for one in ordered]
    there = [
        Slot(booking, one.issue.date, one.issue.slug, _standing(booking, one, last_out))
        for one in ordered
        if booking.is_for(one.issue.date)
    ]
    days = [(day, day) for day in dict.fromkeys(booking.days)]
    absent = [
        Slot(booking, last, "", Standing.OWED)
        if last < today
        else Slot(booking, first, "", Standing.SOLD)
        for first, last in dict.fromkeys((*days, *booking.spans))
        if not any(first <= day <= last for day in known)
    ]
    yield from sorted([*there, *absent], key=lambda slot: (slot.day, slot.issue))


def _standing(booking: Booking, edition: Edition, last_out: date | None) -> Standing:
    stands = bool(found(edition.issue, booking.slot))
    if edition.out:
        return Standing.RUN if stands else Standing.OWED
    if last_out is not None and last_out > edition.issue.date:
        return Standing.OWED  # a later issue overtook it
    if not stands or booking.piece is None:
        return Standing.MISSING
    return Standing.ALTERED if differences(booking, edition.issue) else Standing.PLACED


def due(
    bookings: Sequence[Booking], editions: Sequence[Edition], issue: Issue, today: date
) -> tuple[Due, ...]:
    """What an issue must hold, and what is owed and may run in it, once for each slot.

    A make-good leaves its place to whoever bought it for this issue, and may stand anywhere.
    """
    wanted = [Due(booking) for booking in bookings if booking.is_for(issue.date)]
    for booking in bookings:
        if booking.is_for(issue.date) or booking.piece is None:
            continue
        owed = [
            slot.day
            for slot in slots(booking, editions, today)
            if slot.standing is Standing.OWED
            and slot.day < issue.date
            and slot.instead in ("", issue.slug)
        ]
        if owed:
            one = Due(booking, owed_since=owed[0])
            taken = len(sold_twice([*wanted, one])) > len(sold_twice(wanted))
            wanted.append(replace(one, booking=replace(booking, place=None)) if taken else one)
    return tuple(wanted)
