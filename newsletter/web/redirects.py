"""Links of mails that lead by way of us, so that a wrong one can be put right after the send.

Nothing in the address says who follows it, nothing is counted, and where it leads is never taken
from the request: it stands in the database, for that link alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from newsletter.usecases.redirects import leads_to
from newsletter.web.page import HEADERS

if TYPE_CHECKING:
    from starlette.requests import Request

    from newsletter.app import Workspace
    from newsletter.web.page import Desk

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_KEY = re.compile(r"[0-9a-f]{12}\Z")


class Redirects:
    """The links of every issue."""

    def __init__(self, workspace: Workspace, desk: Desk) -> None:
        self.workspace, self.desk = workspace, desk

    async def follow(self, request: Request) -> Response:
        """302, for a link may be corrected and no browser should remember; 404 for any other."""
        issue, key = request.path_params["issue"], request.path_params["key"]
        target = None
        if _SLUG.match(issue) and _KEY.match(key):
            target = await self.desk.look(leads_to, self.workspace, issue, key)
        if target is None:
            return self.desk.message("missing", self.desk.words(request), status=404)
        return RedirectResponse(target, status_code=302, headers=HEADERS)
