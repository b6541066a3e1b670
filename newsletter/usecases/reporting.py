"""Reports: what became of one issue, and what runs across issues."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState
from newsletter.domain.event import SILENCE
from newsletter.domain.report import COMPARED, SilentIssue, Trends, Verdict
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.reports.curve import Standings
from newsletter.reports.issue import HONESTY, METHOD, Material, began_at, issue_report
from newsletter.reports.sums import Sums
from newsletter.reports.trends import cohorts, weeks
from newsletter.store import audience, campaigns, figures, growth, tallies
from newsletter.store.engine import reading
from newsletter.usecases.interest import interests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.report import IssueReport
    from newsletter.store.tallies import Part

LOOKED_BACK = timedelta(weeks=26)
"""How far back trends go if nothing else is asked for."""

_NOT_MAILED = (CampaignState.CANCELLED, CampaignState.LOCKED)
_ENDED = (CampaignState.DONE, CampaignState.UNSETTLED)
Issues = dict[str, tuple["Campaign", ...]]


def report(workspace: Workspace, slug: str) -> IssueReport:
    """What became of an issue and what its readers did; corrections of it are not in the figures.

    Raises IssueError where there is no such issue, or nothing of it was sent yet.
    """
    with reading(workspace.engine) as connection:
        every = _issues(connection)
        if slug not in every:
            folder.find(workspace.issues, slug)
            raise IssueError(
                f"nothing of {slug} was sent yet; `newsletter send {slug}` does that", file=slug
            )
        material = _material(workspace, connection, slug, every)
    return issue_report(material)


def reported_issues(workspace: Workspace) -> tuple[str, ...]:
    """The issues that there is a report of, the newest first."""
    with reading(workspace.engine) as connection:
        return tuple(reversed(_issues(connection)))


def trends(workspace: Workspace, *, since: datetime | None = None) -> Trends:
    """What runs across issues: of the lists since then (half a year), of readers in the last ten
    issues.
    """
    now = workspace.clock.now()
    since = since or now - LOOKED_BACK
    monday = since.date() - timedelta(days=since.weekday())
    with reading(workspace.engine) as connection:
        every = {
            slug: some for slug, some in _issues(connection).items() if began_at(some) >= since
        }
        sums = {slug: _sums(connection, some) for slug, some in every.items()}
        days = growth.days(connection, since=since.replace(hour=0, minute=0, second=0) - timedelta(days=since.weekday()))
        sizes = {key: size.active for key, size in audience.list_sizes(connection).items()}
        silent = _silent(workspace, connection, every, sums)
    latest = dict(list(every.items())[-COMPARED:])
    sources, sections = interests(workspace, latest)
    return Trends(
        at=now,
        since=since,
        weeks=weeks(days, sizes, since=monday, until=now.date()),
        cohorts=cohorts([sums[slug] for slug in latest]),
        sources=sources.told(),
        sections=sections.told(),
        providers=tuple(
            line
            for slug, some in every.items()
            for line in sums[slug].providers(slug, began_at(some))
        ),
        silent=silent,
        method=(*METHOD, *HONESTY),
    )
