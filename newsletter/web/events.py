"""SendGrid's event webhook over HTTP, and how far behind the folding of its events is."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import JSONResponse, PlainTextResponse, Response

from newsletter.events.folder import folding
from newsletter.events.reception import Answer
from newsletter.providers.sendgrid.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER
from newsletter.usecases import events
from newsletter.usecases.health import BEHIND_AFTER
from newsletter.web.page import read_body

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette
    from starlette.requests import Request

    from newsletter.app import Workspace
    from newsletter.events.spool import Backlog

LARGEST_POST = 4 * 1024 * 1024
"""Bytes; SendGrid posts at most 768 kB."""

THREADS = 4
"""Posts that are verified and kept at once; readers' pages have threads of their own."""

_STATUS = {Answer.TAKEN: 204, Answer.REFUSED: 403, Answer.FULL: 503}


class EventDoor:
    """Takes posts in and folds them in a thread, for as long as the application runs."""

    def __init__(self, workspace: Workspace, webhook_key: str) -> None:
        self.reception = events.reception(workspace, webhook_key)
        self.folder = events.folder(workspace)
        self.clock = workspace.clock
        self.threads = CapacityLimiter(THREADS)

    @asynccontextmanager
    async def open(self, _: Starlette) -> AsyncIterator[None]:
        """Fold what waits and what comes."""
        await run_sync(self.folder.sweep)  # anyio loads itself for whoever is first: not a post
        with folding(self.folder):
            yield

    async def receive(self, request: Request) -> Response:
        """204 once the post is durable; 403 for a bad signature, 413 for too large a body, 503
        where too much waits.
        """
        body = await read_body(request, LARGEST_POST)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        signature = request.headers.get(SIGNATURE_HEADER, "")
        timestamp = request.headers.get(TIMESTAMP_HEADER, "")
        answer = await run_sync(
            lambda: self.reception.receive(body, signature=signature, timestamp=timestamp),
            limiter=self.threads,
        )
        return Response(status_code=_STATUS[answer])

    async def health(self, _: Request) -> Response:
        """What waits to be folded, how long it has waited, and what came since the start."""
        backlog = await run_sync(self.reception.spool.backlog)
        lag = self._lag(backlog)
        folded, came = self.folder.total, self.reception.counts
        return JSONResponse(
            {
                "status": "ok" if lag < BEHIND_AFTER else "behind",
                "events": {
                    "waiting_posts": backlog.posts,
                    "waiting_bytes": backlog.size,
                    "lag_seconds": round(lag, 3),
                    "posts": {answer.value: came[answer] for answer in Answer},
                    "folded": {
                        "new": folded.new,
                        "repeated": folded.repeated,
                        "foreign": folded.foreign,
                        "suppressed": folded.suppressed,
                    },
                },
            }
        )

    def _lag(self, backlog: Backlog) -> float:
        if backlog.oldest is None:
            return 0.0
        return max((self.clock.now() - backlog.oldest).total_seconds(), 0.0)
