"""Sold slots of a workspace: where they stand, what an issue must hold, and placing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain import sponsor
from newsletter.domain.campaign import CampaignState
from newsletter.domain.sponsor import Edition, Standing
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.codec import parse
from newsletter.issues.files import read_text
from newsletter.issues.replacing import locked, replaced
from newsletter.issues.sponsors import FILE, read_sponsors, with_piece
from newsletter.store import campaigns
from newsletter.store.engine import reading

if TYPE_CHECKING:
    from datetime import date

    from newsletter.app import Workspace
    from newsletter.domain.issue import Brief, Issue
    from newsletter.domain.sponsor import Booking, Due, Slot
    from newsletter.issues.folder import IssueFolder

LEFT = (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.UNSETTLED, CampaignState.DONE)
"""Of a campaign in these states something has left, or may have."""


@dataclass(frozen=True, slots=True)
class Sold:
    """What is sold around one issue: what it must hold, and slots of days without any issue."""

    due: tuple[Due, ...] = ()
    dead: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A sold piece as it stands in an issue: in the section of this key, at a place from 1."""

    slot: str
    sponsor: str
    section: str
    place: int
    brief: Brief


def bookings(workspace: Workspace) -> tuple[Booking, ...]:
    """Every slot of sponsors.yaml; none where there is no such file. IssueError with the line."""
    path = workspace.root / FILE
    sections = [rule.key for rule in workspace.settings.sections]
    return read_sponsors(read_text(path), sections) if path.exists() else ()


def overview(workspace: Workspace, slug: str | None = None) -> tuple[Slot, ...]:
    """Where each sold slot stands, by day; of one issue when it is named: its own, and those it
    makes good.
    """
    if slug is not None:
        folder.find(workspace.issues, slug)
    booked = bookings(workspace)
    editions = _editions(workspace) if booked else ()
    every = (slot for one in booked for slot in sponsor.slots(one, editions, _today(workspace)))
    return tuple(
        slot
        for slot in sorted(every, key=lambda slot: (slot.day, slot.booking.line))
        if slug in (None, slot.issue, slot.instead)
    )


def sold_around(workspace: Workspace, issue: Issue) -> Sold:
    """What a check of an issue must know of what is sold."""
    booked = bookings(workspace)
    if not booked:
        return Sold()
    editions, today = _editions(workspace), _today(workspace)
    return Sold(
        sponsor.due(booked, editions, issue, today),
        tuple(
            slot
            for one in booked
            for slot in sponsor.slots(one, editions, today)
            if slot.standing is Standing.OWED and not slot.issue and not slot.instead
        ),
    )


def place(workspace: Workspace, slug: str) -> tuple[Due, ...]:
    """Write what is sold for an issue, and what is owed, into it, where it does not stand there
    yet; returns that. IssueError where somebody saves the issue meanwhile, or it has left already.
    """
    target = folder.find(workspace.issues, slug)
    if slug in _out(workspace):
        raise IssueError(
            f"“{slug}” has begun to leave, so nothing can be placed in it any more; "
            "what it failed to run is owed, and placed in the next issue"
        )
    with locked(target.path):
        return place_in(workspace, target)


def place_in(workspace: Workspace, target: IssueFolder) -> tuple[Due, ...]:
    """The same for whoever holds the folder's lock; nothing where the issue has left already."""
    if target.slug in _out(workspace):
        return ()
    document = target.read(workspace.section_keys)
    due = sold_around(workspace, document.issue).due
    missing = tuple(
        one
        for one in due
        if one.booking.piece and not sponsor.found(document.issue, one.booking.slot)
    )
    titles = {rule.key: rule.title for rule in workspace.settings.sections}
    text = document.text
    for one in sorted(missing, key=lambda one: one.booking.place or 0):
        now = parse(text, slug=target.slug, file="issue.md", keys=workspace.section_keys)
        text = with_piece(now, one.booking, titles[one.booking.section])
    if missing and not replaced(target.issue_file, document.text, text):
        raise IssueError(
            "was saved meanwhile, and stays as it is; run this again",
            file=f"issues/{target.slug}/issue.md",
        )
    return missing


def placed(workspace: Workspace, slug: str) -> tuple[Placed, ...]:
    """The sold pieces that stand in an issue, as it was approved last, in reading order."""
    issue = _issue(workspace, folder.find(workspace.issues, slug))
    booked = {one.slot: one.sponsor for one in bookings(workspace)}
    return tuple(
        Placed(brief.sponsor, booked[brief.sponsor], section.key, number, brief)
        for section in issue.sections
        for number, brief in enumerate(section.briefs, 1)
        if brief.sponsor in booked
    )


def _editions(workspace: Workspace) -> tuple[Edition, ...]:
    """Every issue that can be read; of one that has left, what was approved."""
    out, found = _out(workspace), []
    for entry in folder.every(workspace.issues):
        try:
            left = entry.slug in out
            issue = _issue(workspace, entry) if left else entry.read(workspace.section_keys).issue
        except IssueError:
            continue  # `list` tells what is wrong with it
        found.append(Edition(issue, left))
    return tuple(found)


def _out(workspace: Workspace) -> frozenset[str]:
    """The issues of which something has left, or may have."""
    with reading(workspace.engine) as connection:
        every = campaigns.every(connection)
    return frozenset(one.issue for one in every if one.state in LEFT and not one.is_correction)


def _issue(workspace: Workspace, entry: IssueFolder) -> Issue:
    approval = entry.approval()
    kept = entry.approved(approval, workspace.section_keys) if approval else None
    return (kept or entry.read(workspace.section_keys)).issue


def _today(workspace: Workspace) -> date:
    return workspace.clock.now().astimezone(workspace.settings.publication.zone).date()
