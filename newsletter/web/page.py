"""What every public page shares: language, looks, headers, and how much of a body is read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import parse_qs

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import HTMLResponse, Response

from newsletter.usecases.pages import reader_pages
from newsletter.web.visitor import preferred_languages

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from newsletter.app import Workspace
    from newsletter.render.pages.words import Words

P = ParamSpec("P")
T = TypeVar("T")

_SHARED = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}

HEADERS = _SHARED | {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Robots-Tag": "noindex",
}
"""Of pages that are one reader's."""

PUBLIC_HEADERS = _SHARED | {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": HEADERS["Content-Security-Policy"],
    "Vary": "Accept-Language",
}
"""Of pages that are the same for everybody."""

LOOKS, WRITES = 4, 40
"""Threads for what only reads, and for what writes. More that read would only keep one another from
the processor; who writes mostly waits for a turn, and many share one (store.commits).
"""

LARGEST_FORM = 10_000
"""Bytes of a posted form; ours have a few short fields."""


class Desk:
    """Fills the pages and sends them."""

    def __init__(self, workspace: Workspace) -> None:
        self._pages = reader_pages(workspace)
        self._looks, self._writes = CapacityLimiter(LOOKS), CapacityLimiter(WRITES)
        self._language = workspace.settings.publication.language
        self._style = self._pages.filled("style.css.j2", self._pages.dictionary.best(()))

    async def look(self, ask: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What a use case that only reads answers."""
        return await run_sync(partial(ask, *arguments, **named), limiter=self._looks)

    async def write(self, act: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What a use case that writes answers."""
        return await run_sync(partial(act, *arguments, **named), limiter=self._writes)

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language the pages speak."""
        return tuple(sorted(self._pages.dictionary.languages))

    def words(self, request: Request, *wanted: str | None) -> Words:
        """In the reader's language where it is known, in the browser's, in the publication's."""
        known = [language for language in wanted if language]
        order = [*known, *preferred_languages(request), self._language]
        return self._pages.dictionary.best(order)

    def page(
        self,
        template: str,
        said: Words,
        /,
        *,
        status: int = 200,
        headers: dict[str, str] = HEADERS,
        **names: object,
    ) -> Response:
        """A page of templates/pages, filled."""
        html = self._pages.filled(f"{template}.html.j2", said, **names)
        return HTMLResponse(html, status_code=status, headers=headers)

    def message(
        self, key: str, said: Words, *, status: int = 200, days: int | None = None
    ) -> Response:
        """A page that says one thing, by the key of its words."""
        values = {"publication": self._pages.shared["publication"], "days": days}
        title, text = (said.say(f"{key}_{part}", **values) for part in ("title", "text"))
        return self.page("message", said, status=status, title=title, text=text)

    def incomplete(self, said: Words) -> Response:
        """404 for a link that is not one of ours: it tells nothing else."""
        return self.message("incomplete", said, status=404)

    async def style(self, _: Request) -> Response:
        """The stylesheet."""
        headers = _SHARED | {"Cache-Control": "public, max-age=3600"}
        return Response(self._style, media_type="text/css", headers=headers)


async def read_body(request: Request, largest: int) -> bytes | None:
    """The body, or None as soon as it is larger than we expect."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            return None
        parts.append(part)
    return b"".join(parts)


async def read_form(request: Request) -> dict[str, list[str]]:
    """The fields of a posted form, empty ones too; {} where the body is too large."""
    return parse_form(await read_body(request, LARGEST_FORM) or b"")


def parse_form(body: bytes) -> dict[str, list[str]]:
    """application/x-www-form-urlencoded, whatever the content type says."""
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return {}
