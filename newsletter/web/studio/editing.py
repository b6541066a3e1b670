"""The editors of a brief, beside its source, and of the subject and preheader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse
from starlette.routing import Route

from newsletter.issues.blocks import digest
from newsletter.issues.edits import Head, Reword
from newsletter.issues.front_lines import TEXTS
from newsletter.issues.wording import Wording, reworded, wording_of
from newsletter.usecases.beside import beside
from newsletter.usecases.editing import read_issue
from newsletter.web.studio.conflicts import outlined, revised, telling
from newsletter.web.studio.desk import HEADERS, field

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.usecases.outlining import Outline
    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """GET brief/{number} and head, POST words and head; below /i/{slug}/."""

    async def brief(request: Request) -> Response:
        slug, number = request.path_params["slug"], request.path_params["number"]
        return await _brief(desk, request, await outlined(desk, slug), number)

    async def head(request: Request) -> Response:
        slug = request.path_params["slug"]
        issue = await desk.ask(read_issue, desk.workspace, slug)
        return desk.panel(request, "head", slug=slug, issue=issue)

    async def words(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        seen = desk.blocks.seen(field(form, "brief"), field(form, "place"))
        parts = (field(form, name) for name in ("headline", "text", "link", "source"))
        wording = Wording(*parts)
        edit = Reword(seen, wording)
        refused = await revised(desk, request, edit, f"rewording “{wording.headline}”")
        if refused:
            return refused
        made = await outlined(desk, slug)
        wanted = digest(reworded(seen.block, wording)) if seen.block else ""
        number = next((row.number for row in made.rows if row.digest == wanted), seen.place + 1)
        if "HX-Request" not in request.headers:
            return RedirectResponse(f"/i/{slug}/brief/{number}", 303, HEADERS)
        return telling(await _brief(desk, request, made, number), "studio:edited")

    async def set_head(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        if refused := await _set_head(desk, request, form):
            return refused
        if "HX-Request" not in request.headers:
            return RedirectResponse(f"/i/{slug}/head", 303, HEADERS)
        return telling(await head(request), "studio:edited")

    return [
        Route("/i/{slug}/brief/{number:int}", brief, methods=["GET"]),
        Route("/i/{slug}/head", head, methods=["GET"]),
        desk.change("/i/{slug}/words", words),
        desk.change("/i/{slug}/head", set_head),
    ]


async def _brief(desk: Desk, request: Request, outline: Outline, number: int) -> Response:
    slug = outline.issue.slug
    if not 0 < number <= len(outline.rows):
        names: dict[str, Any] = {"row": None}
    else:
        row = outline.rows[number - 1]
        source = await desk.ask(beside, desk.workspace, slug, row.brief)
        names = {"row": row, "wording": wording_of(row.block), "beside": source}
    return desk.panel(request, "brief", slug=slug, outline=outline, **names)


async def _set_head(desk: Desk, request: Request, form: Form) -> Response | None:
    """Set what was changed of subject and preheader; a conflict's page where there is one."""
    for key in TEXTS:
        edit = Head(key, field(form, f"{key}-seen"), field(form, key))
        if edit.value != edit.seen and (
            refused := await revised(desk, request, edit, f"the {key}")
        ):
            return refused
    return None
