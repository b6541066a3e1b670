"""The studio as its user has it: a server on a port, a 20-brief issue, a browser's page.

`studio.write(text)` saves issue.md as an editor would; `page` is a Playwright page of a window that
fails its test when the page's console told of an error.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from newsletter.app import SystemClock, Workspace
from newsletter.web.studio.app import studio_app
from newsletter.web.studio.server import StudioServer, listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

SLUG = "2026-11-27"
BRIEF = """
### {headline}

A house in Lyon brings eleven setters back under one roof and will train four apprentices a year,
with a second bench promised for the spring. *Nobody* expected it.

[Trade Wire](https://trade.example.com/story/{number})
"""
HEADLINES = tuple(f"Workshop number {number} opens its doors again" for number in range(1, 21))


def twenty_briefs(first: str = HEADLINES[0]) -> str:
    """issue.md with twenty briefs: one at the top, nineteen below."""
    lead, *latest = [
        BRIEF.format(headline=headline, number=number)
        for number, headline in enumerate((first, *HEADLINES[1:]), 1)
    ]
    return (
        "---\nsubject: Gold holds its floor\npreheader: And a bench reopens\ndate: 2026-11-27\n"
        f"list: weekly\n---\n\nGood morning.\n\n## Top story\n{lead}\n## The Latest\n"
        f"{''.join(latest)}"
    )


@dataclass(frozen=True)
class Studio:
    """A running studio. `address` begins every page's, such as `f"{studio.address}/i/{SLUG}"`."""

    workspace: Workspace
    address: str
    slug: str = SLUG

    @property
    def issue(self) -> str:
        """The address of the issue's page."""
        return f"{self.address}/i/{self.slug}"

    @property
    def file(self) -> Path:
        """The issue's issue.md."""
        return self.workspace.issues / self.slug / "issue.md"

    def write(self, text: str) -> None:
        """Save issue.md as editors do: a new file in place of the old one."""
        new = self.file.with_name("issue.md.new")
        new.write_text(text, encoding="utf-8")
        new.replace(self.file)

    def ask(self, path: str, **how: object) -> httpx2.Response:
        """Answer to a GET, or to `method=` with `headers=`, `data=`, as no browser would ask."""
        method = str(how.pop("method", "GET"))
        with httpx2.Client(base_url=self.address, timeout=60) as client:
            return client.request(method, path, **how)


@contextmanager
def running(workspace: Workspace, *, port: int = 0, allows_send: bool = False) -> Iterator[str]:
    """The address of a studio that serves the workspace in a thread of this process."""
    with listening(port) as listener:
        port = listener.getsockname()[1]
        application = studio_app(workspace, port=port, allows_send=allows_send)
        server = StudioServer(application)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            address = f"http://127.0.0.1:{port}"
            httpx2.get(f"{address}/rendition/{SLUG}", timeout=60)  # the first waits for a child
            yield address
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def studio_workspace(workspace: Workspace) -> Workspace:
    """The sample and a 20-brief issue, by the machine's clock."""
    path = workspace.issues / SLUG / "issue.md"
    path.parent.mkdir()
    path.write_text(twenty_briefs(), encoding="utf-8")
    return replace(workspace, clock=SystemClock())


@pytest.fixture
def run_studio() -> Callable[..., AbstractContextManager[str]]:
    """`running`, for a test that begins and ends a studio itself."""
    return running


@pytest.fixture
def studio(studio_workspace: Workspace) -> Iterator[Studio]:
    """The studio, running; it cannot mail subscribers."""
    with running(studio_workspace) as address:
        yield Studio(studio_workspace, address)
    studio_workspace.close()


@pytest.fixture
def sending_studio(studio_workspace: Workspace) -> Iterator[Studio]:
    """The studio as `preview --allow-send` opens it."""
    with running(studio_workspace, allows_send=True) as address:
        yield Studio(studio_workspace, address)
    studio_workspace.close()


@pytest.fixture
def open_page(browser, studio):
    """Open a page of the studio, such as `open_page("/", color_scheme="dark")`."""
    contexts, told = [], []

    def open_(path: str = f"/i/{SLUG}", **how):
        contexts.append(browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | how))
        page = contexts[-1].new_page()
        page.on("console", lambda said: told.append(said.text) if _matters(said) else None)
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(studio.address + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert told == []


def _matters(said) -> bool:
    """An error, but for an answer that is one, which pages tell, and what a later wish ended."""
    ours = "Failed to load resource", "htmx:sendAbort", "htmx:afterRequest"
    return said.type == "error" and not said.text.startswith(ours)


@pytest.fixture
def page(open_page):
    """The issue's page, open and listening."""
    opened = open_page()
    opened.wait_for_selector("[data-listening]", state="attached")
    return opened
