"""The list of issues: state, date, findings, reach."""

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
    """GET / ."""

    async def index(_: Request) -> Response:
        return desk.page("issues", issues=await desk.ask(list_issues, desk.workspace))

    return [Route("/", index, methods=["GET"])]
