"""The page where a reader says which lists to be on. Opening it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool

from newsletter.usecases import preferences
from newsletter.web.page import LARGEST_FORM, page, read_body

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace


class PreferencePages:
    """The form, and what comes of sending it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    async def ask(self, request: Request) -> Response:
        """Every list with a box to tick."""
        return await self._page(request, saved=False)

    async def save(self, request: Request) -> Response:
        """The ticked lists are the reader's; a body that is not the form's changes nothing."""
        form = parse_qs((await read_body(request, LARGEST_FORM) or b"").decode("utf-8", "replace"))
        if form.get("save") != ["lists"]:
            return await self.ask(request)
        wanted = frozenset(form.get("list", ()))
        word = request.path_params["word"]
        await run_in_threadpool(preferences.choose, self.workspace, word, wanted)
        return await self._page(request, saved=True)

    async def _page(self, request: Request, *, saved: bool) -> Response:
        choices = await run_in_threadpool(
            preferences.choices, self.workspace, request.path_params["word"]
        )
        return page(
            "preferences.html",
            self.workspace.settings.publication,
            status=404 if choices is None else 200,
            choices=choices,
            saved=saved,
        )
