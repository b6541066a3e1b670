"""Counts what new events tell into the sums of campaigns, and what older events mean since then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from newsletter.domain.event import Event, EventKind
from newsletter.domain.mailbox import MailboxProvider, provider_of
from newsletter.domain.tally import Tally
from newsletter.domain.visit import Sign, in_person
from newsletter.store import events as store
from newsletter.store import evidence, sums
from newsletter.store.engine import pepper

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.event import Standing
    from newsletter.domain.report import Verdict
    from newsletter.domain.tally import Spot
    from newsletter.domain.visit import Judged
    from newsletter.store.events import Mail
    from newsletter.store.evidence import Told

VISITS = frozenset({EventKind.OPENED, EventKind.CLICKED})


@dataclass(frozen=True, slots=True)
class Crowds:
    """Event key → number of its crowd; which of these have become crowds, and were before."""

    numbers: Mapping[str, int]
    become: Collection[int] = ()
    were: Collection[int] = ()
    drawn_in: frozenset[int] = frozenset()
    """Deliveries whose stored clicks turn out to be of a crowd."""


def apart(
    events: Iterable[Event], mails: Mapping[int, Mail], kept_since: datetime
) -> tuple[list[Event], list[Event]]:
    """Events that may be kept of a person, and opens and clicks that may not: their reader did not
    consent, or what they did before is no longer known.
    """
    personal: list[Event] = []
    anonymous: list[Event] = []
    for event in events:
        mail = mails[event.delivery or 0]
        visit = event.kind in VISITS
        nameless = visit and not (mail.reader.tracked and _is_young(mail.standing, kept_since))
        (anonymous if nameless else personal).append(event)
    return personal, anonymous


def _is_young(standing: Standing, kept_since: datetime) -> bool:
    known = (standing.delivered_at, standing.opened_at, standing.clicked_at)
    return all(moment is None or moment >= kept_since for moment in known)


def blanked(event: Event) -> Event:
    """An event of which only this is kept: that it was counted."""
    return Event(event.key, event.kind, event.at, "")


def crowds_of(connection: Connection, events: Sequence[Event], mails: Mapping[int, Mail]) -> Crowds:
    """Which clicks come as a crowd, these and stored ones; to be asked before these are stored."""
    clicks = [
        (event, mails[event.delivery or 0])
        for event in events
        if event.kind is EventKind.CLICKED and event.url and not event.signs & Sign.TRAP
    ]
    doors = [(event, mail, door) for event, mail in clicks if (door := _door(event, mail))]
    if not doors:
        return Crowds({})
    key = pepper(connection)
    numbers = {
        event.key: evidence.crowd_number(key, mail.campaign, event.url or "", door, event.at)
        for event, mail, door in doors
    }
    asked = set(numbers.values())
    were = evidence.known(connection, asked)
    lone = evidence.lone(connection, asked - were)
    new = ((numbers[event.key], event.delivery or 0) for event, _, _ in doors)
    become = evidence.enough(lone, new) - were
    return Crowds(numbers, become, were, frozenset().union(*(lone[crowd] for crowd in become)))


def _door(event: Event, mail: Mail) -> str:
    """What readers of a company share is its domain; those of mailbox providers, a network."""
    domain = mail.reader.domain
    return domain if provider_of(domain) is MailboxProvider.OTHERS else event.network


def marked(event: Event, crowds: Crowds) -> Event:
    """An event with the sign of its crowd, if it is of one."""
    number = crowds.numbers.get(event.key)
    if number in crowds.become or number in crowds.were:
        return replace(event, signs=event.signs | Sign.CROWD.value)
    return event


def stored_of(
    connection: Connection, mails: Mapping[int, Mail], events: Iterable[Event], crowds: Crowds
) -> dict[int, Told]:
    """What is stored of the mails whose events may change what that means."""
    touched = {event.delivery or 0 for event in events}
    asked = {number for number in touched if _has_evidence(mails[number].standing)}
    return evidence.told_of(connection, asked | crowds.drawn_in)


def _has_evidence(standing: Standing) -> bool:
    return (standing.opened_at or standing.clicked_at or standing.bounced_at) is not None


@dataclass(slots=True)
class Count:
    """Gathers what one transaction changes in the sums."""

    connection: Connection
    mails: Mapping[int, Mail]
    stored: dict[int, Told]
    crowds: Crowds
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """Event key → what the visit is taken for, where that is new."""
    moments: dict[int, dict[str, datetime | None]] = field(default_factory=dict)
    """Delivery → when a human first did what, where that is new."""
    _tallies: defaultdict[tuple[int, str], Tally] = field(
        default_factory=lambda: defaultdict(Tally)
    )
    _spots: dict[int, Mapping[str, Spot]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        connection: Connection,
        mails: Mapping[int, Mail],
        stored: dict[int, Told],
        crowds: Crowds,
    ) -> Count:
        """Of the mails held, and of those whose clicks turn out to be of a crowd."""
        others = crowds.drawn_in - mails.keys()
        known = {**mails, **store.look_at(connection, others)} if others else mails
        return cls(connection, known, stored, crowds)

    def personal(self, events: Iterable[Event], proven: Mapping[int, Standing]) -> None:
        """Count events that were kept, by delivery; `proven` is what these stand at now."""
        news: defaultdict[int, list[Event]] = defaultdict(list)
        for event in events:
            news[event.delivery or 0].append(event)
        for number in dict.fromkeys((*news, *self.crowds.drawn_in)):
            mail = self.mails[number]
            told = self.stored.get(number) or evidence.Told()
            before = told.facts(mail.standing, ())
            # Of a bounce that was counted and is kept no longer, another one is no news.
            counted = mail.standing.bounced_at is not None and not told.bounces
            for event in news[number]:
                if not (counted and event.kind is EventKind.BOUNCED):
                    told.add(event, self.crowds.numbers.get(event.key))
            after = told.facts(proven.get(number, mail.standing), self.crowds.become)
            spots = self._spots_of(mail.campaign) if told.visits else {}
            self._tally(mail).change(mail.reader, before, after, spots)
            if told.visits:
                self._judge(number, before.visits, after.visits)

    def anonymous(self, events: Iterable[Event]) -> None:
        """Count opens and clicks that were not kept."""
        for event in events:
            mail = self.mails[event.delivery or 0]
            spots = self._spots_of(mail.campaign) if event.url else {}
            self._tally(mail).add_anonymous(evidence.visit_of(event), spots)

    def _judge(self, number: int, before: Sequence[Judged], after: Sequence[Judged]) -> None:
        """Note what visits are taken for now, and since when a human was there."""
        known = {one.visit.key: one.verdict for one in before}
        self.verdicts |= {
            one.visit.key: one.verdict
            for one in after
            if known.get(one.visit.key) is not one.verdict
        }
        was, now = in_person(before), in_person(after)
        if now.opened_at != was.opened_at:
            self.moments[number] = {"human_opened_at": now.opened_at}
        if now.clicked_at != was.clicked_at:
            self.moments.setdefault(number, {})["human_clicked_at"] = now.clicked_at

    def write(self, new: Collection[str]) -> None:
        """Add to the sums, and correct what stored visits are taken for; not those of `new` keys,
        which are stored with it.
        """
        sums.add(self.connection, self._tallies)
        changed = {key: one for key, one in self.verdicts.items() if key not in new}
        evidence.judge(self.connection, changed)
        if self.crowds.become:
            evidence.mark(self.connection, self.crowds.become)

    def _tally(self, mail: Mail) -> Tally:
        return self._tallies[mail.campaign, mail.version]

    def _spots_of(self, campaign: int) -> Mapping[str, Spot]:
        if campaign not in self._spots:
            self._spots[campaign] = sums.spots(self.connection, campaign)
        return self._spots[campaign]
