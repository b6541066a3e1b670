"""The studio as an application: each subject brings its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from newsletter.errors import NewsletterError
from newsletter.web.studio import issues
from newsletter.web.studio.desk import Desk
from newsletter.web.studio.guard import Guard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace

SUBJECTS = (issues,)
"""Modules with `routes(desk)`."""


def studio_app(workspace: Workspace, *, port: int, allows_send: bool = False) -> Starlette:
    """The application, for whoever asks for this machine's own names at `port`."""
    desk = Desk(workspace, allows_send=allows_send)

    async def mistake(_: Request, error: Exception) -> Response:
        return desk.page("mistake", status=422, sentence=str(error))

    async def missing(_: Request, __: Exception) -> Response:
        return desk.page("mistake", status=404, sentence="There is no such page in the studio.")

    hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
    return Starlette(
        routes=[
            *(route for subject in SUBJECTS for route in subject.routes(desk)),
            Mount("/static", StaticFiles(packages=[("newsletter.web.studio", "static")])),
        ],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={NewsletterError: mistake, 404: missing},
    )
