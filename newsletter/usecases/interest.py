"""What readers care for: sources and sections by human clicks, for reports and for the ranking."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from newsletter.domain.report import COMPARED, Verdict
from newsletter.domain.tally import Measure
from newsletter.errors import IssueError, StoreError
from newsletter.issues import folder
from newsletter.render.links import brief_id
from newsletter.reports.places import clicked_of
from newsletter.reports.sums import Sums
from newsletter.reports.trends import Interests
from newsletter.store import campaigns, figures, sums
from newsletter.store.engine import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.issue import Brief
    from newsletter.issues.folder import IssueFolder

_ASKED = (Measure.LINK, Measure.BRIEF, Measure.SECTION, Measure.COHORT_DELIVERED)


def source_weights(workspace: Workspace) -> dict[str, float]:
    """Source → what the ranking of stories may multiply by, from the last ten issues mailed; empty
    where the database is away, for gathering goes on without it.
    """
    with suppress(StoreError), reading(workspace.engine) as connection:
        mailed = campaigns.by_issue(connection)
        sources, _ = interests(workspace, connection, dict(list(mailed.items())[-COMPARED:]))
        return sources.weights()
    return {}


def interests(
    workspace: Workspace, connection: Connection, issues: Mapping[str, Sequence[Campaign]]
) -> tuple[Interests, Interests]:
    """Sources and sections of these issues; of an issue whose folder is gone, only sections."""
    sources, sections = Interests(), Interests()
    for slug, some in issues.items():
        numbers = [campaign.id for campaign in some]
        counts = sums.counts(connection, numbers, _ASKED)
        delivered = Sums.of(counts.values()).total(Measure.COHORT_DELIVERED)
        clicked = clicked_of(some, counts, figures.links(connection, numbers))
        for (section,), found in clicked.sections.items():
            sections.add(section, delivered, found.people[Verdict.HUMAN])
        named = _sources(workspace, slug)
        for (_, brief), found in clicked.briefs.items():
            sources.add(named.get(brief, ""), delivered, found.people[Verdict.HUMAN])
    return sources, sections


def _sources(workspace: Workspace, slug: str) -> dict[str, str]:
    """The id of a brief → its source, as config.yaml calls it where it was gathered."""
    with suppress(IssueError):
        place = folder.find(workspace.issues, slug)
        issue = place.read(workspace.section_keys).issue
        return {brief_id(brief): _source(place, brief) for brief in issue.briefs}
    return {}


def _source(place: IssueFolder, brief: Brief) -> str:
    kept = None
    if brief.item is not None:
        with suppress(IssueError):
            kept = place.kept(brief.item)
    return kept.item.source if kept else brief.source or ""
