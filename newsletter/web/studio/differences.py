"""What changed in an issue: since it was approved, and since the issue before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from newsletter.usecases.differences import issue_before, since_approval, since_issue
from newsletter.usecases.editing import show_issue

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.app import Workspace
    from newsletter.usecases.differences import SinceApproval, SinceIssue
    from newsletter.web.studio.desk import Desk


def routes(desk: Desk) -> list[BaseRoute]:
    """GET /i/{slug}/differences."""

    async def differences(request: Request) -> Response:
        slug = request.path_params["slug"]
        approval, issue = await desk.ask(_held_against_both, desk.workspace, slug)
        return desk.panel(
            request, "differences", slug=slug, since_approval=approval, since_issue=issue
        )

    return [Route("/i/{slug}/differences", differences, methods=["GET"])]


def _held_against_both(
    workspace: Workspace, slug: str
) -> tuple[SinceApproval | None, SinceIssue | None]:
    approved = show_issue(workspace, slug).approval is not None
    before = issue_before(workspace, slug)
    return (
        since_approval(workspace, slug) if approved else None,
        since_issue(workspace, slug, before) if before else None,
    )
