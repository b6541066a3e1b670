"""An issue's folder: issue.md, candidates.md, gathered items and the approval."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues.approvals import (
    Approval,
    Ruling,
    Verdict,
    approval_file,
    read_approval,
    read_rulings,
    ruling_line,
)
from newsletter.issues.blocks import known_items
from newsletter.issues.codec import Document, parse, parse_candidates
from newsletter.issues.decisions import decisions_file, read_decisions
from newsletter.issues.files import append_line, read_text, remove, write_atomically
from newsletter.issues.gathered import Kept, gathered_file, read_gathered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from newsletter.domain.issue import Brief
    from newsletter.domain.story import Decisions

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_CANDIDATES = "# Candidates\n\nMove a block into issue.md to use it.\n"


@dataclass(frozen=True, slots=True)
class IssueFolder:
    """One issue on disk. `path` is the folder; its name is the issue's slug."""

    path: Path

    @property
    def slug(self) -> str:
        """The name by which people call the issue."""
        return self.path.name

    @property
    def issue_file(self) -> Path:
        """The one document an editor works in."""
        return self.path / "issue.md"

    def read(self, keys: Mapping[str, str]) -> Document:
        """issue.md, parsed; see codec.parse."""
        return parse(
            read_text(self.issue_file), slug=self.slug, file=self._name("issue.md"), keys=keys
        )

    def write(self, text: str) -> None:
        """Replace issue.md atomically."""
        write_atomically(self.issue_file, text)

    def known_items(self) -> frozenset[str]:
        """Items met before: in issue.md, in candidates.md, or thrown out of both."""
        return (
            self.kept_ids()
            | known_items(read_text(self.issue_file))
            | known_items(self.candidates_text())
        )

    def candidates_text(self) -> str:
        """candidates.md, or how it begins where there is none yet."""
        path = self.path / "candidates.md"
        return read_text(path) if path.exists() else _CANDIDATES

    def candidates(self) -> tuple[Brief, ...]:
        """The briefs of candidates.md; IssueError with file and line where a comment is wrong."""
        return parse_candidates(self.candidates_text(), file=self._name("candidates.md"))

    def write_candidates(self, text: str) -> None:
        """Replace candidates.md atomically."""
        write_atomically(self.path / "candidates.md", text)

    def kept_ids(self) -> frozenset[str]:
        """The ids of all items in gathered/."""
        return frozenset(path.stem for path in (self.path / "gathered").glob("*.md"))

    def kept(self, item: str) -> Kept | None:
        """One gathered item, or None. IssueError where its file is damaged."""
        path = self.path / "gathered" / f"{item}.md"
        if not path.is_file():
            return None
        return read_gathered(read_text(path), file=self._name(f"gathered/{path.name}"))

    def keep(self, kept: Iterable[Kept]) -> None:
        """Write gathered/<id>.md for each of these, over what there was."""
        for one in kept:
            path = self.path / "gathered" / f"{one.item.id}.md"
            text = gathered_file(one)
            if not path.exists() or read_text(path) != text:
                write_atomically(path, text)

    def decisions(self) -> Decisions:
        """What the desk decided about stories. IssueError where stories.yaml is malformed."""
        path = self.path / "stories.yaml"
        text = read_text(path) if path.exists() else ""
        return read_decisions(text, file=self._name("stories.yaml"))

    def decide(self, decisions: Decisions) -> None:
        """Record decisions about stories."""
        write_atomically(self.path / "stories.yaml", decisions_file(decisions))

    def approval(self) -> Approval | None:
        """The recorded approval, or None."""
        path = self.path / "approval.json"
        if not path.exists():
            return None
        return read_approval(read_text(path), file=self._name("approval.json"))

    def approve(self, approval: Approval, text: str) -> None:
        """Record an approval, and `text`, the issue.md it is given for."""
        # The copy first: an approval whose copy is not its own yet says so by its digest.
        write_atomically(self.path / "approved.md", text)
        kept = replace(approval, text=_digest(text))
        write_atomically(self.path / "approval.json", approval_file(kept))
        self._rule(Ruling(Verdict.APPROVED, approval.digest, approval.by, approval.at))

    def revoke(self, approval: Approval, *, by: str, at: datetime) -> None:
        """Take an approval back; who did so is written down first."""
        self._rule(Ruling(Verdict.REVOKED, approval.digest, by, at))
        remove(self.path / "approval.json")

    def approved(self, approval: Approval, keys: Mapping[str, str]) -> Document | None:
        """issue.md as it was approved; None where the copy is lost or was touched since."""
        path = self.path / "approved.md"
        if not path.exists():
            return None
        text = read_text(path)
        if _digest(text) != approval.text:
            return None
        return parse(text, slug=self.slug, file=self._name("approved.md"), keys=keys)

    def rulings(self) -> tuple[Ruling, ...]:
        """Who approved the issue or took that back, oldest first."""
        path = self.path / "approvals.jsonl"
        return read_rulings(read_text(path)) if path.exists() else ()

    def _rule(self, ruling: Ruling) -> None:
        append_line(self.path / "approvals.jsonl", ruling_line(ruling))

    def _name(self, file: str) -> str:
        return f"issues/{self.slug}/{file}"


def find(root: Path, slug: str) -> IssueFolder:
    """The folder of an issue; IssueError when there is none, naming those there are."""
    folder = _folder(root, slug)
    if not folder.issue_file.is_file():
        there = ", ".join(issue.slug for issue in every(root)[:5])
        hint = f"there are: {there}" if there else "there are none yet"
        raise IssueError(f"there is no issue “{slug}”; {hint}; `newsletter new {slug}` makes one")
    return folder


def every(root: Path) -> tuple[IssueFolder, ...]:
    """All issues of a workspace, newest name first."""
    if not root.is_dir():
        return ()
    folders = (path for path in root.iterdir() if (path / "issue.md").is_file())
    return tuple(IssueFolder(path) for path in sorted(folders, key=lambda p: p.name, reverse=True))


def create(
    root: Path,
    slug: str,
    *,
    day: date,
    list_key: str,
    titles: Iterable[str],
    segment: str | None = None,
) -> IssueFolder:
    """A new issue with its sections' headings; IssueError when it exists already."""
    folder = _folder(root, slug)
    if folder.issue_file.exists():  # the folder alone is what a crash leaves
        raise IssueError(f"there is already an issue “{slug}” in {folder.path}")
    sections = "".join(f"\n## {title}\n" for title in titles)
    audience = f"list: {list_key}\n" + (f"segment: {segment}\n" if segment else "")
    folder.write(
        f'---\nsubject: ""\npreheader: ""\ndate: {day.isoformat()}\n{audience}---\n{sections}'
    )
    return folder


def _folder(root: Path, slug: str) -> IssueFolder:
    if not _SLUG.match(slug):
        raise IssueError(
            f"“{slug}” cannot name an issue; use small letters, digits and hyphens, "
            "for example 2026-11-27"
        )
    return IssueFolder(root / slug)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
