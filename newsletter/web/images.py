"""Pictures for readers of mails: a name stands for the same bytes for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, PlainTextResponse

from newsletter.usecases.pictures import image_file

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace

_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}


class Images:
    """The prepared pictures of every issue."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    async def show(self, request: Request) -> Response:
        """One picture; 404 for any name that none has."""
        name = request.path_params["name"]
        path = await run_in_threadpool(image_file, self.workspace, name)
        if path is None:
            return PlainTextResponse("There is no such picture.", status_code=404)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return FileResponse(path, media_type=_TYPES[path.suffix[1:]], headers=headers)
