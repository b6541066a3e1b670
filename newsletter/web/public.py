"""The pages readers and the provider reach: unsubscribe, events, health. GET changes nothing."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.errors import NewsletterError
from newsletter.usecases import readers
from newsletter.web.events import EventDoor
from newsletter.web.images import Images
from newsletter.web.page import HEADERS, LARGEST_FORM, page, read_body
from newsletter.web.preferences import PreferencePages

if TYPE_CHECKING:
    from starlette.requests import Request

    from newsletter.app import Workspace

log = logging.getLogger(__name__)

_ONE_CLICK_PART = re.compile(
    rb'name="?List-Unsubscribe"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\r?\n--',
    re.IGNORECASE,
)
"""The one-click field in multipart/form-data, which RFC 8058 (3.2) prefers to the other form."""


def public_app(workspace: Workspace, *, webhook_key: str | None) -> Starlette:
    """The application. Without `webhook_key` there is no events address: never fail open (A97).

    Raises NewsletterError now, and not at the first reader's click, for a webhook key that is none,
    a missing workspace secret or a database that cannot be used.
    """
    readers.ready(workspace)
    pages, preferences = _Pages(workspace), PreferencePages(workspace)
    routes = [
        Route("/u/{word}", pages.ask, methods=["GET"]),
        Route("/u/{word}", pages.unsubscribe, methods=["POST"]),
        Route("/p/{word}", preferences.ask, methods=["GET"]),
        Route("/p/{word}", preferences.save, methods=["POST"]),
        Route("/images/{name}", Images(workspace).show, methods=["GET"]),
    ]
    door = EventDoor(workspace, webhook_key) if webhook_key else None
    if door is None:
        routes.append(Route("/health", _health, methods=["GET"]))
    else:
        routes.append(Route("/health", door.health, methods=["GET"]))
        routes.append(Route("/events/sendgrid", door.receive, methods=["POST"]))
    return Starlette(
        routes=routes,
        exception_handlers={NewsletterError: _later},
        lifespan=door.open if door else None,
    )


class _Pages:
    """The unsubscribe page. Scanners open every link of a mail, so only a POST acts (A75)."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    async def ask(self, request: Request) -> Response:
        """A page with one button."""
        known = await run_in_threadpool(
            readers.known_link, self.workspace, request.path_params["word"]
        )
        return self._page("ask" if known else "unknown", status=200 if known else 404)

    async def unsubscribe(self, request: Request) -> Response:
        """One click (RFC 8058), or the page's button; any other body shows the page."""
        if not _is_one_click(await read_body(request, LARGEST_FORM) or b""):
            return await self.ask(request)
        done = await run_in_threadpool(
            readers.unsubscribe, self.workspace, request.path_params["word"]
        )
        return self._page("done" if done else "unknown", status=200 if done else 404)

    def _page(self, state: str, *, status: int) -> Response:
        publication = self.workspace.settings.publication
        return page("unsubscribe.html", publication, status=status, state=state)


def _is_one_click(body: bytes) -> bool:
    """Whatever the content type says: mailbox providers are not exact about it."""
    form = parse_qs(body.decode("utf-8", "replace"))
    return form.get("List-Unsubscribe") == ["One-Click"] or bool(_ONE_CLICK_PART.search(body))


async def _later(_: Request, error: Exception) -> Response:
    """The database is locked or gone: who posts by itself comes again, and people read why."""
    log.error("a request could not be served: %s", error)
    return PlainTextResponse(
        "This does not work just now. Please try again in a few minutes.",
        status_code=503,
        headers=HEADERS | {"Retry-After": "300"},
    )


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
