"""Approve an issue and take that back, try it on a few addresses, rehearse the send.

What a person approves is what they were shown: the form carries its digest, and another is refused.
"""

from __future__ import annotations

import getpass
import math
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse
from starlette.routing import Route

from newsletter.usecases import deciding, planning, rendering
from newsletter.usecases.sending import send_test
from newsletter.web.studio.desk import HEADERS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from newsletter.usecases.planning import Plan
    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """GET decide, approval and plan; POST approve, revoke and test; below /i/{slug}/."""

    async def decide(request: Request) -> Response:
        slug = request.path_params["slug"]
        seen = await desk.ask(desk.looks.of, desk.workspace, slug)
        facts = await _facts(desk, slug)
        return desk.panel(request, "decide", slug=slug, looks=seen, oob=False, **facts)

    async def approval(request: Request) -> Response:
        slug = request.path_params["slug"]
        return desk.panel(request, "approval", slug=slug, oob=False, **await _facts(desk, slug))

    async def approve(request: Request, form: Form) -> Response:
        slug, by = request.path_params["slug"], deciding.named(first(form, "by"))
        shown = first(form, "shown") or "nothing"
        await desk.ask(rendering.approve, desk.workspace, slug, by=by, shown=shown)
        return await decided(request, f"Approved by {by}: {shown[:12]}.")

    async def revoke(request: Request, form: Form) -> Response:
        slug, by = request.path_params["slug"], deciding.named(first(form, "by"))
        taken = await desk.ask(deciding.revoke, desk.workspace, slug, by=by)
        return await decided(request, f"Revoked by {by}: {taken.digest[:12]}.")

    async def decided(request: Request, told: str) -> Response:
        slug = request.path_params["slug"]
        if "HX-Request" not in request.headers:
            return RedirectResponse(f"/i/{slug}/decide", status_code=303, headers=HEADERS)
        return desk.page("decided", slug=slug, told=told, oob=True, **await _facts(desk, slug))

    async def test(request: Request, form: Form) -> Response:
        slug = request.path_params["slug"]
        addresses = tuple(filter(None, re.split(r"[\s,;]+", first(form, "addresses"))))
        receipts = await desk.ask(send_test, desk.workspace, slug, addresses)
        return desk.panel(request, "tested", slug=slug, receipts=receipts, people=len(addresses))

    async def plan(request: Request) -> Response:
        slug = request.path_params["slug"]
        list_key, segment = (request.query_params.get(one) or None for one in ("list", "segment"))
        plan = await desk.ask(
            planning.plan_send, desk.workspace, slug, list_key=list_key, segment=segment
        )
        return desk.panel(request, "plan", slug=slug, **_planned(desk, plan))

    return [
        Route("/i/{slug}/decide", decide, methods=["GET"]),
        Route("/i/{slug}/approval", approval, methods=["GET"]),
        Route("/i/{slug}/plan", plan, methods=["GET"]),
        desk.change("/i/{slug}/approve", approve),
        desk.change("/i/{slug}/revoke", revoke),
        desk.change("/i/{slug}/test", test),
    ]


def first(form: Form, name: str) -> str:
    """The first value of a field, or ''."""
    return form.get(name, [""])[0].strip()


async def _facts(desk: Desk, slug: str) -> dict[str, Any]:
    """What the page tells of an issue's approval, and what it offers to choose from."""
    standing = await desk.ask(deciding.standing, desk.workspace, slug)
    preview = await desk.preview(slug)
    return {
        "standing": standing,
        "rendered": None if preview.mistake else preview.rendered,
        "mistake": preview.mistake,
        "settings": desk.workspace.settings,
        "by": _login(),
    }


def _planned(desk: Desk, plan: Plan) -> dict[str, Any]:
    settings = desk.workspace.settings.sending
    canary = settings.canary
    begins = isinstance(plan.start, rendering.Rendered)
    return {
        "plan": plan,
        "shown": deciding.begun_from(plan),
        "begins": begins,
        "canary": canary if begins and canary.size and canary.size < plan.mailed else None,
        "hold": settings.hold_for,
        "shortest": plan.shortest and timedelta(seconds=math.ceil(plan.shortest.total_seconds())),
        "by": _login(),
    }


def _login() -> str:
    """Who is logged in, or '' where the machine does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
