"""An edit of what somebody else has changed meanwhile: shown, and settled by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from newsletter.issues.edits import (
    Bring,
    Conflict,
    Drop,
    Head,
    HoldOver,
    Move,
    PutBack,
    Rewrite,
    Spot,
)
from newsletter.usecases.outlining import outline_of
from newsletter.usecases.revising import revise
from newsletter.web.studio.desk import HEADERS, field

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.issues.edits import Edit
    from newsletter.usecases.outlining import Outline
    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """POST /i/{slug}/settle."""

    async def settle(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        name, block = field(form, "brief"), field(form, "block")
        edit: Edit
        if name:
            edit = Rewrite(desk.blocks.seen(name, field(form, "place")), block)
        else:
            edit = PutBack(block, Spot(section=field(form, "section")))
        if refused := await revised(desk, request, edit, "settling a conflict"):
            return refused
        if "HX-Request" not in request.headers:
            return RedirectResponse(f"/i/{slug}/outline", 303, HEADERS)
        return telling(desk.page("settled", slug=slug), "studio:edited")

    return [desk.change("/i/{slug}/settle", settle)]


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
        return _conflict(desk, request, done, await outlined(desk, slug))
    return None


def telling(response: Response, event: str) -> Response:
    """The response; whatever waits for this event on the page hears of it."""
    response.headers["HX-Trigger-After-Settle"] = event
    return response


def _conflict(desk: Desk, request: Request, conflict: Conflict, outline: Outline) -> Response:
    """409 with mine, theirs and what both were made from; beside the renditions, not in their way.

    A move is asked once more; words are chosen or merged.
    """
    theirs = conflict.theirs
    made = desk.panel(
        request,
        "conflict",
        slug=outline.issue.slug,
        status=409,
        conflict=conflict,
        outline=outline,
        theirs=desk.blocks.show(theirs) if theirs else "",
        head=conflict.edit if isinstance(conflict.edit, Head) else None,
        again=_again(conflict) if theirs else None,
    )
    made.headers["HX-Retarget"] = "#panel"
    return made


def _again(conflict: Conflict) -> tuple[str, dict[str, str]] | None:
    """What a button says that does to their brief what was meant for the old one, and its form."""
    match conflict.edit:
        case Drop():
            return "Drop it all the same", {"to": "drop"}
        case HoldOver(until=until):
            return "Hold it over all the same", {"to": "hold", "until": until.isoformat()}
        case Move(to=spot):
            return "Move it all the same", {"to": _told(spot)}
        case Bring(to=spot):
            return "Bring it in all the same", {"to": _told(spot), "of": "candidates"}
        case _:
            return None


def _told(spot: Spot) -> str:
    if spot.before:
        return f"before:{spot.before}"
    return f"after:{spot.after}" if spot.after else f"section:{spot.section}"
