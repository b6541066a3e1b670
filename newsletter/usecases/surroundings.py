"""What is known around an issue whenever it is rendered, and at which level checks speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from newsletter.domain.finding import Level
from newsletter.render.checks.known import Known
from newsletter.usecases.kept_sources import kept_sources
from newsletter.usecases.link_memory import link_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.rendition import Rendition

Look: TypeAlias = "Callable[[Workspace, Issue, tuple[Rendition, ...]], Known]"


def levels(told: Mapping[str, str]) -> dict[str, Level | None]:
    """Check → the publication's level, None for `off`."""
    return {code: None if level == "off" else Level(level) for code, level in told.items()}


def recalled(workspace: Workspace, issue: Issue, _renditions: tuple[Rendition, ...]) -> Known:
    """What is known without asking anybody: what links answered within the last day, and what the
    sources of the briefs say.
    """
    answers = {address: answer for address, (_, answer) in link_memory(workspace).read().items()}
    return Known(
        answers=answers,
        shares=workspace.settings.clients,
        sources=kept_sources(workspace, issue),
    )
