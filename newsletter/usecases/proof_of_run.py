"""What a sponsor is owed: that a brief ran, how it looked, to how many it went, who clicked it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import DeliveryError, IssueError
from newsletter.render.links import brief_id
from newsletter.reports.fragment import fragment
from newsletter.store import corrections, runs
from newsletter.store.engine import reading
from newsletter.usecases.corrections import list_corrections, mailed_brief
from newsletter.usecases.editing import read_issue
from newsletter.usecases.heat_map import anonymous, mailed_versions
from newsletter.usecases.redirects import led_to
from newsletter.usecases.reporting import report

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.correction import Correction
    from newsletter.domain.report import IssueReport, Place, Shares
    from newsletter.store.corrections import MailedBrief
    from newsletter.store.runs import Run


@dataclass(frozen=True, slots=True)
class Clicked:
    """A link of the brief: where it leads, and who clicked it."""

    url: str
    people: Shares


@dataclass(frozen=True, slots=True)
class BriefRun:
    """One brief that ran: `picture` is its HTML as it was mailed."""

    brief: str
    headline: str
    section: str
    run: Run
    clicked: Shares | None
    links: tuple[Clicked, ...]
    picture: str


@dataclass(frozen=True, slots=True)
class ProofOfRun:
    """Every brief of one sponsor in one issue, or the one that was asked for."""

    issue: str
    publication: str
    wanted: str
    report: IssueReport
    briefs: tuple[BriefRun, ...]
    corrections: tuple[Correction, ...]

    @property
    def method(self) -> tuple[str, ...]:
        """How it was counted, in sentences."""
        return self.report.method


def proof_of_run(workspace: Workspace, slug: str, wanted: str) -> ProofOfRun:
    """The proof for a sponsor, by the name their briefs end with, or for one brief, by its headline
    as it was mailed or its id. DeliveryError where the issue was never sent, or had no such brief.
    """
    figures = report(workspace, slug)
    with reading(workspace.engine) as connection:
        mailed = corrections.briefs(connection, slug)
    found = _of_sponsor(workspace, slug, wanted, mailed) or (mailed_brief(slug, wanted, mailed),)
    return ProofOfRun(
        issue=slug,
        publication=workspace.settings.publication.name,
        wanted=wanted,
        report=figures,
        briefs=tuple(_ran(workspace, figures, one, mailed) for one in found),
        corrections=list_corrections(workspace, slug),
    )


def _of_sponsor(
    workspace: Workspace, slug: str, name: str, mailed: tuple[MailedBrief, ...]
) -> tuple[MailedBrief, ...]:
    """Briefs whose source is called so in issue.md, as far as they were mailed."""
    try:
        issue = read_issue(workspace, slug)
    except IssueError:
        return ()
    theirs = {
        brief_id(brief)
        for brief in issue.briefs
        if (brief.source or "").casefold() == name.casefold()
    }
    return tuple(one for one in mailed if one.brief in theirs)


def _ran(
    workspace: Workspace, figures: IssueReport, item: MailedBrief, mailed: tuple[MailedBrief, ...]
) -> BriefRun:
    with reading(workspace.engine) as connection:
        run = runs.run(connection, figures.issue, item.brief)
    place = next((one for one in figures.briefs if one.brief == item.brief), None)
    names = led_to(workspace, figures.issue)
    links = [one for one in figures.links if one.brief == item.brief]
    return BriefRun(
        brief=item.brief,
        headline=item.headline,
        section=_section(workspace, place),
        run=run,
        clicked=place.people if place else None,
        links=tuple(Clicked(names.get(one.url, one.url), one.people) for one in links),
        picture=_picture(workspace, figures, item, mailed),
    )


def _section(workspace: Workspace, place: Place | None) -> str:
    titles = {rule.key: rule.title for rule in workspace.settings.sections}
    return titles.get(place.section, place.section) if place else ""


def _picture(
    workspace: Workspace, figures: IssueReport, item: MailedBrief, mailed: tuple[MailedBrief, ...]
) -> str:
    """Out of the first version that shows it."""
    others = [one.headline for one in mailed if one.brief != item.brief]
    shared = {one.url for one in figures.links if one.brief != item.brief}
    links = [one.url for one in figures.links if one.brief == item.brief and one.url not in shared]
    for version in mailed_versions(workspace, figures.issue).values():
        cut = workspace.isolation.run(fragment, anonymous(version), item.headline, links, others)
        if cut:
            return cut
    raise DeliveryError(f"no mail of “{figures.issue}” shows “{item.headline}”")
