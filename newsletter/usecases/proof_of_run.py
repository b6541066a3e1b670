"""What a sponsor is owed: that a brief ran, how it looked, to how many it went, who clicked it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import DeliveryError
from newsletter.render.links import brief_id
from newsletter.reports.fragment import fragment
from newsletter.store import corrections, runs
from newsletter.store.engine import reading
from newsletter.usecases.corrections import list_corrections, mailed_brief
from newsletter.usecases.editing import read_issue
from newsletter.usecases.heat_map import anonymous, mailed_versions
from newsletter.usecases.redirects import led_to
from newsletter.usecases.reporting import report
from newsletter.usecases.sponsors import overview, placed

if TYPE_CHECKING:
    from datetime import date

    from newsletter.app import Workspace
    from newsletter.domain.correction import Correction
    from newsletter.domain.report import IssueReport, Place, Shares
    from newsletter.store.corrections import MailedBrief
    from newsletter.store.runs import Run
    from newsletter.usecases.sponsors import Placed


@dataclass(frozen=True, slots=True)
class Clicked:
    """A link of the brief: where it leads, who clicked it, and the `anonymous` clicks beside."""

    url: str
    people: Shares
    anonymous: int | None


@dataclass(frozen=True, slots=True)
class BriefRun:
    """One brief that ran: `picture` is its HTML as it was mailed. Of a sold one, `place` counts
    from 1 in its section, `slot` is its name, `makes_good` the day it is a make-good for. `clicked`
    counts people, `anonymous` the clicks of readers who are not counted one by one.
    """

    brief: str
    headline: str
    section: str
    place: int | None
    slot: str
    makes_good: date | None
    run: Run
    clicked: Shares | None
    anonymous: int | None
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
    """The proof for a sponsor, by the name or slot in sponsors.yaml or the name their briefs end
    with; or for one brief, by its headline as it was mailed or its id. DeliveryError where the
    issue was never sent, or had no such brief.
    """
    figures = report(workspace, slug)
    with reading(workspace.engine) as connection:
        mailed = corrections.briefs(connection, slug)
    there = (workspace.issues / slug).is_dir()  # an issue's folder may have been put away
    sold = placed(workspace, slug) if there else ()
    theirs = _of_sponsor(workspace, slug, wanted, mailed, sold) if there else ()
    found = theirs or (mailed_brief(slug, wanted, mailed),)
    return ProofOfRun(
        issue=slug,
        publication=workspace.settings.publication.name,
        wanted=wanted,
        report=figures,
        briefs=tuple(_ran(workspace, figures, one, mailed, sold) for one in found),
        corrections=list_corrections(workspace, slug),
    )


def _of_sponsor(
    workspace: Workspace,
    slug: str,
    name: str,
    mailed: tuple[MailedBrief, ...],
    sold: tuple[Placed, ...],
) -> tuple[MailedBrief, ...]:
    """Briefs that were sold to this sponsor, or under this slot, or whose source is called so in
    issue.md; as far as they were mailed.
    """
    wanted = name.casefold()
    theirs = {
        brief_id(one.brief) for one in sold if wanted in (one.sponsor.casefold(), one.slot)
    } or {
        brief_id(brief)
        for brief in read_issue(workspace, slug).briefs
        if (brief.source or "").casefold() == wanted
    }
    return tuple(one for one in mailed if one.brief in theirs)


def _ran(
    workspace: Workspace,
    figures: IssueReport,
    item: MailedBrief,
    mailed: tuple[MailedBrief, ...],
    sold_here: tuple[Placed, ...],
) -> BriefRun:
    with reading(workspace.engine) as connection:
        run = runs.run(connection, figures.issue, item.brief)
    place = next((one for one in figures.briefs if one.brief == item.brief), None)
    sold = next((one for one in sold_here if brief_id(one.brief) == item.brief), None)
    names = led_to(workspace, figures.issue)
    links = [one for one in figures.links if one.brief == item.brief]
    return BriefRun(
        brief=item.brief,
        headline=item.headline,
        section=_section(workspace, place),
        place=sold.place if sold else None,
        slot=sold.slot if sold else "",
        makes_good=_owed_since(workspace, figures.issue, sold.slot) if sold else None,
        run=run,
        clicked=place.people if place else None,
        anonymous=place.anonymous if place else None,
        links=tuple(
            Clicked(names.get(one.url, one.url), one.people, one.anonymous) for one in links
        ),
        picture=_picture(workspace, figures, item, mailed),
    )


def _owed_since(workspace: Workspace, slug: str, slot: str) -> date | None:
    every = overview(workspace, slug)
    return next((one.day for one in every if (one.booking.slot, one.instead) == (slot, slug)), None)


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
