"""The unsubscribe page and its one click. Scanners open every link of a mail: only a POST acts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.domain.consent import Reason
from newsletter.usecases import readers
from newsletter.web.page import LARGEST_FORM, parse_form, read_body, read_form

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace
    from newsletter.web.page import Desk
    from newsletter.web.visitor import Gatehouse

_ONE_CLICK_PART = re.compile(
    rb'name="?List-Unsubscribe"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\r?\n--',
    re.IGNORECASE,
)
"""The one-click field in multipart/form-data, which RFC 8058 (3.2) prefers to the other form."""

_REASONS = {reason.replace(" ", "_"): reason for reason in Reason}


class UnsubscribePages:
    """Leaving a list, and taking that back."""

    def __init__(self, workspace: Workspace, desk: Desk, gatehouse: Gatehouse) -> None:
        self.workspace, self.desk, self.gatehouse = workspace, desk, gatehouse

    async def ask(self, request: Request) -> Response:
        """A page with one button."""
        word = request.path_params["word"]
        link = await self.desk.look(readers.known_link, self.workspace, word)
        if link is None:
            return self.desk.incomplete(self.desk.words(request))
        said = self.desk.words(request, link.language)
        return self.desk.page("unsubscribe", said, title=link.title, reasons=tuple(_REASONS))

    async def unsubscribe(self, request: Request) -> Response:
        """One click (RFC 8058), or the page's button; any other body shows the page (A75, A77)."""
        body = await read_body(request, LARGEST_FORM) or b""
        if not is_one_click(body):
            return await self.ask(request)
        link = await self.desk.write(
            readers.unsubscribe,
            self.workspace,
            request.path_params["word"],
            network=self.gatehouse.network(request),
            reason=_REASONS.get(parse_form(body).get("reason", [""])[0]),
        )
        if link is None:
            return self.desk.incomplete(self.desk.words(request))
        said = self.desk.words(request, link.language)
        return self.desk.page("unsubscribed", said, title=link.title, undo=link.undo)

    async def ask_undo(self, request: Request) -> Response:
        """A page with a button, for whoever opens the address of one."""
        return self.desk.page("undo", self.desk.words(request))

    async def undo(self, request: Request) -> Response:
        """Back on the list; a body that is not the button's changes nothing."""
        if (await read_form(request)).get("undo") != ["yes"]:
            return await self.ask_undo(request)
        link = await self.desk.write(
            readers.undo,
            self.workspace,
            request.path_params["word"],
            network=self.gatehouse.network(request),
        )
        if link is None:
            return self.desk.message("undo_late", self.desk.words(request), status=404)
        return self.desk.message("undone", self.desk.words(request, link.language))


def is_one_click(body: bytes) -> bool:
    """Whatever the content type says: mailbox providers are not exact about it."""
    if parse_form(body).get("List-Unsubscribe") == ["One-Click"]:
        return True
    return bool(_ONE_CLICK_PART.search(body))
