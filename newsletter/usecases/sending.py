"""What an operator asks of a send: plan it, start or continue it, try it on one address, see it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from newsletter.audience.addresses import parse_address
from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.campaign import (
    Accounting,
    Campaign,
    CampaignState,
    DeliveryState,
    Envelope,
    batch_size,
)
from newsletter.domain.mailing import Mailing
from newsletter.domain.token import Purpose, derive_key
from newsletter.errors import ConfigError, DeliveryError
from newsletter.issues import folder
from newsletter.store import accounting, campaigns, freezing
from newsletter.store.engine import reading, writing
from newsletter.usecases.editing import read_issue
from newsletter.usecases.rendering import Rendered, list_id, render_issue, specimen
from newsletter.usecases.subscribers import segment_rule

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.mailing import Receipt
    from newsletter.domain.segment import Rule
    from newsletter.store.accounting import DoubtfulBatch


@dataclass(frozen=True, slots=True)
class Audience:
    """A list, and a segment of it ('' is the whole list)."""

    list_key: str
    segment: str
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a send would do. `start` is the campaign it would continue, or the approved rendering
    it would begin one with; `mailed` counts who is still to be mailed.
    """

    slug: str
    subject: str
    audience: Audience
    mailed: int
    excluded: dict[str, int]
    requests: int
    provider: str
    start: Campaign | Rendered


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """Where a campaign stands: its sums, how far its mails came, and what is in doubt."""

    campaign: Campaign
    accounting: Accounting
    arrivals: dict[str, int]
    doubtful: tuple[DoubtfulBatch, ...]


def plan_send(
    workspace: Workspace, slug: str, *, list_key: str | None, segment: str | None
) -> Plan:
    """Count who would be mailed and who not; DeliveryError unless these bytes are approved."""
    issue = read_issue(workspace, slug)
    audience = _audience(workspace, list_key or issue.list_key, segment or issue.segment)
    with reading(workspace.engine) as connection:
        campaign = campaigns.find(connection, slug, audience.list_key, audience.segment)
        mailed, excluded = _counts(connection, slug, audience, campaign)
    start = campaign or approved_rendering(workspace, slug)
    size = batch_size(mailed, _largest_batch(workspace))
    return Plan(
        slug=slug,
        subject=issue.subject,
        audience=audience,
        mailed=mailed,
        excluded=excluded,
        requests=-(-mailed // size),
        provider=workspace.provider.name,
        start=start,
    )


def refuse_idle(plan: Plan) -> None:
    """DeliveryError where there is nothing to send: the campaign has ended, or nobody is there."""
    if isinstance(plan.start, Campaign):
        _refuse_ended(plan.start)
    elif not plan.mailed:
        raise DeliveryError(
            f"nobody on “{plan.audience.list_key}” would be mailed; "
            "`newsletter subscribers import FILE` adds people"
        )


def freeze(workspace: Workspace, plan: Plan, *, at: datetime | None) -> Campaign:
    """Fix audience and bytes in one transaction, or give back the campaign frozen before.

    DeliveryError where nobody would be mailed, where `at` has passed, or where it is not the moment
    for which the campaign was frozen.
    """
    refuse_idle(plan)
    if isinstance(plan.start, Campaign):
        return _at_its_moment(plan.start, at)
    if at is not None and at <= workspace.clock.now():
        raise DeliveryError(f"{at:%Y-%m-%d %H:%M %Z} has passed; leave the moment out to send now")
    campaign = _campaign(workspace, plan, plan.start, at)
    try:
        with writing(workspace.engine) as connection:
            campaign_id = freezing.freeze(
                connection,
                campaign,
                occurrence="",
                renditions=plan.start.renditions,
                rule=plan.audience.rule,
                largest_batch=_largest_batch(workspace),
                actor="operator",
            )
            return campaigns.get(connection, campaign_id)
    except IntegrityError:
        raise DeliveryError(
            f"another process has just started sending “{plan.slug}”; look at its status"
        ) from None


def dispatch(
    workspace: Workspace,
    campaign: Campaign,
    *,
    progress: Callable[[int], None] = lambda _: None,
    stopping: threading.Event | None = None,
) -> Campaign:
    """Send a frozen campaign, or continue one that was stopped anywhere.

    Once `stopping` is set, the requests under way end and nothing more is begun.
    """
    _refuse_ended(campaign)
    return Dispatch(
        engine=workspace.engine,
        provider=workspace.provider,
        clock=workspace.clock,
        randomness=workspace.randomness,
        key=derive_key(workspace.secret, Purpose.UNSUBSCRIBE),
        progress=progress,
        concurrency=workspace.settings.sending.concurrency,
        stopping=stopping or threading.Event(),
    ).run(campaign)


def send_test(workspace: Workspace, slug: str, addresses: tuple[str, ...]) -> Receipt:
    """Mail the issue as it stands to named addresses, outside every campaign and count."""
    rendered = render_issue(workspace, slug)
    message, reader = specimen(workspace, rendered.renditions[0])
    recipients = tuple(
        reader._replace(delivery=f"test-{place}", address=parse_address(address).mailed)
        for place, address in enumerate(addresses)
    )
    return workspace.provider.submit(
        Mailing(attempt=workspace.randomness.token(), message=message, recipients=recipients)
    )


def status(workspace: Workspace, slug: str | None) -> tuple[CampaignStatus, ...]:
    """Every campaign, or those of one issue, newest first."""
    if slug is not None:
        folder.find(workspace.issues, slug)
    with reading(workspace.engine) as connection:
        return tuple(
            CampaignStatus(
                campaign=campaign,
                accounting=accounting.account(connection, campaign.id),
                arrivals=accounting.arrivals(connection, campaign.id),
                doubtful=accounting.doubtful(connection, campaign.id),
            )
            for campaign in campaigns.every(connection, slug)
        )


def approved_rendering(workspace: Workspace, slug: str) -> Rendered:
    """The rendering, if it is byte for byte what was approved; DeliveryError otherwise."""
    approval = folder.find(workspace.issues, slug).approval()
    if approval is None:
        raise DeliveryError(
            f"“{slug}” is not approved; look at it, then `newsletter approve {slug}`"
        )
    rendered = render_issue(workspace, slug)
    if rendered.digest != approval.digest:
        raise DeliveryError(
            f"“{slug}” has changed since {approval.by} approved it on {approval.at:%Y-%m-%d}; "
            f"look at it again, then `newsletter approve {slug}`"
        )
    return rendered


def _counts(
    connection: Connection, slug: str, audience: Audience, campaign: Campaign | None
) -> tuple[int, dict[str, int]]:
    """Who is to be mailed and who is excluded: as frozen, once a campaign is."""
    if campaign is None:
        counts = freezing.count_audience(connection, slug, audience.list_key, audience.rule)
        return counts.pop("", 0), counts
    sums = accounting.account(connection, campaign.id)
    return sums.states.get(DeliveryState.PLANNED, 0), dict(sums.excluded)


def _refuse_ended(campaign: Campaign) -> None:
    if campaign.state in (CampaignState.DONE, CampaignState.CANCELLED):
        raise DeliveryError(f"this campaign is {campaign.state}; nobody is mailed twice")


def _at_its_moment(campaign: Campaign, at: datetime | None) -> Campaign:
    if at is not None and at != campaign.send_at:
        moment = f"for {campaign.send_at:%Y-%m-%d %H:%M} UTC" if campaign.send_at else "to go now"
        raise DeliveryError(
            f"“{campaign.issue}” was frozen {moment}, which cannot be changed any more; "
            "run it without another moment"
        )
    return campaign


def _audience(workspace: Workspace, list_key: str | None, segment: str | None) -> Audience:
    lists = workspace.settings.lists
    chosen = list_key or (next(iter(lists)) if len(lists) == 1 else None)
    if chosen is None:
        raise DeliveryError(f"which list? name one with --list: {', '.join(lists)}")
    if chosen not in lists:
        raise ConfigError(f"there is no list “{chosen}”; config.yaml has: {', '.join(lists)}")
    return Audience(chosen, segment or "", segment_rule(workspace, segment))


def _campaign(
    workspace: Workspace, plan: Plan, rendered: Rendered, at: datetime | None
) -> Campaign:
    return Campaign(
        id=0,
        issue=plan.slug,
        list_key=plan.audience.list_key,
        segment=plan.audience.segment,
        state=CampaignState.FROZEN,
        envelope=Envelope(
            sender=workspace.sender,
            reply_to=workspace.settings.publication.reply_to,
            list_id=list_id(workspace, plan.audience.list_key),
            base_url=workspace.settings.web.base_url,
        ),
        digest=rendered.digest,
        frozen_at=workspace.clock.now(),
        send_at=at,
        reason="",
    )


def _largest_batch(workspace: Workspace) -> int:
    return min(workspace.settings.sending.batch_size, workspace.provider.largest_batch)
