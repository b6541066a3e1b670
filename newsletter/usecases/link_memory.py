"""What links answered within the last day, so that no check visits them twice."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from newsletter.issues.files import write_atomically
from newsletter.render.checks.known import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace

Answers: TypeAlias = dict[str, tuple[datetime, Answer]]
REMEMBERED = timedelta(days=1)


def link_memory(workspace: Workspace) -> LinkMemory:
    """The workspace's own."""
    return LinkMemory(workspace.state / "links.json", now=workspace.clock.now())


class LinkMemory:
    """A JSON file of answers; what is old, or cannot be read, is as if it were not there."""

    def __init__(self, path: Path, *, now: datetime) -> None:
        self._path = path
        self._now = now

    def read(self) -> Answers:
        """The answers of the last day by address, with their moment."""
        try:
            held: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            found = {
                name: (datetime.fromisoformat(at), Answer(**answer))
                for name, (at, answer) in held.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
        return {
            name: (at, answer)
            for name, (at, answer) in found.items()
            if timedelta(0) <= self._now - at < REMEMBERED
        }

    def write(self, answers: Answers) -> None:
        """Keep these and no others."""
        held = {name: (at.isoformat(), asdict(answer)) for name, (at, answer) in answers.items()}
        write_atomically(self._path, json.dumps(held))
