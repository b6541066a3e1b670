"""Takes the pictures of the README anew: the sample issue by `newsletter shot`, and the studio.

`.venv/bin/python docs/illustrate.py`, from the top of the repository; needs a Chromium.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from newsletter import config
from newsletter.app import Workspace
from newsletter.render.chromium import find_chromium
from newsletter.usecases import rendering
from newsletter.usecases.shooting import View, shoot
from newsletter.usecases.workspace import init
from newsletter.web.studio.app import studio_app
from newsletter.web.studio.server import StudioServer, listening

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
FONTS = HERE.parent / "tests" / "data" / "fonts" / "fonts.conf"
ISSUE = "2026-11-20"
DESKTOP, PHONE = 680, 390
VIEWS = (
    View(DESKTOP, "light", None),
    View(PHONE, "light", None),
    View(PHONE, "dark", None),
    View(DESKTOP, "dark", None),
)
HEIGHT, GAP, SCALE = 1_250, 24, 0.6
BETWEEN = "#8b857b"
COLOURS = 128


def main() -> None:
    """Write issue.png and studio.png."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FONTCONFIG_FILE": str(FONTS), "XDG_CACHE_HOME": folder}
        root = init(Path(folder) / "gazette")
        environment = {config.SECRET_KEY: "the secret of the pictures"}
        workspace = Workspace(root, config.load(root), environment=environment)
        paths = shoot(workspace, ISSUE, Path(folder), VIEWS, begin=lambda _: lambda _: None)
        _save(_side_by_side(paths), "issue.png")
        _save(_studio(workspace, Path(folder) / "studio.png"), "studio.png")
        workspace.close()


def _side_by_side(paths: tuple[Path, ...]) -> Image.Image:
    """The tops of the pictures in a row, scaled down."""
    pictures = [Image.open(path).convert("RGB") for path in paths]
    width = sum(one.width for one in pictures) + GAP * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, HEIGHT), BETWEEN)
    left = 0
    for picture in pictures:
        sheet.paste(picture.crop((0, 0, picture.width, HEIGHT)), (left, 0))
        left += picture.width + GAP
    return sheet.resize((round(width * SCALE), round(HEIGHT * SCALE)), Image.Resampling.LANCZOS)


def _studio(workspace: Workspace, path: Path) -> Image.Image:
    """The studio with what changed since an approval."""
    rendering.approve(workspace, ISSUE, by="Ada")
    file = workspace.issues / ISSUE / "issue.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("The mood is calm", "The mood stays calm"), encoding="utf-8")
    with listening(0) as listener:
        port = listener.getsockname()[1]
        server = StudioServer(studio_app(workspace, port=port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            _photograph(f"http://127.0.0.1:{port}/i/{ISSUE}", path)
        finally:
            server.should_exit = True
            thread.join()
    return Image.open(path).convert("RGB")


def _photograph(address: str, path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), env={**os.environ}, args=["--disable-lcd-text"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 860})
        page.goto(address)
        page.get_by_role("link", name="Differences").click()
        page.get_by_role("heading", name="Since the approval").wait_for()
        page.wait_for_timeout(1_000)  # the frames settle to their heights
        page.screenshot(path=path)
        browser.close()


def _save(picture: Image.Image, name: str) -> None:
    """As a PNG of few colours: small enough for a README, and no eye sees the difference."""
    small = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    main()
