"""How lists of mail show an issue before it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from newsletter.render.inbox import inbox_rows
from newsletter.render.tokens import sample
from newsletter.usecases.editing import read_issue

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.web.studio.desk import Desk


def routes(desk: Desk) -> list[BaseRoute]:
    """GET /i/{slug}/inbox."""

    async def inbox(request: Request) -> Response:
        slug = request.path_params["slug"]
        issue = await desk.ask(read_issue, desk.workspace, slug)
        name = desk.workspace.sender.name or desk.workspace.sender.email
        trials = [
            inbox_rows(
                sender=name,
                subject=sample(subject).strip(),
                preheader=sample(issue.preheader).strip(),
            )
            for subject in issue.subjects or (issue.subject,)
        ]
        day = f"{issue.date:%b} {issue.date.day}"
        return desk.panel(request, "inbox", slug=slug, trials=trials, day=day)

    return [Route("/i/{slug}/inbox", inbox, methods=["GET"])]
