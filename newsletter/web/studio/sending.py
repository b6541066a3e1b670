"""Begins a send, where `preview --allow-send` asked for it, and shows how campaigns go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from newsletter.errors import IssueError
from newsletter.usecases import deciding
from newsletter.usecases.sending import must_wait
from newsletter.web.studio.deciding import first
from newsletter.web.studio.desk import HEADERS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """GET /i/{slug}/sending; POST /i/{slug}/send only where the studio may mail subscribers."""

    async def sending(request: Request) -> Response:
        return await progress(request)

    async def send(request: Request, form: Form) -> Response:
        slug, workspace = request.path_params["slug"], desk.workspace
        if first(form, "word") != slug:
            raise IssueError(f"nothing was sent, for “{slug}” was not typed")
        campaign = await desk.ask(
            deciding.begin_send,
            workspace,
            slug,
            list_key=first(form, "list") or None,
            segment=first(form, "segment") or None,
            shown=first(form, "shown"),
            by=deciding.named(first(form, "by")),
        )
        if campaign is None:
            return await progress(request, status=409)
        if not must_wait(workspace, campaign):
            desk.senders.send(workspace, campaign)
        if "HX-Request" not in request.headers:
            return RedirectResponse(f"/i/{slug}/sending", status_code=303, headers=HEADERS)
        return await progress(request)

    async def progress(request: Request, *, status: int = 200) -> Response:
        slug = request.path_params["slug"]
        seen = await desk.ask(desk.looks.of, desk.workspace, slug)
        mistakes = desk.senders.mistakes
        return desk.panel(
            request,
            "progress",
            slug=slug,
            status=status,
            looks=seen,
            overtaken=status == 409,
            mistakes=[mistakes[one.campaign.id] for one in seen if one.campaign.id in mistakes],
        )

    shown: list[BaseRoute] = [Route("/i/{slug}/sending", sending, methods=["GET"])]
    return [*shown, desk.change("/i/{slug}/send", send)] if desk.allows_send else shown
