"""Edits made in the studio: applied to what the files say now, written, and kept to be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.applying import applied
from newsletter.issues.edits import Conflict
from newsletter.issues.pair import read_texts, write_texts
from newsletter.issues.replacing import locked
from newsletter.usecases.undoing import keep_step

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.issues.edits import Edit, Texts
    from newsletter.issues.folder import IssueFolder

TRIES, PAUSE = 40, 0.025
"""How often, and how many seconds apart, files are read that somebody is just saving."""


@dataclass(frozen=True, slots=True)
class Revised:
    """An edit that was made; `changed` is whether it changed a byte."""

    changed: bool


def revise(workspace: Workspace, slug: str, edit: Edit, *, what: str) -> Revised | Conflict:
    """Apply an edit to an issue; `what` tells later, in the studio, what would be undone.

    A conflict, and nothing is written, where what the edit was made on has changed meanwhile.
    IssueError with file and line where the edit cannot be or a file cannot be read.
    """
    here = folder.find(workspace.issues, slug)
    for _ in range(TRIES):
        with locked(here.path):
            old = texts_of(workspace, here)
            try:
                new = applied(edit, old)
            except IssueError:
                if _settled(workspace, here, old):
                    raise
                continue
            if isinstance(new, Conflict):
                if _settled(workspace, here, old):
                    return new
                continue
            if write_texts(here, old, new):
                if new != old:
                    keep_step(workspace, slug, what, old, new)
                return Revised(changed=new != old)
        workspace.clock.sleep(PAUSE)
    raise IssueError("is being saved over and over; try again", file=f"issues/{slug}/issue.md")


def texts_of(workspace: Workspace, here: IssueFolder) -> Texts:
    """An issue's files as they stand."""
    titles = {rule.key: rule.title for rule in workspace.settings.sections}
    return read_texts(here, titles)


def _settled(workspace: Workspace, here: IssueFolder, read: Texts) -> bool:
    """Whether the files stay what was read; some editors empty a file before they write it."""
    workspace.clock.sleep(PAUSE)
    return texts_of(workspace, here) == read
