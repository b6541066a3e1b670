"""Whether this process should be given work: for load balancers and those who start it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from starlette.responses import JSONResponse

from newsletter.usecases.health import not_ready

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace
    from newsletter.usecases.pulse import Pulse


def readiness(
    workspace: Workspace, pulse: Pulse | None
) -> Callable[[Request], Awaitable[Response]]:
    """200 where everything works, else 503; the answer names the parts that do not, and no more."""

    async def ready(_: Request) -> Response:
        failing = await run_sync(not_ready, workspace, pulse)
        status = "not ready" if failing else "ready"
        return JSONResponse(
            {"status": status, "failing": list(failing)},
            status_code=503 if failing else 200,
            headers={"Cache-Control": "no-store"},
        )

    return ready
