"""Who may talk to the studio: this machine's browser, from the studio's own pages.

A page of another site can make a browser send requests here. It cannot choose the Host header
(DNS rebinding ends at the list of names, A29), the browser tells its Origin, and it cannot read the
token that our own pages carry (A30).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN_FIELD = "token"  # noqa: S105 - the name of a field
TOKEN_HEADER = "X-Studio-Token"  # noqa: S105 - the name of a header

_LOOKING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through only what is asked for as `hosts`, and changes only from our own pages."""

    application: ASGIApp
    hosts: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 or 403, or let the application answer."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self.application)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = dict(scope["headers"])
        if headers.get(b"host", b"").decode("latin-1") not in self.hosts:
            return PlainTextResponse("The studio does not answer to this name.", status_code=421)
        if scope["method"] in _LOOKING:
            return None
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin.removeprefix("http://") not in self.hosts or "://" not in origin:
            return PlainTextResponse("Only the studio's own pages change anything.", 403)
        return None


def is_ours(request: Request, form: dict[str, list[str]], token: str) -> bool:
    """Whether a change carries the token that only our own pages know."""
    told = request.headers.get(TOKEN_HEADER) or form.get(TOKEN_FIELD, [""])[0]
    return hmac.compare_digest(told.encode(), token.encode())
