"""The pages of proofs, for editors who follow the link in a mail; looking changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from newsletter.usecases.proofs import proof_page
from newsletter.web.archive import ISSUE_POLICY
from newsletter.web.page import HEADERS

if TYPE_CHECKING:
    from starlette.requests import Request

    from newsletter.app import Workspace
    from newsletter.web.page import Desk

LONGEST_NAME = 40
"""Characters of a version's name."""


class ProofPages:
    """An issue before it is sent, for whoever has the link."""

    def __init__(self, workspace: Workspace, desk: Desk) -> None:
        self.workspace, self.desk = workspace, desk

    async def show(self, request: Request) -> Response:
        """The issue as it stands, in the version that is asked for; 404 for any other link."""
        version = request.query_params.get("version", "")[:LONGEST_NAME]
        word = request.path_params["word"]
        page = await self.desk.look(proof_page, self.workspace, word, version)
        if page is None:
            return self.desk.message("missing", self.desk.words(request), status=404)
        return HTMLResponse(page, headers=HEADERS | {"Content-Security-Policy": ISSUE_POLICY})
