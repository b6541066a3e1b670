"""What every public page shares: its template, its headers, and how much of a body is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.config import Publication

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

LARGEST_FORM = 10_000
"""Bytes of a posted form; ours have a few short fields."""

_TEMPLATES = Environment(
    loader=PackageLoader("newsletter.web", "pages"), autoescape=True, undefined=StrictUndefined
)


def page(
    template: str, publication: Publication, *, status: int = 200, **names: object
) -> Response:
    """A page of web/pages, filled."""
    html = _TEMPLATES.get_template(template).render(
        publication=publication.name, language=publication.language, **names
    )
    return HTMLResponse(html, status_code=status, headers=HEADERS)


async def read_body(request: Request, largest: int) -> bytes | None:
    """The body, or None as soon as it is larger than we expect."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            return None
        parts.append(part)
    return b"".join(parts)
