"""check: an issue held against every rule, with all there is to know around it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from newsletter.domain.segment import Comparison, Either, Every, Missing
from newsletter.errors import IssueError, Rejected
from newsletter.issues import folder
from newsletter.providers.mime import MailForm
from newsletter.render.checks.known import Known
from newsletter.render.checks.message import folded_subject
from newsletter.render.checks.rules import Checked
from newsletter.render.tokens import written_fields
from newsletter.store import audience
from newsletter.store.engine import reading
from newsletter.usecases.kept_sources import kept_sources
from newsletter.usecases.link_visits import visit
from newsletter.usecases.memory import ran_of_issue
from newsletter.usecases.rendering import render_issue, specimen
from newsletter.usecases.segments import asked_at, segment_rule
from newsletter.usecases.spam import scored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.rendition import Rendition
    from newsletter.domain.segment import Rule
    from newsletter.usecases.rendering import Rendered

EARLIER = 12
"""So many earlier issues are asked for their subject."""


def check_issue(workspace: Workspace, slug: str, *, offline: bool = False) -> Rendered:
    """Render an issue and hold it against every rule; without the network where `offline`."""

    def look(_: Workspace, issue: Issue, renditions: tuple[Rendition, ...]) -> Known:
        mails = dict(_mails(workspace, issue, renditions))
        score, missing = scored(next(iter(mails.values()), b""))
        return replace(
            _asked(workspace, issue, offline=offline),
            mails=mails,
            spam=score,
            spam_filter_missing=missing,
        )

    return render_issue(workspace, slug, look)


def _mails(
    workspace: Workspace, issue: Issue, renditions: tuple[Rendition, ...]
) -> Iterator[tuple[str, bytes]]:
    """Version → the whole message, but for one that no provider would take."""
    noon = datetime.combine(issue.date, time(12), tzinfo=UTC)
    for rendition in renditions:
        message, reader = specimen(workspace, issue, rendition)
        with suppress(Rejected):
            form = MailForm(message)
            yield rendition.version, form.filled(reader, attempt=message.campaign, date=noon)


def _asked(workspace: Workspace, issue: Issue, *, offline: bool) -> Known:
    """All there is to know but the finished mail: the readers, earlier subjects, the links."""
    checked = Checked(issue, workspace.settings.publication)
    visited = visit(workspace, [link.address for link in checked.links], offline=offline)
    named = {name for _, text in checked.texts for name, _ in written_fields(text)}
    readers, lacking, attributes = _readers(workspace, issue, sorted(named))
    return Known(
        attributes=attributes,
        readers=readers,
        lacking=lacking,
        subjects=_subjects(workspace, issue),
        answers=visited.answers,
        unvisited=visited.unvisited,
        shares=workspace.settings.clients,
        sources=kept_sources(workspace, issue),
        ran=ran_of_issue(workspace, issue),
    )


def _readers(
    workspace: Workspace, issue: Issue, named: list[str]
) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """How many there are, how many lack each attribute that is named, and all attributes."""
    if not named:
        return 0, {}, ()
    rule, now = segment_rule(workspace, issue.segment), asked_at(workspace)
    with reading(workspace.engine) as connection:
        lacking = {
            name: audience.count_people(
                connection, now=now, list_key=issue.list_key, rule=_without(name, rule)
            )
            for name in named
        }
        readers = audience.count_people(connection, now=now, list_key=issue.list_key, rule=rule)
        return readers, lacking, audience.attribute_names(connection)


def _without(name: str, rule: Rule | None) -> Rule:
    empty = Either((Missing(name), Comparison(name, "=", "")))
    return empty if rule is None else Every((rule, empty))


def _subjects(workspace: Workspace, issue: Issue) -> dict[str, str]:
    """Subject as it is compared → issue, of those just before this one."""
    earlier = [entry for entry in folder.every(workspace.issues) if entry.slug < issue.slug]
    found: dict[str, str] = {}
    for entry in sorted(earlier, key=lambda entry: entry.slug, reverse=True)[:EARLIER]:
        try:
            subject = folded_subject(entry.read(workspace.section_keys).issue.subject)
        except IssueError:
            continue  # `list` tells what is wrong with it
        if subject:
            found.setdefault(subject, entry.slug)
    return found
