"""The pages readers and the provider reach: unsubscribe, events, health. GET changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.providers.sendgrid.webhook import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    public_key,
)
from newsletter.usecases import readers

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from starlette.requests import Request

    from newsletter.app import Workspace

LARGEST_POST = 4 * 1024 * 1024
"""Bytes; SendGrid posts at most 768 kB."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def public_app(workspace: Workspace, *, webhook_key: str | None) -> Starlette:
    """The application. Without `webhook_key` there is no events address: never fail open (A97).

    Raises ConfigError for a key that is none.
    """
    pages = _Pages(workspace)
    routes = [
        Route("/u/{word}", pages.ask, methods=["GET"]),
        Route("/u/{word}", pages.unsubscribe, methods=["POST"]),
        Route("/health", _health, methods=["GET"]),
    ]
    if webhook_key:
        events = _Events(workspace, public_key(webhook_key))
        routes.append(Route("/events/sendgrid", events.receive, methods=["POST"]))
    return Starlette(routes=routes)


class _Pages:
    """The unsubscribe page. Scanners open every link of a mail, so only a POST acts (A75)."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.templates = Environment(
            loader=PackageLoader("newsletter.web", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
        )

    async def ask(self, request: Request) -> Response:
        """A page with one button."""
        known = await run_in_threadpool(
            readers.known_link, self.workspace, request.path_params["word"]
        )
        return self._page("ask" if known else "unknown", status=200 if known else 404)

    async def unsubscribe(self, request: Request) -> Response:
        """One click (RFC 8058), or the page's button; any other body shows the page."""
        form = parse_qs((await _body(request) or b"").decode("utf-8", "replace"))
        if form.get("List-Unsubscribe") != ["One-Click"]:
            return await self.ask(request)
        done = await run_in_threadpool(
            readers.unsubscribe, self.workspace, request.path_params["word"]
        )
        return self._page("done" if done else "unknown", status=200 if done else 404)

    def _page(self, state: str, *, status: int) -> Response:
        publication = self.workspace.settings.publication
        html = self.templates.get_template("unsubscribe.html").render(
            state=state, publication=publication.name, language=publication.language
        )
        return HTMLResponse(html, status_code=status, headers=_HEADERS)


class _Events:
    """SendGrid's event webhook: verified over the raw bytes, stored, and only then acknowledged."""

    def __init__(self, workspace: Workspace, key: EllipticCurvePublicKey) -> None:
        self.workspace = workspace
        self.key = key

    async def receive(self, request: Request) -> Response:
        """204 once the events are durable; 403 for a bad signature; 413 for too large a body."""
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        taken = await run_in_threadpool(
            readers.receive_events,
            self.workspace,
            body,
            key=self.key,
            signature=request.headers.get(SIGNATURE_HEADER, ""),
            timestamp=request.headers.get(TIMESTAMP_HEADER, ""),
        )
        return Response(status_code=403 if taken is None else 204)


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is larger than anything we expect."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_POST:
            return None
        parts.append(part)
    return b"".join(parts)


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
