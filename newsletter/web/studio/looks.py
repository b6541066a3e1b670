"""How far campaigns are, for pages that ask again every two seconds."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from newsletter.usecases.watching import watch

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.usecases.watching import Progress, Watcher


class Looks:
    """Keeps whoever watches a campaign, so that not every page's look counts every delivery.

    Safe between threads.
    """

    def __init__(self) -> None:
        self._watchers: dict[int, Watcher] = {}
        self._turn = Lock()

    def of(self, workspace: Workspace, slug: str) -> tuple[Progress, ...]:
        """How far the issue's campaigns are that are under way; or its newest."""
        with self._turn:
            return tuple(self._look(workspace, watcher) for watcher in watch(workspace, slug))

    def _look(self, workspace: Workspace, watcher: Watcher) -> Progress:
        number = watcher.campaign.id
        kept = self._watchers.setdefault(number, watcher)
        kept.workspace = workspace
        look = kept.look()
        if look.ended:
            del self._watchers[number]
        return look
