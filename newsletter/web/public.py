"""The pages readers and the provider reach. GET changes nothing, anywhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.errors import NewsletterError, RenderError
from newsletter.usecases import readers
from newsletter.web.archive import ArchivePages
from newsletter.web.events import EventDoor
from newsletter.web.health import readiness
from newsletter.web.images import Images
from newsletter.web.page import HEADERS, Desk
from newsletter.web.preferences import PreferencePages
from newsletter.web.proofs import ProofPages
from newsletter.web.redirects import Redirects
from newsletter.web.subscribe import SubscribePages
from newsletter.web.unsubscribe import UnsubscribePages
from newsletter.web.visitor import gatehouse

if TYPE_CHECKING:
    from starlette.requests import Request

    from newsletter.app import Workspace
    from newsletter.usecases.pulse import Pulse

log = logging.getLogger(__name__)

LATER = "This does not work just now. Please try again in a few minutes."


def public_app(
    workspace: Workspace, *, webhook_key: str | None, pulse: Pulse | None = None
) -> Starlette:
    """The application. Without `webhook_key` there is no events address: never fail open (A97).
    `pulse` is that of the timer that runs beside it, if one does.

    Raises NewsletterError now, and not at the first reader's click, for a webhook key that is none,
    a missing workspace secret, a theme or words that cannot be used, or a database that cannot.
    """
    readers.ready(workspace)
    desk = Desk(workspace)
    door = EventDoor(workspace, webhook_key) if webhook_key else None
    routes = [*_reader_routes(workspace, desk), *_archive_routes(workspace, desk)]
    routes.append(Route("/ready", readiness(workspace, pulse), methods=["GET"]))
    if door is None:
        routes.append(Route("/health", _health, methods=["GET"]))
    else:
        routes.append(Route("/health", door.health, methods=["GET"]))
        routes.append(Route("/events/sendgrid", door.receive, methods=["POST"]))

    async def missing(request: Request, _: Exception) -> Response:
        return desk.message("missing", desk.words(request), status=404)

    async def later(request: Request, error: Exception) -> Response:
        """The database is locked or gone: who posts by itself comes again, and people read why."""
        log.error("a request could not be served: %s", error)
        if isinstance(error, RenderError):  # of a page's template: another page may have it, too
            return PlainTextResponse(LATER, status_code=503, headers=HEADERS)
        answer = desk.message("later", desk.words(request), status=503)
        answer.headers["Retry-After"] = "300"
        return answer

    async def cut_off(_: Request, __: Exception) -> Response:
        """Whoever asked is gone before all was said: nobody reads this, and nothing is wrong."""
        return Response(status_code=400)

    application = Starlette(
        routes=routes,
        exception_handlers={NewsletterError: later, ClientDisconnect: cut_off, 404: missing},
        lifespan=door.open if door else None,
    )
    application.router.redirect_slashes = False  # it would lead to whatever host was asked for
    return application


def _reader_routes(workspace: Workspace, desk: Desk) -> list[Route]:
    """Each with a page to GET and what its button POSTs."""
    gate = gatehouse(workspace.settings.signup.forwarded_by)
    leaving = UnsubscribePages(workspace, desk, gate)
    choosing = PreferencePages(workspace, desk, gate)
    joining = SubscribePages(workspace, desk, gate)
    routes = [Route("/style.css", desk.style, methods=["GET"])]
    for path, show, act in (
        ("/u/{word}", leaving.ask, leaving.unsubscribe),
        ("/r/{word}", leaving.ask_undo, leaving.undo),
        ("/p/{word}", choosing.ask, choosing.save),
        ("/c/{word}", joining.ask_confirm, joining.confirm),
        ("/subscribe", joining.ask, joining.subscribe),
        ("/subscribe/{list}", joining.ask, joining.subscribe),
    ):
        routes.append(Route(path, show, methods=["GET"]))
        routes.append(Route(path, act, methods=["POST"]))
    return routes + [
        Route(path, joining.preflight, methods=["OPTIONS"])
        for path in ("/subscribe", "/subscribe/{list}")
    ]


def _archive_routes(workspace: Workspace, desk: Desk) -> list[Route]:
    shelf = ArchivePages(workspace, desk)
    return [
        Route("/l/{issue}/{key}", Redirects(workspace, desk).follow, methods=["GET"]),
        Route("/archive", shelf.index, methods=["GET"]),
        Route("/archive.atom", shelf.feed, methods=["GET"]),
        Route("/archive/{issue}", shelf.issue, methods=["GET"]),
        Route("/proof/{word}", ProofPages(workspace, desk).show, methods=["GET"]),
        Route("/images/{name}", Images(workspace).show, methods=["GET"]),
    ]


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
