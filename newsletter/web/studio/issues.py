"""The list of issues: how far each is, its date, what its checks find, whom it reached.

The page itself reads the files alone; a line is looked at closely once somebody sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from newsletter.usecases.editing import list_issues

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.web.studio.desk import Desk


def routes(desk: Desk) -> list[BaseRoute]:
    """GET / and, for each line of it, GET /issues/{slug}."""

    async def index(_: Request) -> Response:
        return desk.page("issues", issues=await desk.ask(list_issues, desk.workspace))

    async def line(request: Request) -> Response:
        stage = await desk.ask(desk.stages.of, desk.workspace, request.path_params["slug"])
        return desk.page("issue_line", stage=stage)

    return [
        Route("/", index, methods=["GET"]),
        Route("/issues/{slug}", line, methods=["GET"]),
    ]
