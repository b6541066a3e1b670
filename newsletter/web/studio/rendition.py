"""A rendition for a frame, and its pictures. What others wrote stands here, so nothing runs: the
frame is sandboxed, and the answer forbids scripts, forms and everything from elsewhere (A22).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.routing import Route

from newsletter.usecases import looking
from newsletter.usecases.pictures import image_file
from newsletter.web.studio.lens import asked_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.web.studio.desk import Desk

FRAME_HEADERS = {
    "Cache-Control": "no-store",
    # With the studio's origin, but without scripts: our own page keeps the scroll position.
    "Content-Security-Policy": (
        "sandbox allow-same-origin; default-src 'none'; img-src 'self' data:; "
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Of everything that shows what others wrote, on a path of its own below `/rendition/`."""

_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}


def routes(desk: Desk) -> list[BaseRoute]:
    """GET /rendition/{slug} and /images/{name}."""

    async def rendition(request: Request) -> Response:
        asked = asked_of(request.query_params)
        preview = await desk.preview(request.path_params["slug"])
        if preview.rendered is None:
            return framed_response("")
        html = await desk.ask(looking.frame, desk.workspace, preview.rendered, asked.lens)
        return framed_response(html)

    async def image(request: Request) -> Response:
        path = await desk.ask(image_file, desk.workspace, request.path_params["name"])
        if path is None:
            return PlainTextResponse("There is no such picture.", 404, FRAME_HEADERS)
        return FileResponse(path, media_type=_TYPES[path.suffix[1:]], headers=FRAME_HEADERS)

    return [
        Route("/rendition/{slug}", rendition, methods=["GET"]),
        Route("/images/{name:path}", image, methods=["GET"]),
    ]


def framed_response(html: str) -> Response:
    """A page of what others wrote, for a sandboxed frame."""
    return HTMLResponse(html, headers=FRAME_HEADERS)
