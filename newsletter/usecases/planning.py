"""What a send would do: whom it would mail, in how many requests, and how long it would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.delivery import pace
from newsletter.domain.campaign import (
    DELIVERY_OF_BATCH,
    Campaign,
    CampaignState,
    DeliveryState,
    batch_size,
)
from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.domain.version import versions
from newsletter.errors import ConfigError, DeliveryError
from newsletter.store import accounting, campaigns, claims, progress
from newsletter.store import waves as store_waves
from newsletter.store.candidates import Headcount, Wanted, count_audience
from newsletter.store.engine import reading
from newsletter.usecases.approvals import approved_rendering
from newsletter.usecases.audiences import memberships
from newsletter.usecases.editing import read_issue
from newsletter.usecases.forecast import shortest_time
from newsletter.usecases.segments import asked_at, segment_rule
from newsletter.usecases.subject_trials import trial_of
from newsletter.usecases.waves import planned_waves

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.hours import Wave
    from newsletter.domain.issue import Issue
    from newsletter.domain.segment import Rule
    from newsletter.domain.trial import Trial
    from newsletter.usecases.rendering import Rendered


@dataclass(frozen=True, slots=True)
class Audience:
    """A list, and a segment of it ('' is the whole list)."""

    list_key: str
    segment: str
    rule: Rule | None

    def __str__(self) -> str:
        """`weekly`, or `weekly / retailers`."""
        return " / ".join(filter(None, (self.list_key, self.segment)))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a send would do. `start` is the campaign it would continue, or the approved rendering
    it would begin one with; `mailed` counts who is still to be mailed, `versions` who of them would
    read which version of a new campaign. `occurrence` tells a campaign from the cancelled one
    before it; `shortest` is the least time the limits of the settings allow. `waves` counts the
    people of each, where readers are mailed by their own clocks; `trial` is that of the subjects.
    Of `tracked` people `tracking` would be noted.
    """

    slug: str
    subject: str
    audience: Audience
    mailed: int
    excluded: Mapping[str, int]
    versions: Mapping[str, int]
    requests: int
    provider: str
    start: Campaign | Rendered
    occurrence: str
    shortest: timedelta | None
    waves: tuple[tuple[Wave, int], ...] = ()
    trial: Trial | None = None
    tracking: Tracking = UNTRACKED
    tracked: int = 0


def plan_send(
    workspace: Workspace,
    slug: str,
    *,
    list_key: str | None,
    segment: str | None,
    at: datetime | None = None,
) -> Plan:
    """Count who would be mailed and who not; DeliveryError unless these bytes are approved.

    `at` is the hour it would be sent for, to count the waves; None for now.

    A cancelled campaign is over: its audience may be mailed again, less those who have the issue.
    """
    issue = read_issue(workspace, slug)
    audience = _audience(workspace, list_key or issue.list_key, segment or issue.segment)
    noted = workspace.settings.sending.noted
    with reading(workspace.engine) as connection:
        earlier = campaigns.latest(connection, slug, audience.list_key, audience.segment)
        going = earlier if earlier and earlier.state is not CampaignState.CANCELLED else None
        count, requests = (
            _still_to_go(connection, going)
            if going
            else _new_audience(workspace, connection, issue, audience)
        )
        waves = () if going else _waves(workspace, connection, issue, audience, at)
    return Plan(
        slug=slug,
        subject=issue.subject,
        audience=audience,
        mailed=count.mailed,
        excluded=count.excluded,
        versions=count.versions,
        requests=max(requests, _requests(workspace, count.mailed, waves)),
        provider=workspace.provider.name,
        start=going or approved_rendering(workspace, slug),
        occurrence=f"after {earlier.id}" if earlier and not going else "",
        shortest=_shortest_time(workspace, count.mailed),
        waves=waves,
        trial=None if going else trial_of(workspace, issue),
        tracking=noted,
        tracked=sum(count.tracked.values()) if noted else 0,
    )


def refuse_idle(plan: Plan) -> None:
    """DeliveryError where there is nothing to send: the campaign has ended, or nobody is there."""
    if isinstance(plan.start, Campaign):
        refuse_ended(plan.start)
    elif not plan.mailed:
        raise DeliveryError(
            f"nobody on “{plan.audience.list_key}” would be mailed; "
            "`newsletter subscribers import FILE` adds people"
        )


def refuse_ended(campaign: Campaign) -> None:
    """DeliveryError for a campaign that `send` cannot go on with, naming what can."""
    match campaign.state:
        case CampaignState.DONE | CampaignState.CANCELLED:
            raise DeliveryError(f"this campaign is {campaign.state}; nobody is mailed twice")
        case CampaignState.LOCKED:
            raise DeliveryError(
                f"this campaign is locked: {campaign.reason}; look what has left, then "
                f"`newsletter unlock {campaign.issue}`"
            )


def largest_batch(workspace: Workspace) -> int:
    """Recipients that one request may carry, by the settings and by the provider."""
    return min(pace.largest_batch(workspace.settings.sending), workspace.provider.largest_batch)


def _new_audience(
    workspace: Workspace, connection: Connection, issue: Issue, audience: Audience
) -> tuple[Headcount, int]:
    """Who would be mailed and who not, in how many requests: one at least for each version."""
    count = count_audience(
        connection,
        issue.slug,
        audience.list_key,
        audience.rule,
        now=asked_at(workspace),
        versions=versions(issue),
        memberships=memberships(workspace, issue),
    )
    size = batch_size(count.mailed, largest_batch(workspace))
    noted = workspace.settings.sending.noted
    return count, sum(-(-people // size) for people in _sharing(count, noted))


def _sharing(count: Headcount, noted: Tracking) -> Iterator[int]:
    """The people who may share requests: those of a version, tracked or not."""
    for key, people in count.versions.items():
        tracked = count.tracked[key] if noted else 0
        yield from (tracked, people - tracked)


def _waves(
    workspace: Workspace,
    connection: Connection,
    issue: Issue,
    audience: Audience,
    at: datetime | None,
) -> tuple[tuple[Wave, int], ...]:
    """How many would be mailed in each wave, the first one first."""
    now = asked_at(workspace)
    hours = planned_waves(workspace, at if at and at > now else None)
    if hours is None:
        return ()
    wanted = Wanted(
        issue.slug, audience.list_key, audience.rule, {}, now, mailed_at=at or now, by_zone=True
    )
    return tuple(store_waves.count_people(connection, wanted, hours).items())


def _requests(workspace: Workspace, mailed: int, waves: Sequence[tuple[Wave, int]]) -> int:
    """One at least for each wave."""
    size = batch_size(mailed, largest_batch(workspace))
    return sum(-(-people // size) for _, people in waves)


def _still_to_go(connection: Connection, campaign: Campaign) -> tuple[Headcount, int]:
    """Who is still to be mailed, who is excluded as frozen, and the batches that have not left."""
    sums = accounting.account(connection, campaign.id)
    states = [line.state for line in progress.lines(connection, campaign.id)]
    planned = sum(DELIVERY_OF_BATCH[state] is DeliveryState.PLANNED for state in states)
    tracked = {"": claims.count_tracked(connection, campaign.id)}
    waiting = sums.states.get(DeliveryState.PLANNED, 0)
    return Headcount(waiting, sums.excluded, {}, tracked), planned


def _shortest_time(workspace: Workspace, people: int) -> timedelta | None:
    today = workspace.clock.now().astimezone(workspace.settings.publication.zone).date()
    return shortest_time(people, workspace.settings.sending, today=today)


def _audience(workspace: Workspace, list_key: str | None, segment: str | None) -> Audience:
    lists = workspace.settings.lists
    chosen = list_key or (next(iter(lists)) if len(lists) == 1 else None)
    if chosen is None:
        raise DeliveryError(f"which list? name one with --list: {', '.join(lists)}")
    if chosen not in lists:
        raise ConfigError(f"there is no list “{chosen}”; config.yaml has: {', '.join(lists)}")
    return Audience(chosen, segment or "", segment_rule(workspace, segment))
