"""How far an issue is on its way out: whether it stands approved, whether its send was begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import NewsletterError
from newsletter.store import campaigns
from newsletter.store.engine import reading
from newsletter.usecases.approvals import judged
from newsletter.usecases.editing import show_issue

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign


def begun(workspace: Workspace, slug: str) -> Campaign | None:
    """The last campaign of an issue, however it stands; None where there is none."""
    with reading(workspace.engine) as connection:
        return next(iter(campaigns.every(connection, slug)), None)


def obstacle(workspace: Workspace, slug: str) -> str:
    """Why an issue may not go out, in words that follow “and”; '' where it is approved."""
    try:
        view = judged(workspace, show_issue(workspace, slug))
    except NewsletterError as error:
        return str(error)
    if view.approval is None:
        return "it is not approved"
    return f"it has changed since {view.approval.by} approved it" if view.changed else ""
