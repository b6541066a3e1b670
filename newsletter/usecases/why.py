"""Why a person got an issue, or did not: the whole path of it, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.audience.explaining import explain
from newsletter.domain.campaign import DELIVERY_OF_BATCH, DeliveryState
from newsletter.domain.event import ARRIVAL, EventKind
from newsletter.domain.report import Verdict
from newsletter.domain.visit import Sign, Visit, judged
from newsletter.domain.visit import told as signs_told
from newsletter.errors import NewsletterError
from newsletter.issues import folder
from newsletter.store import campaigns, paths
from newsletter.store.consent import TRACKING
from newsletter.store.engine import reading
from newsletter.usecases.privacy import ERASED, look_up
from newsletter.usecases.segments import named_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.store.holdings import Rows
    from newsletter.usecases.privacy import Person

_Row = dict[str, Any]

_WHO = {
    Verdict.HUMAN: "taken for a human",
    Verdict.UNSURE: "unsure whether a human",
    Verdict.MACHINE: "taken for a machine",
}


@dataclass(frozen=True, slots=True)
class Station:
    """One thing that happened, or that holds: when, of which kind, and in words."""

    at: datetime | None
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Path:
    """What became of one person in one campaign, in a sentence and step by step."""

    campaign: int
    audience: str
    answer: str
    stations: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Where a person stands now, and their path through each campaign of an issue."""

    issue: str
    standing: str
    paths: tuple[Path, ...]


def why(workspace: Workspace, slug: str, address: str) -> Why:
    """The path of one person through an issue's campaigns, the oldest first; none where it was
    never sent. Of somebody erased, what is left.

    IssueError where there is no such issue, AudienceError where nothing is held on the address.
    """
    with reading(workspace.engine) as connection:
        every = campaigns.every(connection, slug)
    if not every:
        folder.find(workspace.issues, slug)
    person = look_up(workspace, address)
    with reading(workspace.engine) as connection:
        found = tuple(_path(workspace, connection, one, person) for one in reversed(every))
    return Why(slug, person.standing, found)


def _path(workspace: Workspace, connection: Connection, campaign: Campaign, person: Person) -> Path:
    mail = _of_campaign(person.held.get("delivery", []), campaign)
    left_out = _of_campaign(person.held.get("exclusion", []), campaign)
    stations = [*_membership(person, campaign), *_segment(workspace, connection, campaign, person)]
    if mail is not None:
        answer, more = _mailed(connection, mail, person)
        stations += more
    elif left_out is not None:
        answer = f"left out when the audience was fixed: {left_out['reason']}"
        stations.append(Station(campaign.frozen_at, "excluded", left_out["reason"]))
    else:
        answer = _no_candidate(campaign, person)
    stations += _standing(person)
    return Path(campaign.id, campaign.audience, answer, tuple(stations))


def _of_campaign(rows: Rows, campaign: Campaign) -> _Row | None:
    return next((row for row in rows if row["campaign_id"] == campaign.id), None)


def _membership(person: Person, campaign: Campaign) -> Iterator[Station]:
    """The subscription to the campaign's list, the consent it rests on, and that to be tracked."""
    key, entry = campaign.list_key, _subscription(person, campaign)
    if entry is not None:
        yield Station(entry["subscribed_at"], "list", f"on {key} by {entry['consent_source']}")
    if entry is not None and entry["unsubscribed_at"] is not None:
        yield Station(entry["unsubscribed_at"], "list", f"left {key}")
    if entry is None:
        yield Station(None, "list", f"not on {key} now")
    for link in person.held.get("consent", ()):
        if link["list_key"] in (key, TRACKING):
            yield Station(link["at"], "consent", f"{link['kind']}: {link['source']}")


def _segment(
    workspace: Workspace, connection: Connection, campaign: Campaign, person: Person
) -> Iterator[Station]:
    """The rule as it is in config.yaml now, and whether it describes the person now."""
    if not campaign.segment:
        return
    expression = workspace.settings.segments.get(campaign.segment)
    if expression is None:
        yield Station(None, "segment", f"{campaign.segment}, which config.yaml has no more")
        return
    yield Station(None, "segment", f"{campaign.segment} = {expression}")
    try:
        rule = named_rule(workspace, campaign.segment)
    except NewsletterError as error:
        yield Station(None, "segment", str(error))
        return
    yield Station(None, "segment", " ".join(explain(rule).split()))
    if person.subscriber is not None:
        now = workspace.clock.now()
        fits = paths.fits(connection, person.subscriber.id, rule, now)
        yield Station(now, "segment", "it describes them" if fits else "it does not describe them")


def _mailed(connection: Connection, mail: _Row, person: Person) -> tuple[str, list[Station]]:
    """The answer for a person who has a delivery, and its way from the freeze on."""
    batch = paths.carriage(connection, mail["batch_id"])
    state = DeliveryState(mail["ending"]) if mail["ending"] else DELIVERY_OF_BATCH[batch.state]
    told = ARRIVAL[mail["arrival"]]
    reported = "" if told == "none" else f"; the provider reports: {told}"
    stations = [
        Station(None, "version", f"{batch.version}: {batch.subject}"),
        Station(None, "batch", f"{batch.sequence}, delivery {mail['id']}, {batch.state}"),
        Station(None, "tracking", batch.tracking.words or "nothing is noted of this mail"),
    ]
    for attempt in paths.attempts(connection, mail["batch_id"]):
        reference = f", the provider calls it {attempt.reference}" if attempt.reference else ""
        status = f" ({attempt.status})" if attempt.status else ""
        outcome = f"{attempt.outcome or 'without an answer'}{status}{reference}"
        because = f": {attempt.reason}" if attempt.reason else ""
        stations.append(Station(attempt.at, "attempt", f"{attempt.id} {outcome}{because}"))
    if mail["ending"]:
        because = f": {mail['reason']}" if mail["reason"] else ""
        stations.append(Station(mail["ended_at"], "delivery", f"{mail['ending']}{because}"))
    events = [one for one in person.held.get("event", ()) if one["delivery_id"] == mail["id"]]
    taken = _taken_for(mail, events)
    for event in events:
        words = " ".join(filter(None, (event["kind"], event["reason"], event["url"])))
        stations.append(Station(event["at"], "event", words + taken.get(event["key"], "")))
    return f"{state}{reported}", stations


def _taken_for(mail: _Row, events: Sequence[_Row]) -> dict[str, str]:
    """Event key → what an open or click is taken for, and by which signs."""
    visits = [
        Visit(EventKind(one["kind"]), one["at"], Sign(one["signs"] or 0), one["url"], one["key"])
        for one in events
        if one["verdict"]
    ]
    return {
        one.visit.key: f"; {_WHO[one.verdict]} ({signs_told(one.signs)})"
        for one in judged(visits, mail["delivered_at"])
    }


def _no_candidate(campaign: Campaign, person: Person) -> str:
    """Why somebody is in neither table: the audience was fixed without them."""
    entry = _subscription(person, campaign)
    if person.standing == ERASED:
        return "erased; nothing tells whether they were in the audience"
    if entry is None:
        return f"no candidate: never on {campaign.list_key}"
    if entry["subscribed_at"] > campaign.frozen_at:
        return f"no candidate: came to {campaign.list_key} after the audience was fixed"
    if campaign.segment:
        return f"no candidate: the segment {campaign.segment} did not describe them"
    return f"no candidate: not on {campaign.list_key} when the audience was fixed"


def _standing(person: Person) -> Iterator[Station]:
    for row in person.held.get("suppression", ()):
        yield Station(row["at"], "suppression", row["reason"])
    yield Station(None, "now", person.standing)


def _subscription(person: Person, campaign: Campaign) -> _Row | None:
    rows = person.held.get("subscription", [])
    return next((row for row in rows if row["list_key"] == campaign.list_key), None)
