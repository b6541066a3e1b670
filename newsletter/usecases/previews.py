"""The newest rendering of each issue that somebody looks at: made once for all who ask, and kept
until a file it was made from changes. What went wrong stands beside the last good rendering.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from newsletter.config import CONFIG_FILE
from newsletter.errors import NewsletterError
from newsletter.issues import folder, sponsors
from newsletter.usecases.rendering import render_issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.usecases.rendering import Rendered

SHARED = (CONFIG_FILE, sponsors.FILE)
"""Files of the workspace's own folder that every rendering and its checks depend on."""

KEPT = 6
"""Issues whose renderings are kept; each is some hundred kilobytes a version."""

PASSED_OVER = (
    "approval.json",
    "approvals.jsonl",
    "approved.md",
    "candidates.md",
    "stories.yaml",
)
"""Files of an issue's folder that no rendering depends on."""


@dataclass(frozen=True, slots=True)
class Preview:
    """An issue as it renders now, or as it last did where there is a `mistake`.

    `mark` tells one state of the files from another; `rendered` is None where it never rendered
    since the studio was opened.
    """

    slug: str
    mark: str
    rendered: Rendered | None
    mistake: NewsletterError | None = None


@dataclass(slots=True)
class _Place:
    """One issue's turn: whoever asks while it renders waits for that rendering."""

    turn: Lock = field(default_factory=Lock)
    newest: Preview | None = None


class Previews:
    """Shared by everybody who looks; safe between threads."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, _Place] = OrderedDict()
        self._lock = Lock()

    def of(self, workspace: Workspace, slug: str) -> Preview:
        """The issue's preview, rendered now if its files changed; IssueError if there is none."""
        folder.find(workspace.issues, slug)
        place = self._place(slug)
        with place.turn:
            now = mark(workspace, slug)
            if place.newest is None or place.newest.mark != now:
                place.newest = _rendered(workspace, slug, now, place.newest)
            return place.newest

    def _place(self, slug: str) -> _Place:
        with self._lock:
            place = self._places.setdefault(slug, _Place())
            self._places.move_to_end(slug)
            while len(self._places) > KEPT:
                self._places.popitem(last=False)
            return place


def mark(workspace: Workspace, slug: str) -> str:
    """16 hexadecimal digits that change with any file the issue is rendered from."""
    stamps = hashlib.sha256(workspace.settings.model_dump_json().encode())
    for path in _files(workspace, slug):
        try:
            stat = path.stat()
        except OSError:
            continue  # a link to nowhere, or gone since it was listed
        stamps.update(f"\n{path.name} {stat.st_mtime_ns} {stat.st_size} {stat.st_ino}".encode())
    return stamps.hexdigest()[:16]


def is_rendered_from(name: str) -> bool:
    """Whether a rendering may depend on what has this name in an issue's folder."""
    return name not in PASSED_OVER and not name.startswith(".")


def _files(workspace: Workspace, slug: str) -> Iterator[Path]:
    """What all issues share, the theme, the issue's own files and pictures, and its items."""
    home = workspace.issues / slug
    yield from (workspace.root / name for name in SHARED)
    yield from sorted(workspace.root.joinpath("templates", workspace.settings.theme).rglob("*"))
    yield from sorted(path for path in home.iterdir() if is_rendered_from(path.name))
    yield from sorted(home.joinpath("images").glob("*"))


def _rendered(workspace: Workspace, slug: str, now: str, before: Preview | None) -> Preview:
    try:
        return Preview(slug, now, render_issue(workspace, slug))
    except NewsletterError as mistake:
        return Preview(slug, now, before.rendered if before else None, mistake)
