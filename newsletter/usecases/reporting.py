"""Reports: what became of one issue, and what runs across issues."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState
from newsletter.domain.event import SILENCE
from newsletter.domain.report import COMPARED, Verdict
from newsletter.domain.trends import SilentIssue, Trends
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.reports import complaints
from newsletter.reports.curve import Standings, issue_line
from newsletter.reports.issue import SAID, Material, began_at, issue_report
from newsletter.reports.rows import as_csv
from newsletter.reports.sums import Sums
from newsletter.reports.trends import cohorts, weeks
from newsletter.store import audience, campaigns, corrections, figures, growth, subjects
from newsletter.store import sums as stored
from newsletter.store.engine import reading
from newsletter.usecases.interest import interests
from newsletter.usecases.redirects import led_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.report import IssueReport

__all__ = ["as_csv", "report", "reported_issues", "trends"]

LOOKED_BACK = timedelta(weeks=26)
"""How far back trends go if nothing else is asked for."""

_ENDED = (CampaignState.DONE, CampaignState.UNSETTLED)


def report(workspace: Workspace, slug: str) -> IssueReport:
    """What became of an issue and what its readers did; corrections of it are not in the figures.

    Raises IssueError where there is no such issue, or nothing of it was sent yet.
    """
    with reading(workspace.engine) as connection:
        mailed = campaigns.by_issue(connection)
        if slug not in mailed:
            folder.find(workspace.issues, slug)
            raise IssueError(f"nothing of {slug} was sent yet; `newsletter send {slug}` sends it")
        return issue_report(_material(workspace, connection, slug, mailed))


def is_reported(workspace: Workspace, slug: str) -> bool:
    """Whether anything of an issue was sent. Raises IssueError where there is no such issue."""
    with reading(workspace.engine) as connection:
        if slug in campaigns.by_issue(connection):
            return True
    folder.find(workspace.issues, slug)
    return False


def reported_issues(workspace: Workspace) -> tuple[str, ...]:
    """The issues that there is a report of, the newest first."""
    with reading(workspace.engine) as connection:
        return tuple(reversed(campaigns.by_issue(connection)))


def trends(workspace: Workspace, *, since: datetime | None = None) -> Trends:
    """What runs across issues since then (half a year); cohorts and interests over the last ten."""
    now = workspace.clock.now()
    first = (since or now - LOOKED_BACK).astimezone(UTC).date()
    monday = first - timedelta(days=first.weekday())
    begin = datetime.combine(monday, time(), tzinfo=UTC)
    with reading(workspace.engine) as connection:
        mailed = campaigns.by_issue(connection)
        recent = {slug: some for slug, some in mailed.items() if began_at(some) >= begin}
        latest = dict(list(mailed.items())[-COMPARED:])
        sums = {slug: _sums(connection, some) for slug, some in (latest | recent).items()}
        sources, sections = interests(workspace, connection, latest)
        sizes = audience.list_sizes(connection)
        lines = [
            line
            for slug, some in recent.items()
            for line in complaints.provider_lines(sums[slug], slug, began_at(some))
        ]
        every = Sums.of(sums[slug].counts for slug in recent)
        return Trends(
            at=now,
            since=begin,
            issues=tuple(
                issue_line(slug, began_at(recent[slug]), one)
                for slug, one in _standings(connection, recent).items()
            ),
            weeks=weeks(
                growth.days(connection, since=begin),
                {key: size.subscribed for key, size in sizes.items()},
                since=monday,
                until=now.date(),
            ),
            cohorts=cohorts([sums[slug] for slug in latest]),
            sources=sources.told(),
            sections=sections.told(),
            providers=tuple(
                line
                for slug in recent
                for line in complaints.told([one for one in lines if one.issue == slug])
            ),
            mailboxes=complaints.told(complaints.provider_lines(every, "", begin)),
            complaints=complaints.spans(lines),
            silent=_silent(workspace, connection, recent),
            method=SAID,
        )


def _material(
    workspace: Workspace,
    connection: Connection,
    slug: str,
    mailed: Mapping[str, Sequence[Campaign]],
) -> Material:
    some = mailed[slug]
    numbers = _numbers(some)
    counts = stored.counts(connection, numbers)
    sent = figures.sent(connection, numbers)
    silent = _silent(workspace, connection, {slug: some})
    return Material(
        issue=slug,
        at=workspace.clock.now(),
        campaigns=some,
        candidates=figures.candidates(connection, numbers),
        excluded=figures.excluded(connection, numbers),
        sent=sent,
        counts=counts,
        left=figures.left(connection, numbers, since=_oldest(some)),
        links=figures.links(connection, numbers),
        leads_to=led_to(workspace, slug),
        corrections=corrections.of_issue(connection, slug),
        trials=tuple(filter(None, (subjects.look_now(connection, number) for number in numbers))),
        noted=figures.noted(connection, numbers),
        earlier=_earlier(connection, slug, mailed),
        concerns=tuple(_told(one) for one in silent),
    )


def _told(silent: SilentIssue) -> str:
    return (
        f"nothing at all was reported of {silent.submitted:,} mails to {silent.audience} within "
        f"{SILENCE.total_seconds() / 3600:.0f} hours; look whether the event webhook is set and "
        "reaches `newsletter serve`"
    )


def _earlier(
    connection: Connection, slug: str, mailed: Mapping[str, Sequence[Campaign]]
) -> tuple[Standings, ...]:
    """The last ten issues before this one."""
    slugs = list(mailed)
    before = slugs[: slugs.index(slug)][-COMPARED:]
    return tuple(_standings(connection, {other: mailed[other] for other in before}).values())


def _standings(
    connection: Connection, issues: Mapping[str, Sequence[Campaign]]
) -> dict[str, Standings]:
    """What is compared of each of these issues."""
    if not issues:
        return {}
    every = [campaign for some in issues.values() for campaign in some]
    left = figures.left(connection, _numbers(every), since=_oldest(every))
    found = {}
    for slug, some in issues.items():
        numbers = _numbers(some)
        gone = sum(reasons.total() for part, reasons in left.items() if part[0] in numbers)
        found[slug] = Standings.of(_sums(connection, some), gone, Verdict.HUMAN)
    return found


def _silent(
    workspace: Workspace, connection: Connection, issues: Mapping[str, Sequence[Campaign]]
) -> tuple[SilentIssue, ...]:
    """Campaigns that ended a day ago or longer without a word of the provider, where it speaks."""
    if workspace.settings.sending.provider != "sendgrid":
        return ()
    ended = [one for some in issues.values() for one in some if one.state in _ENDED]
    moments = figures.ended(connection, _numbers(ended))
    told = {campaign for campaign, _ in stored.counts(connection, _numbers(ended))}
    before = workspace.clock.now() - SILENCE
    quiet = [one for one in ended if one.id not in told and moments.get(one.id, before) < before]
    sent = figures.sent(connection, _numbers(quiet)) if quiet else {}
    found = []
    for one in quiet:
        submitted = sum(count.submitted for part, count in sent.items() if part[0] == one.id)
        if submitted:
            found.append(SilentIssue(one.issue, one.audience, submitted, moments[one.id]))
    return tuple(found)


def _sums(connection: Connection, some: Iterable[Campaign]) -> Sums:
    return Sums.of(stored.counts(connection, _numbers(some), stored.SUMMARY).values())


def _numbers(some: Iterable[Campaign]) -> list[int]:
    return [campaign.id for campaign in some]


def _oldest(some: Iterable[Campaign]) -> datetime:
    return min(campaign.frozen_at for campaign in some)
