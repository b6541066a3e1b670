"""issue.md and candidates.md read and changed together, by whoever holds the folder's lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues.edits import Texts
from newsletter.issues.files import read_text
from newsletter.issues.replacing import replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.issues.folder import IssueFolder


def read_texts(folder: IssueFolder, titles: Mapping[str, str]) -> Texts:
    """Both files as they stand; `titles` are the sections of config.yaml, key → title."""
    issue = read_text(folder.issue_file)
    return Texts(folder.slug, issue, folder.candidates_text(), titles)


def write_texts(folder: IssueFolder, old: Texts, new: Texts) -> bool:
    """Write what differs; False, and nothing is changed, where a file is not `old` any more.

    The file that grows comes first: what is cut off between the two stands in both, never in none.
    """
    changes = [
        ("issue.md", old.issue, new.issue),
        ("candidates.md", old.candidates, new.candidates),
    ]
    changes.sort(key=lambda change: len(change[1]) - len(change[2]))
    done: list[tuple[str, str, str]] = []
    for name, before, after in changes:
        if before != after and not _replaced(folder, name, before, after):
            return _taken_back(folder, done)
        if before != after:
            done.append((name, before, after))
    return True


def _replaced(folder: IssueFolder, name: str, before: str, after: str) -> bool:
    path = folder.path / name
    if name == "candidates.md" and not path.exists():
        return replaced(path, None, after)
    return replaced(path, before, after)


def _taken_back(folder: IssueFolder, done: list[tuple[str, str, str]]) -> bool:
    for name, before, after in done:
        if not replaced(folder.path / name, after, before):
            raise IssueError(
                "was saved by somebody else at the same moment, so a brief now stands both here "
                "and in its old place; take one of them away",
                file=f"issues/{folder.slug}/{name}",
            )
    return False
