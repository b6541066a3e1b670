"""What an operator asks of a send: begin it, go on with it, move it, try it on one address."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from newsletter.audience.addresses import parse_address
from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.campaign import Campaign, CampaignState, Step
from newsletter.domain.mailing import Mailing
from newsletter.domain.token import Purpose, derive_key
from newsletter.domain.version import versions
from newsletter.errors import DeliveryError
from newsletter.store import campaigns, freezing, redirects
from newsletter.store.engine import reading, writing
from newsletter.usecases.approvals import refuse_revoked
from newsletter.usecases.archive import archived
from newsletter.usecases.audiences import memberships
from newsletter.usecases.hints import hint_dispatch
from newsletter.usecases.planning import largest_batch, refuse_ended, refuse_idle
from newsletter.usecases.rendering import envelope, render_issue, specimen
from newsletter.usecases.segments import asked_at
from newsletter.usecases.subject_trials import trial_of
from newsletter.usecases.waves import planned_waves, reschedule, wall

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.app import Workspace
    from newsletter.domain.mailing import Receipt
    from newsletter.usecases.planning import Plan
    from newsletter.usecases.rendering import Rendered


PASSED = timedelta(minutes=1)
"""A moment is told to the minute, so it has passed when its minute has."""

MOST_TESTERS = 10
"""Addresses of one test: it is a look at the mail, and no way around the lists."""


def freeze(
    workspace: Workspace,
    plan: Plan,
    *,
    at: datetime | None,
    by: str,
    hour: datetime | None = None,
) -> Campaign:
    """Fix audience and bytes in one transaction, or give back the campaign frozen before.

    Where readers are mailed by their own clocks, `hour` is what these show then; `at` tells it,
    unless that is now.

    A campaign of which nothing has left is moved to `at`. Of two processes that begin the same
    send, the second joins the first. DeliveryError where nobody would be mailed, where `at` has
    passed, or where the moment cannot be changed any more.
    """
    refuse_idle(plan)
    passed = at is not None and at <= workspace.clock.now() - PASSED
    if at is not None and passed and not _is_known(workspace, plan.start, at):
        raise DeliveryError(f"{at:%Y-%m-%d %H:%M %Z} has passed; leave the moment out to send now")
    if isinstance(plan.start, Campaign):
        return _at_its_moment(workspace, plan.start, at, by)
    own = hour or (at if at is not None and at > workspace.clock.now() else None)
    hours, sending = planned_waves(workspace, own), workspace.settings.sending
    campaign = replace(
        _campaign(workspace, plan, plan.start, at), hour=hours.hour if hours else None
    )
    page = archived(workspace, plan.start, at or campaign.frozen_at)
    try:
        with writing(workspace.engine) as connection:
            campaign_id = freezing.freeze(
                connection,
                campaign,
                occurrence=plan.occurrence,
                renditions=plan.start.renditions,
                rule=plan.audience.rule,
                largest_batch=largest_batch(workspace),
                actor=by,
                versions=versions(plan.start.issue),
                memberships=memberships(workspace, plan.start.issue),
                own_batches=tuple(sending.pace.domains),
                canary=sending.canary.size,
                hours=hours,
                trial=trial_of(workspace, plan.start.issue),
                tracking=sending.noted,
            )
            page.keep(connection)
            refuse_revoked(workspace, plan.slug, campaign.digest)
            frozen = campaigns.get(connection, campaign_id)
            if not must_wait(workspace, frozen):
                hint_dispatch(workspace, connection, frozen)
            return frozen
    except IntegrityError:
        return _at_its_moment(workspace, _begun_elsewhere(workspace, plan), at, by)


def dispatch(
    workspace: Workspace,
    campaign: Campaign,
    *,
    progress: Callable[[int], None] = lambda _: None,
    stopping: threading.Event | None = None,
    patience: timedelta | None = None,
) -> Campaign:
    """Send a frozen campaign, or continue one that was stopped anywhere.

    Once `stopping` is set, the requests under way end and nothing more is begun. Where nothing can
    be done for longer than `patience`, it ends and leaves the rest to another run.
    """
    refuse_ended(campaign)
    settings = workspace.settings
    return Dispatch(
        engine=workspace.engine,
        state=workspace.state,
        provider=workspace.provider,
        clock=workspace.clock,
        randomness=workspace.randomness,
        key=derive_key(workspace.secret, Purpose.UNSUBSCRIBE),
        progress=progress,
        concurrency=settings.sending.concurrency,
        stopping=stopping or threading.Event(),
        settings=settings.sending,
        zone=settings.publication.zone,
        patience=patience,
    ).run(campaign)


def send_test(workspace: Workspace, slug: str, addresses: tuple[str, ...]) -> dict[str, Receipt]:
    """Mail every version of the issue as it stands to named addresses, outside every campaign and
    count; returns the provider's receipts by version. DeliveryError for more than a few addresses.
    """
    if not 0 < len(addresses) <= MOST_TESTERS:
        raise DeliveryError(f"a test goes to 1 to {MOST_TESTERS} addresses at a time")
    rendered = render_issue(workspace, slug)
    with writing(workspace.engine) as connection:
        redirects.keep(connection, slug, rendered.renditions)
    receipts = {}
    for rendition in rendered.renditions:
        message, reader = specimen(workspace, rendered.issue, rendition)
        recipients = tuple(
            reader._replace(delivery=f"test-{place}", address=parse_address(address).mailed)
            for place, address in enumerate(addresses)
        )
        attempt = workspace.randomness.token()
        receipts[rendition.version] = workspace.provider.submit(
            Mailing(attempt=attempt, message=message, recipients=recipients)
        )
    return receipts


def _is_known(workspace: Workspace, start: Campaign | Rendered, at: datetime) -> bool:
    """Whether the campaign has this moment already: then it may lie in the past."""
    if not isinstance(start, Campaign):
        return False
    return start.hour == wall(workspace, at) if start.hour else start.send_at == at


def _begun_elsewhere(workspace: Workspace, plan: Plan) -> Campaign:
    with reading(workspace.engine) as connection:
        audience = plan.audience
        begun = campaigns.latest(connection, plan.slug, audience.list_key, audience.segment)
    if begun is None:
        raise DeliveryError(f"“{plan.slug}” was changed by another process; run it again")
    return begun


def _at_its_moment(
    workspace: Workspace, campaign: Campaign, at: datetime | None, by: str
) -> Campaign:
    """The campaign, moved to another moment where that is wished for."""
    name, now = campaign.issue, workspace.clock.now()
    if campaign.state is CampaignState.PAUSED and is_before(campaign, now):
        raise DeliveryError(
            f"“{name}” is paused; `newsletter resume {name}` lets it go at its hour"
        )
    if at is None:
        return campaign
    if campaign.state is CampaignState.MISSED or is_late(workspace, campaign):
        raise DeliveryError(
            f"“{name}” is too late for {campaign.send_at:%Y-%m-%d %H:%M} UTC; "
            f"`newsletter send {name}` without a moment sends it now"
        )
    if _is_known(workspace, campaign, at):
        return campaign
    if campaign.state is not CampaignState.FROZEN:
        raise DeliveryError(
            f"“{name}” is {campaign.state}, so its moment cannot be changed any more; "
            "run it without another moment"
        )
    with writing(workspace.engine) as connection:
        reschedule(connection, workspace, campaign, at, Step(now, by))
        return campaigns.get(connection, campaign.id)


def is_before(campaign: Campaign, now: datetime) -> bool:
    """Whether a campaign has an hour that has not come."""
    return campaign.send_at is not None and campaign.send_at > now


def must_wait(workspace: Workspace, campaign: Campaign) -> bool:
    """Whether it is too early to submit a campaign: the undo window comes before its hour."""
    return is_before(campaign, submitted_from(workspace))


def submitted_from(workspace: Workspace) -> datetime:
    """Campaigns for this hour, or an earlier one, are submitted now."""
    return workspace.clock.now() + (workspace.settings.sending.hold_for or timedelta())


def is_late(workspace: Workspace, campaign: Campaign) -> bool:
    """Whether a campaign of which nothing has left is due for longer than `sending.grace`."""
    grace = timedelta(seconds=workspace.settings.sending.grace)
    return (
        campaign.state is CampaignState.FROZEN
        and campaign.send_at is not None
        and workspace.clock.now() > campaign.send_at + grace
    )


def _campaign(
    workspace: Workspace, plan: Plan, rendered: Rendered, at: datetime | None
) -> Campaign:
    return Campaign(
        id=0,
        issue=plan.slug,
        list_key=plan.audience.list_key,
        segment=plan.audience.segment,
        state=CampaignState.FROZEN,
        envelope=envelope(workspace, plan.audience.list_key),
        digest=rendered.digest,
        frozen_at=asked_at(workspace),
        send_at=at,
        reason="",
    )
