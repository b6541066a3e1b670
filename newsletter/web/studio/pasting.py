"""The paste desk: a text, an address or a file, and what was made of it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from starlette.routing import Route

from newsletter.errors import GatherError
from newsletter.usecases.pasting import paste_address, paste_file, paste_release, paste_text
from newsletter.web.studio.conflicts import telling
from newsletter.web.studio.desk import field

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.usecases.drafting import Gathered
    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """GET and POST /i/{slug}/paste."""

    async def form(request: Request) -> Response:
        slug = request.path_params["slug"]
        return desk.panel(request, "paste", slug=slug, pasted=None, titles={})

    async def paste(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        pasted = await _pasted(desk, slug, form)
        titles = {rule.key: rule.title for rule in desk.workspace.settings.sections}
        made = desk.panel(request, "paste", slug=slug, pasted=pasted, titles=titles)
        return telling(made, "studio:edited")

    return [
        Route("/i/{slug}/paste", form, methods=["GET"]),
        desk.change("/i/{slug}/paste", paste),
    ]


async def _pasted(desk: Desk, slug: str, form: Form) -> Gathered:
    """What was gathered from the file, else the address, else the text that was given."""
    name, address = field(form, "name"), field(form, "address")
    if name:
        # A script reads the file into the form, so that every form of the studio is of one kind.
        try:
            content = base64.b64decode(field(form, "content"), validate=True)
        except binascii.Error:
            raise GatherError("the file did not arrive whole; choose it again") from None
        return await desk.ask(paste_file, desk.workspace, slug, name, content)
    if address:
        return await desk.ask(paste_address, desk.workspace, slug, address)
    paste = paste_release if field(form, "kind") == "release" else paste_text
    return await desk.ask(paste, desk.workspace, slug, field(form, "text").replace("\r\n", "\n"))
