"""Gather: from sources to gathered items, briefs in issue.md, and candidates beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.issues import folder
from newsletter.issues.replacing import locked
from newsletter.usecases.drafting import file_items
from newsletter.usecases.reading import read_place, read_sources
from newsletter.usecases.sponsors import bookings, place_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.app import Workspace
    from newsletter.domain.item import SourceResult
    from newsletter.usecases.drafting import Gathered


def gather(
    workspace: Workspace,
    slug: str,
    *,
    place: str | None = None,
    stdin_text: Callable[[], str] = lambda: "",
    progress: Callable[[SourceResult], None] = lambda _: None,
    when_thin: str | None = None,
) -> Gathered:
    """Read every source of config.yaml, or only `place` (a URL, a file, or `-`), into an issue.

    `when_thin` stands in place of `gathering.thin_week.then`.

    A source that fails is a result with an error. GatherError when nothing at all could be read.
    Nothing a person wrote is changed: briefs are added, and only untouched ones brought up to date.
    With every source read, the paid pieces are placed, too.
    """
    target = folder.find(workspace.issues, slug)
    target.read(workspace.section_keys)  # a malformed issue is told before an hour of fetching
    bookings(workspace)  # and so is a malformed sponsors.yaml
    if place is None:
        results = read_sources(workspace, progress=progress)
        with locked(target.path):
            gathered = file_items(workspace, target, results, when_thin=when_thin)
            if not gathered.skipped:
                place_in(workspace, target)
            return gathered
    result = read_place(workspace, place, stdin_text=stdin_text)
    progress(result)
    with locked(target.path):
        return file_items(workspace, target, (result,))
