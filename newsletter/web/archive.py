"""Past issues for anybody: an index with search, each issue as a page, and a feed of new ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from babel.core import UnknownLocaleError
from babel.dates import format_date
from starlette.responses import HTMLResponse, Response

from newsletter.usecases import archive
from newsletter.web.feed import atom
from newsletter.web.page import PUBLIC_HEADERS

if TYPE_CHECKING:
    from datetime import date

    from starlette.requests import Request

    from newsletter.app import Workspace
    from newsletter.store.archive import Entry
    from newsletter.web.page import Desk

LONGEST_SEARCH = 100
"""Characters that are looked for."""

LAST_PAGE = 1000

FEED_ENTRIES = 20

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")

ISSUE_POLICY = (
    "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""An issue's page holds its own style and shows pictures from elsewhere, as the mail did."""

_ISSUE_HEADERS = PUBLIC_HEADERS | {"Content-Security-Policy": ISSUE_POLICY}


class ArchivePages:
    """The public issues."""

    def __init__(self, workspace: Workspace, desk: Desk) -> None:
        self.workspace, self.desk = workspace, desk

    async def index(self, request: Request) -> Response:
        """A page of issues, the newest first; `q` is searched for, `page` counts from 1."""
        search = request.query_params.get("q", "")[:LONGEST_SEARCH].strip()
        number = _number(request.query_params.get("page", ""))
        shelf = await self.desk.look(archive.shelf, self.workspace, search=search, number=number)
        said = self.desk.words(request)
        return self.desk.page(
            "archive",
            said,
            headers=PUBLIC_HEADERS,
            entries=[_shown(entry, said.language) for entry in shelf.entries],
            search=search,
            newer=_address(search, number - 1) if number > 1 else "",
            older=_address(search, number + 1) if shelf.older else "",
        )

    async def issue(self, request: Request) -> Response:
        """One issue, byte for byte as it was kept."""
        slug = request.path_params["issue"]
        found = None
        if _SLUG.match(slug):
            found = await self.desk.look(archive.issue_page, self.workspace, slug)
        if found is None:
            return self.desk.message("missing", self.desk.words(request), status=404)
        return HTMLResponse(found, headers=_ISSUE_HEADERS)

    async def feed(self, _: Request) -> Response:
        """The newest issues as Atom (RFC 4287)."""
        shelf = await self.desk.look(archive.shelf, self.workspace, size=FEED_ENTRIES)
        settings = self.workspace.settings
        body = atom(settings.publication, settings.web.base_url, shelf.entries)
        headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
        return Response(body, media_type="application/atom+xml", headers=headers)


def _number(text: str) -> int:
    return min(int(text), LAST_PAGE) if re.fullmatch(r"[1-9][0-9]{0,4}", text) else 1


def _address(search: str, number: int) -> str:
    asked = ({"q": search} if search else {}) | ({"page": str(number)} if number > 1 else {})
    return "/archive" + (f"?{urlencode(asked)}" if asked else "")


def _shown(entry: Entry, language: str) -> dict[str, object]:
    return {
        "issue": entry.issue,
        "title": entry.title or entry.issue,
        "summary": entry.summary,
        "language": entry.language,
        "date": entry.date,
        "day": _day(entry.date, language),
    }


def _day(day: date, language: str) -> str:
    """A day as its readers write it."""
    try:
        return format_date(day, "long", locale=language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return day.isoformat()
