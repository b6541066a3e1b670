"""The outline and the editors of a brief and of the subject: arrange, say anew, undo."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse
from starlette.routing import Route

from newsletter.errors import IssueError
from newsletter.issues.blocks import digest
from newsletter.issues.edits import BringIn, Conflict, Drop, Head, HoldOver, Move, Reword, Spot
from newsletter.issues.front_lines import TEXTS
from newsletter.issues.wording import Wording, reworded, wording_of
from newsletter.usecases.beside import beside
from newsletter.usecases.editing import read_issue
from newsletter.usecases.outlining import candidates_of, outline_of
from newsletter.usecases.revising import revise
from newsletter.usecases.undoing import undo
from newsletter.web.studio.conflicts import conflicting
from newsletter.web.studio.desk import HEADERS, field

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.issues.edits import Edit, Seen
    from newsletter.usecases.outlining import Outline
    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """GET outline, brief/{number}, head and candidates, POST arrange, words, head and undo; all
    below /i/{slug}/.
    """

    async def outline(request: Request) -> Response:
        slug = request.path_params["slug"]
        return desk.panel(request, "outline", slug=slug, outline=await outlined(desk, slug))

    async def brief(request: Request) -> Response:
        slug, number = request.path_params["slug"], request.path_params["number"]
        return await _brief(desk, request, await outlined(desk, slug), number)

    async def head(request: Request) -> Response:
        slug = request.path_params["slug"]
        issue = await desk.ask(read_issue, desk.workspace, slug)
        return desk.panel(request, "head", slug=slug, issue=issue)

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

    async def words(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        seen = desk.blocks.seen(field(form, "brief"), field(form, "place"))
        parts = (field(form, name) for name in ("headline", "text", "link", "source"))
        wording = Wording(*parts)
        edit = Reword(seen, wording)
        refused = await revised(desk, request, edit, _what(edit, seen))
        if refused:
            return refused
        made = await outlined(desk, slug)
        wanted = digest(reworded(seen.block, wording)) if seen.block else ""
        number = next((row.number for row in made.rows if row.digest == wanted), seen.place + 1)
        if "HX-Request" not in request.headers:
            return RedirectResponse(f"/i/{slug}/brief/{number}", 303, HEADERS)
        return _tells(await _brief(desk, request, made, number), "studio:edited")

    async def set_head(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        for key in TEXTS:
            edit = Head(key, field(form, f"{key}-seen"), field(form, key))
            if edit.value == edit.seen:
                continue
            if refused := await revised(desk, request, edit, f"the {key}"):
                return refused
        if "HX-Request" not in request.headers:
            return RedirectResponse(f"/i/{slug}/head", 303, HEADERS)
        return _tells(await head(request), "studio:edited")

    async def take_back(request: Request, _: Form) -> Response:
        await desk.ask(undo, desk.workspace, request.path_params["slug"])
        return await _outline_again(desk, request, "studio:undone")

    return [
        Route("/i/{slug}/outline", outline, methods=["GET"]),
        Route("/i/{slug}/brief/{number:int}", brief, methods=["GET"]),
        Route("/i/{slug}/head", head, methods=["GET"]),
        Route("/i/{slug}/candidates", candidates, methods=["GET"]),
        desk.change("/i/{slug}/arrange", arrange),
        desk.change("/i/{slug}/words", words),
        desk.change("/i/{slug}/head", set_head),
        desk.change("/i/{slug}/undo", take_back),
    ]


async def outlined(desk: Desk, slug: str) -> Outline:
    """What stands where in an issue; its blocks are known from now on."""
    made = await desk.ask(outline_of, desk.workspace, slug)
    for row in made.rows:
        desk.blocks.show(row.block)
    return made


async def revised(desk: Desk, request: Request, edit: Edit, what: str) -> Response | None:
    """Make an edit; a page that shows the conflict where there is one, else None."""
    slug = request.path_params["slug"]
    done = await desk.ask(revise, desk.workspace, slug, edit, what=what)
    if isinstance(done, Conflict):
        return conflicting(desk, request, done, await outlined(desk, slug))
    return None


async def _outline_again(desk: Desk, request: Request, event: str) -> Response:
    slug = request.path_params["slug"]
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"/i/{slug}/outline", 303, HEADERS)
    made = desk.page("outline", slug=slug, outline=await outlined(desk, slug))
    return _tells(made, event)


def _tells(response: Response, event: str) -> Response:
    """The response; the page's script hears of it by this event."""
    response.headers["HX-Trigger-After-Settle"] = event
    return response


async def _brief(desk: Desk, request: Request, outline: Outline, number: int) -> Response:
    slug = outline.issue.slug
    if not 0 < number <= len(outline.rows):
        names: dict[str, Any] = {"row": None}
    else:
        row = outline.rows[number - 1]
        source = await desk.ask(beside, desk.workspace, slug, row.brief)
        names = {"row": row, "wording": wording_of(row.block), "beside": source}
    return desk.panel(request, "brief", slug=slug, outline=outline, **names)


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
    return BringIn(seen, spot) if field(form, "of") == "candidates" else Move(seen, spot)


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
    BringIn: "bringing in",
    HoldOver: "holding over",
    Drop: "dropping",
    Reword: "rewording",
}


def _what(edit: Edit, seen: Seen) -> str:
    """What an edit was, as the undo button says it."""
    headline = wording_of(seen.block).headline if seen.block else "a brief"
    return f"{_DONE.get(type(edit), 'changing')} “{headline}”"
