"""The studio: from the moment an editor saves a 20-brief issue to the moment the browser shows it.

The studio is a process of its own, as `newsletter preview` is, and the browser a real one; the same
clock tells both moments. Pixels count as changed at the second frame the browser paints after the
new words are in the page. The rendering's share is what the same change costs in a warm process.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from playwright.sync_api import sync_playwright

from benchmarks.bar import Bar
from benchmarks.build import SLUG, issue_of
from benchmarks.reports import workspace_at
from benchmarks.webhook import started
from newsletter.usecases.rendering import render_issue
from newsletter.web.studio.app import studio_app
from newsletter.web.studio.server import StudioServer, listening

if TYPE_CHECKING:
    from playwright.sync_api import Page

SAVES = 40
WARM_UP = 5
RELOADS = 500
PAUSE = 0.3  # seconds between saves: an editor's are further apart
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Resolves to the moment (ms) at which the words have been painted.
SEEN = """words => new Promise(resolve => {
  const page = document.querySelector("iframe.rendition").contentDocument;
  const look = () => {
    if (!page.body || !page.body.textContent.includes(words)) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(Date.now())));
  };
  const watch = new MutationObserver(look);
  watch.observe(page, {childList: true, subtree: true, characterData: true});
  document.title = "ready";
})"""


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "gazette"
        workspace_at(root)
        file = root / "issues" / SLUG / "issue.md"
        file.parent.mkdir()
        file.write_text(issue_of(20), encoding="utf-8")
        process, port = started(_serve, root)
        try:
            times = _saves(file, f"http://127.0.0.1:{port}/i/{SLUG}")
            _reload(file, f"http://127.0.0.1:{port}")
            ours, children = _memory(process.pid), _children(process.pid)
        finally:
            process.terminate()
            process.join()
        rendering = _rendering(root, file)
    median = statistics.median(times)
    detail = (
        f"{len(times)} saves, longest {max(times):.0f} ms; rendering and checks {rendering:.0f} ms"
    )
    return [
        Bar("from a save to its pixels, median ms", median, 250, True, detail),
        Bar(
            f"the studio's memory after {RELOADS} reloads, MB",
            ours,
            200,
            True,
            f"its children that render have {', '.join(f'{one:.0f}' for one in children)} MB",
        ),
    ]


def _serve(sender: Any, root: Path) -> None:
    with listening(0) as listener:
        port = listener.getsockname()[1]
        sender.send(port)
        StudioServer(studio_app(workspace_at(root), port=port)).run(sockets=[listener])


def _saves(file: Path, address: str) -> list[float]:
    """Milliseconds from each save until it is seen."""
    program = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.wait_for_selector("[data-listening]", state="attached")
        times = [_save(page, file, number) for number in range(WARM_UP + SAVES)]
        browser.close()
    return times[WARM_UP:]


def _save(page: Page, file: Path, number: int) -> float:
    text = issue_of(20, first=10_000 + number)
    page.evaluate(f"window.seen = ({SEEN})('Workshop number {10_000 + number}'), 0")
    new = file.with_name("issue.md.new")
    begun = time.time() * 1000
    new.write_text(text, encoding="utf-8")
    new.replace(file)
    took = float(page.evaluate("window.seen")) - begun
    time.sleep(PAUSE)
    return took


def _reload(file: Path, address: str) -> None:
    """Save and look so many times, whole page and rendition."""
    with httpx2.Client(base_url=address, timeout=60) as client:
        for number in range(RELOADS):
            file.write_text(issue_of(20, first=20_000 + number), encoding="utf-8")
            for path in (f"/i/{SLUG}", f"/rendition/{SLUG}", f"/i/{SLUG}/findings"):
                if client.get(path).status_code != 200:
                    raise RuntimeError(f"{path} was not answered")


def _memory(process: int | None) -> float:
    """Megabytes that are resident now."""
    status = Path("/proc", str(process), "status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _children(process: int | None) -> list[float]:
    found = []
    for task in Path("/proc", str(process), "task").iterdir():
        found += [int(child) for child in (task / "children").read_text("utf-8").split()]
    return [_memory(child) for child in found]


def _rendering(root: Path, file: Path) -> float:
    """Milliseconds the same change costs without a studio and a browser."""
    workspace, times = workspace_at(root), []
    for number in range(WARM_UP + SAVES):
        file.write_text(issue_of(20, first=30_000 + number), encoding="utf-8")
        begun = time.perf_counter()
        render_issue(workspace, SLUG)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times[WARM_UP:])
