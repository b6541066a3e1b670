"""The studio as an application: each subject brings its routes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from newsletter.errors import NewsletterError
from newsletter.web.studio import (
    arranging,
    conflicts,
    deciding,
    differences,
    editing,
    inbox,
    issues,
    live,
    looking,
    pasting,
    rendition,
    reports,
    sending,
)
from newsletter.web.studio.desk import Desk
from newsletter.web.studio.guard import Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace

SUBJECTS = (
    issues,
    looking,
    rendition,
    live,
    inbox,
    differences,
    deciding,
    sending,
    arranging,
    editing,
    conflicts,
    pasting,
    reports,
)
"""Modules with `routes(desk)`."""


def studio_app(workspace: Workspace, *, port: int, allows_send: bool = False) -> Starlette:
    """The application, for whoever asks for this machine's own names at `port`.

    `state.let_go` ends the streams of open pages, when the server stops.
    """
    desk = Desk(workspace, allows_send=allows_send)

    async def mistake(request: Request, error: Exception) -> Response:
        return desk.alert(request, 422, str(error))

    async def fault(request: Request, _: Exception) -> Response:
        return desk.alert(request, 500, "The studio made a mistake; its terminal tells which.")

    async def missing(request: Request, _: Exception) -> Response:
        return desk.alert(request, 404, "There is no such page in the studio.")

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        try:
            async with live.watching(desk)(application):
                yield
        finally:
            await desk.ask(desk.senders.stop)
            desk.close()

    hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
    application = Starlette(
        routes=[
            *(route for subject in SUBJECTS for route in subject.routes(desk)),
            Mount("/static", StaticFiles(packages=[("newsletter.web.studio", "static")])),
        ],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={NewsletterError: mistake, 404: missing, 500: fault},
        lifespan=lifespan,
    )
    application.state.let_go = desk.listeners.let_go
    return application
