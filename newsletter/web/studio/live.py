"""What a page hears while somebody looks at it: that its issue renders anew, which files changed.

An editor saves; the operating system tells (watchfiles); the issue is rendered once for everybody
who looks at it; the pages hear of it as server-sent events and take what they need by GET. Changes
that come during a rendering make one more together.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import Event, create_task_group, move_on_after
from starlette.responses import StreamingResponse
from starlette.routing import Route
from watchfiles import awatch

from newsletter.config import CONFIG_FILE
from newsletter.errors import IssueError
from newsletter.usecases.previews import SHARED, is_rendered_from
from newsletter.web.studio.desk import HEADERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from watchfiles.main import FileChange

    from newsletter.web.studio.desk import Desk

SETTLED = 10
"""Milliseconds without a further change after which a save counts as whole."""

LONGEST_SAVE = 100
"""Milliseconds after which changes are told, even if more keep coming."""

ALIVE = 15.0
"""Seconds between signs of life, by which a page that is gone is noticed."""

_SHARED = {(name,) for name in SHARED}


def routes(desk: Desk) -> list[BaseRoute]:
    """GET /live/{slug}, which stays open."""

    async def live(request: Request) -> Response:
        slug = request.path_params["slug"]
        headers = HEADERS | {"X-Accel-Buffering": "no"}
        return StreamingResponse(
            _stream(desk, slug), media_type="text/event-stream", headers=headers
        )

    return [Route("/live/{slug}", live, methods=["GET"])]


async def _stream(desk: Desk, slug: str) -> AsyncIterator[str]:
    """Which studio this is and how the issue renders, then every message; comments in between."""
    with desk.listeners.listening(slug) as heard:
        opening = _event("opened", {"opening": desk.opening})
        yield f"retry: 500\n{opening}{await _look(desk, slug)}"
        while True:
            message = ": here\n\n"
            with move_on_after(ALIVE):
                message = await anext(heard, "")
            if not message:
                return
            yield message


def watching(desk: Desk) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """The application's lifespan: files are watched as long as it runs."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        root = desk.workspace.root.resolve()  # what changed is told by whole paths
        folders = [root / name for name in ("issues", "templates") if (root / name).is_dir()]
        ended = Event()
        async with create_task_group() as tasks:
            tasks.start_soon(_follow, desk, root, _changes(folders, ended, below=True))
            # The folder, not the file: an editor that replaces a file leaves the old one behind.
            tasks.start_soon(_follow, desk, root, _changes([root], ended, below=False))
            yield
            ended.set()  # to be cancelled alone, a watcher would take its time

    return lifespan


def _changes(folders: list[Path], ended: Event, *, below: bool) -> AsyncIterator[set[FileChange]]:
    return awatch(
        *folders,
        watch_filter=None,
        debounce=LONGEST_SAVE,
        step=SETTLED,
        stop_event=ended,
        recursive=below,
    )


async def _follow(desk: Desk, root: Path, changes: AsyncIterator[set[FileChange]]) -> None:
    """Tell of changes by their names below the workspace."""
    async for changed in changes:
        await _tell(desk, {Path(path).relative_to(root).parts for _, path in changed})


async def _tell(desk: Desk, changed: set[tuple[str, ...]]) -> None:
    """Let the pages of every issue concerned know what became of it."""
    if (CONFIG_FILE,) in changed:
        await desk.ask(desk.reopen)
    everywhere = any(parts[:1] == ("templates",) or parts in _SHARED for parts in changed)
    for slug in desk.listeners.slugs:
        own = sorted("/".join(parts[2:]) for parts in changed if parts[:2] == ("issues", slug))
        files = [name for name in own if name and not name.startswith(".")]
        if everywhere or "" in own or any(map(is_rendered_from, files)):
            desk.listeners.tell(slug, await _look(desk, slug))
        if files:
            desk.listeners.tell(slug, _event("changed", {"files": files}))


async def _look(desk: Desk, slug: str) -> str:
    """How an issue renders now, or why it does not."""
    try:
        preview = await desk.preview(slug)
    except (IssueError, OSError) as error:  # its folder, or the theme's, went or is going
        return _event("gone", {"sentence": str(error)})
    renditions = preview.rendered.renditions if preview.rendered else ()
    versions = [rendition.version for rendition in renditions]
    return _event("rendered", {"mark": preview.mark, "versions": versions})


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
