"""Issues as anybody may read them: kept at the freeze, shown once they have begun to leave."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.render.pages.notes import amended
from newsletter.render.pipeline import render_page
from newsletter.render.tokens import sample
from newsletter.store import archive, corrections
from newsletter.store.archive import Entry
from newsletter.store.engine import reading
from newsletter.usecases.rendering import apart, setting

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.usecases.rendering import Rendered

PAGE = 20
"""Issues on one page of the index."""

_UNSEEN = re.compile(r"<(style|head|script|title)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Archived:
    """An issue's page, rendered and ready to be kept. `text` is what can be searched."""

    entry: Entry
    html: str
    text: str

    def keep(self, connection: Connection) -> None:
        """Keep it, in the transaction that freezes a campaign of the issue."""
        archive.keep(connection, self.entry, html=self.html, text=self.text)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of the index, and whether there are older issues after it."""

    entries: tuple[Entry, ...]
    older: bool


def archived(workspace: Workspace, rendered: Rendered, at: datetime) -> Archived:
    """The page of a rendered issue that leaves at a moment: no reader in it, and no token."""
    issue = rendered.issue
    page = apart(workspace, issue, render_page, issue, setting(workspace, issue, rendered.pictures))
    subject = sample(issue.subject)
    entry = Entry(
        issue=issue.slug,
        title=subject,
        summary=sample(issue.preheader),
        date=issue.date,
        language=workspace.settings.publication.language,
        published_at=at,
    )
    seen = html.unescape(_UNSEEN.sub(" ", page))
    return Archived(entry, page, f"{subject} {entry.summary} {seen}")


def shelf(workspace: Workspace, *, search: str = "", number: int = 1, size: int = PAGE) -> Shelf:
    """One page of the public issues that hold every word of a search, the newest first."""
    with reading(workspace.engine) as connection:
        found = archive.entries(
            connection,
            lists=_public(workspace),
            now=workspace.clock.now(),
            words=search.split(),
            skip=(number - 1) * size,
            most=size + 1,
        )
    return Shelf(found[:size], len(found) > size)


def issue_page(workspace: Workspace, issue: str) -> str | None:
    """The page of a public issue that has begun to leave, as corrected since, or None."""
    with reading(workspace.engine) as connection:
        now = workspace.clock.now()
        page = archive.page(connection, issue, lists=_public(workspace), now=now)
        return page and amended(page, corrections.of_issue(connection, issue))


def kept_page(workspace: Workspace, issue: str) -> str | None:
    """The page kept of any issue, as corrected since, or None."""
    with reading(workspace.engine) as connection:
        page = archive.kept(connection, issue)
        return page and amended(page, corrections.of_issue(connection, issue))


def _public(workspace: Workspace) -> tuple[str, ...]:
    return tuple(key for key, rule in workspace.settings.lists.items() if rule.public)
