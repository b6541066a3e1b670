"""Where our own redirect of a link leads: only to what was written down for that very link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.render.pages.notes import bare
from newsletter.store import redirects
from newsletter.store.engine import reading
from newsletter.usecases.rendering import redirects as redirects_of

if TYPE_CHECKING:
    from newsletter.app import Workspace


def leads_to(workspace: Workspace, issue: str, key: str) -> str | None:
    """The web address behind a link of an issue, or None where there is no such link."""
    with reading(workspace.engine) as connection:
        target = redirects.target(connection, issue, key)
    return target if target and target.lower().startswith(("http://", "https://")) else None


def led_to(workspace: Workspace, issue: str) -> dict[str, str]:
    """Each redirect's own address → where it leads, without campaign words: for who reads it."""
    begins = redirects_of(workspace, issue)
    with reading(workspace.engine) as connection:
        found = redirects.of_issue(connection, issue)
    return {f"{begins}/{one.key}": bare(one.target) for one in found}
