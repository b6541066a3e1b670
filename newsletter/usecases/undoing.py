"""The last edits made in the studio, kept so that they can be taken back, to the byte."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.files import read_text, remove, write_atomically
from newsletter.issues.pair import read_texts, write_texts
from newsletter.issues.replacing import locked
from newsletter.issues.undoing import without_change

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.issues.edits import Texts

KEPT = 50
"""So many edits of an issue can be undone."""


@dataclass(frozen=True, slots=True)
class Step:
    """One edit: what it was, and the issue's files before and after."""

    what: str
    issue: tuple[str, str]
    candidates: tuple[str, str]


def keep_step(workspace: Workspace, slug: str, what: str, old: Texts, new: Texts) -> None:
    """Keep an edit; by whoever holds the issue's lock."""
    place = _place(workspace, slug)
    numbers = _numbers(place)
    step = {
        "what": what,
        "at": workspace.clock.now().isoformat(),
        "issue": [old.issue, new.issue],
        "candidates": [old.candidates, new.candidates],
    }
    number = numbers[-1] + 1 if numbers else 1
    write_atomically(_file(place, number), json.dumps(step, ensure_ascii=False))
    for old_number in numbers[: max(0, len(numbers) + 1 - KEPT)]:
        remove(_file(place, old_number))


def last_step(workspace: Workspace, slug: str) -> str | None:
    """What `undo` would undo, or None."""
    place = _place(workspace, slug)
    numbers = _numbers(place)
    step = _read(_file(place, numbers[-1])) if numbers else None
    return step.what if step else None


def undo(workspace: Workspace, slug: str) -> str:
    """Take back the last edit made in the studio; returns what it was.

    IssueError, and nothing is changed, where there is none or the text around it changed since.
    """
    here = folder.find(workspace.issues, slug)
    place = _place(workspace, slug)
    with locked(here.path):
        numbers = _numbers(place)
        step = _read(_file(place, numbers[-1])) if numbers else None
        if step is None:
            raise IssueError(f"there is nothing to undo in “{slug}”")
        now = read_texts(here, {})
        issue = without_change(now.issue, *step.issue)
        candidates = without_change(now.candidates, *step.candidates)
        if issue is None or candidates is None:
            raise IssueError(
                f"“{step.what}” cannot be undone: the text around it has been changed since; "
                "change it by hand",
                file=f"issues/{slug}/{'issue' if issue is None else 'candidates'}.md",
            )
        if not write_texts(here, now, replace(now, issue=issue, candidates=candidates)):
            raise IssueError(
                "was just saved by somebody else; look at it, and undo again",
                file=f"issues/{slug}/issue.md",
            )
        remove(_file(place, numbers[-1]))
    return step.what


def _place(workspace: Workspace, slug: str) -> Path:
    return workspace.state / "undo" / slug


def _file(place: Path, number: int) -> Path:
    return place / f"{number:08}.json"


def _numbers(place: Path) -> list[int]:
    return sorted(int(path.stem) for path in place.glob("[0-9]*.json"))


def _read(path: Path) -> Step | None:
    """A kept edit; None where its file is damaged."""
    try:
        record = json.loads(read_text(path))
        return Step(record["what"], tuple(record["issue"]), tuple(record["candidates"]))
    except (ValueError, KeyError, TypeError):
        return None
