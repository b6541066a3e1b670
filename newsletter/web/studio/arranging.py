"""The outline and the candidates: move a brief, bring one in, hold it over, drop it, undo."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from newsletter.errors import IssueError
from newsletter.issues.edits import Bring, Drop, HoldOver, Move, Spot
from newsletter.issues.wording import wording_of
from newsletter.usecases.editing import read_issue
from newsletter.usecases.outlining import candidates_of
from newsletter.usecases.undoing import undo
from newsletter.web.studio.conflicts import outlined, revised, telling
from newsletter.web.studio.desk import HEADERS, field

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.issues.edits import Edit, Seen
    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """GET outline and candidates, POST arrange and undo; below /i/{slug}/."""

    async def outline(request: Request) -> Response:
        slug = request.path_params["slug"]
        return desk.panel(request, "outline", slug=slug, outline=await outlined(desk, slug))

    async def candidates(request: Request) -> Response:
        slug = request.path_params["slug"]
        offered = await desk.ask(candidates_of, desk.workspace, slug)
        for one in offered:
            desk.blocks.show(one.row.block)
        made = await outlined(desk, slug)
        return desk.panel(request, "candidates", slug=slug, offered=offered, outline=made)

    async def arrange(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        seen = desk.blocks.seen(field(form, "brief"), field(form, "place"))
        edit = await _arranged(desk, slug, seen, form)
        refused = await revised(desk, request, edit, _what(edit, seen))
        return refused or await _outline_again(desk, request, "studio:arranged")

    async def take_back(request: Request, _: Form) -> Response:
        await desk.ask(undo, desk.workspace, request.path_params["slug"])
        return await _outline_again(desk, request, "studio:undone")

    return [
        Route("/i/{slug}/outline", outline, methods=["GET"]),
        Route("/i/{slug}/candidates", candidates, methods=["GET"]),
        desk.change("/i/{slug}/arrange", arrange),
        desk.change("/i/{slug}/undo", take_back),
    ]


async def _outline_again(desk: Desk, request: Request, event: str) -> Response:
    slug = request.path_params["slug"]
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"/i/{slug}/outline", 303, HEADERS)
    made = desk.page("outline", slug=slug, outline=await outlined(desk, slug))
    return telling(made, event)


async def _arranged(desk: Desk, slug: str, seen: Seen, form: Form) -> Edit:
    """The edit a button of the outline or the candidates stands for, by the value of `to`."""
    to, _, name = field(form, "to").partition(":")
    if to == "drop":
        return Drop(seen)
    if to == "hold":
        return HoldOver(seen, await _until(desk, slug, field(form, "until")))
    if to not in ("before", "after", "section"):
        raise IssueError("this says not where to; use the buttons of the outline")
    spot = Spot(**{to: name or field(form, "section")})
    return Bring(seen, spot) if field(form, "of") == "candidates" else Move(seen, spot)


async def _until(desk: Desk, slug: str, told: str) -> date:
    """The day a brief is held over to; by default gathering.hold_over after the issue's."""
    if told:
        try:
            return date.fromisoformat(told)
        except ValueError:
            raise IssueError(f"“{told}” is no day; write one such as 2026-12-11") from None
    issue = await desk.ask(read_issue, desk.workspace, slug)
    return issue.date + desk.workspace.settings.gathering.hold_over


_DONE = {
    Move: "moving",
    Bring: "bringing in",
    HoldOver: "holding over",
    Drop: "dropping",
}


def _what(edit: Edit, seen: Seen) -> str:
    """What an edit was, as the undo button says it."""
    headline = wording_of(seen.block).headline if seen.block else "a brief"
    return f"{_DONE[type(edit)]} “{headline}”"
