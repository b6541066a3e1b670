"""The page of an issue: its renditions through a lens, its sources, its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter.errors import IssueError
from newsletter.render.clients import CLIENTS
from newsletter.usecases import looking
from newsletter.web.studio.conflicts import outlined
from newsletter.web.studio.lens import PARTS, WIDTHS, asked_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from newsletter.usecases.outlining import Outline
    from newsletter.usecases.previews import Preview
    from newsletter.web.studio.desk import Desk, Form
    from newsletter.web.studio.lens import Asked

READERS = (("", "Nobody known"), (looking.LONGEST, "Longest values"))


def routes(desk: Desk) -> list[BaseRoute]:
    """GET /i/{slug} and its parts, POST /i/{slug}/reader, GET /keys."""

    async def issue(request: Request) -> Response:
        slug, asked = request.path_params["slug"], asked_of(request.query_params)
        preview = await desk.preview(slug)
        return desk.page(
            "issue",
            panel=_panel(request),
            outline=await _outlined(desk, slug),
            stage=await desk.ask(desk.stages.of, desk.workspace, slug, preview),
            widths=WIDTHS,
            parts=PARTS,
            clients=CLIENTS,
            readers=_readers(asked),
            **_of(preview),
            **await _shown(desk, preview, asked),
        )

    async def renditions(request: Request) -> Response:
        asked = asked_of(request.query_params)
        preview = await desk.preview(request.path_params["slug"])
        made = desk.page("renditions", **_of(preview), **await _shown(desk, preview, asked))
        made.headers["HX-Replace-Url"] = f"/i/{preview.slug}?{asked.query}".rstrip("?")
        return made

    async def mistake(request: Request) -> Response:
        return desk.page("wrong", **_of(await desk.preview(request.path_params["slug"])))

    async def stage(request: Request) -> Response:
        slug = request.path_params["slug"]
        preview = await desk.preview(slug)
        stage = await desk.ask(desk.stages.of, desk.workspace, slug, preview)
        return desk.page("stage", stage=stage)

    async def versions(request: Request) -> Response:
        preview = await desk.preview(request.path_params["slug"])
        lens, counts = asked_of(request.query_params).lens, None
        if preview.rendered:
            counts = await desk.ask(
                looking.readers_of_versions, desk.workspace, preview.rendered.issue
            )
        return desk.page("versions", counts=counts or {}, lens=lens, **_of(preview))

    async def findings(request: Request) -> Response:
        slug = request.path_params["slug"]
        preview = await desk.preview(slug)
        weights = await _weights(desk, preview)
        return desk.panel(request, "findings", weights=weights, limit=looking.LIMIT, **_of(preview))

    async def reader(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        address = form.get("address", [""])[0]
        number = await desk.ask(looking.find_reader, desk.workspace, address)
        return RedirectResponse(f"/i/{slug}?reader={number}", 303)

    async def keys(_: Request) -> Response:
        return desk.page("all_keys")

    return [
        Route("/keys", keys, methods=["GET"]),
        Route("/i/{slug}", issue, methods=["GET"]),
        Route("/i/{slug}/renditions", renditions, methods=["GET"]),
        Route("/i/{slug}/mistake", mistake, methods=["GET"]),
        Route("/i/{slug}/stage", stage, methods=["GET"]),
        Route("/i/{slug}/versions", versions, methods=["GET"]),
        Route("/i/{slug}/findings", findings, methods=["GET"]),
        desk.change("/i/{slug}/reader", reader),
    ]


def _of(preview: Preview) -> dict[str, Any]:
    """What every part of the page may say of an issue."""
    rendered = preview.rendered
    return {
        "slug": preview.slug,
        "mark": preview.mark,
        "mistake": preview.mistake,
        "issue": rendered.issue if rendered else None,
        "findings": rendered.findings if rendered else (),
        "versions": [rendition.version for rendition in rendered.renditions] if rendered else [],
    }


async def _outlined(desk: Desk, slug: str) -> Outline | None:
    """What stands where; None where issue.md cannot be read, which the page tells elsewhere."""
    try:
        return await outlined(desk, slug)
    except IssueError:
        return None


async def _weights(desk: Desk, preview: Preview) -> dict[str, tuple[int, int]]:
    if preview.rendered is None:
        return {}
    return await desk.ask(looking.weights, desk.workspace, preview.rendered)


async def _shown(desk: Desk, preview: Preview, asked: Asked) -> dict[str, Any]:
    """What stands in the middle: frames, or the numbered lines of a source."""
    workspace, rendered = desk.workspace, preview.rendered
    if rendered is None:
        return {"asked": asked, "lens": asked.lens, "shown": None, "lines": ()}
    shown = await desk.ask(looking.show, workspace, rendered, asked.lens)
    lines: list[str] = []
    if asked.part != "mail":
        source = await desk.ask(looking.source, workspace, rendered, asked.lens, asked.part)
        lines = source.split("\n")
    return {"asked": asked, "lens": asked.lens, "shown": shown, "lines": lines}


def _readers(asked: Asked) -> tuple[tuple[str, str], ...]:
    reader = asked.lens.reader
    return (*READERS, (reader, f"Subscriber {reader}")) if reader.isdecimal() else READERS


def _panel(request: Request) -> str:
    """What stands beside the renditions at first: a tab's path, as far as it is one."""
    return request.query_params.get("panel", "findings")
