"""Pictures out of a real browser that runs no script, asks nobody and leaves nothing behind."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from newsletter.errors import RenderError
from newsletter.render.chromium import PROGRAMS, Chromium, find_chromium

PAGE = """<!DOCTYPE html><title>t</title><style>
body {{ margin: 0; background: white }}
@media (prefers-color-scheme: dark) {{ body {{ background: black }} }}
p {{ height: 1900px; margin: 0 }}
</style>{}<p></p>"""


@pytest.fixture(scope="module")
def camera():
    if not any(map(shutil.which, PROGRAMS)):
        what = "needs a browser: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)
    with Chromium() as running:
        yield running


def taken(camera, content="", *, width=390, dark=False, answer=lambda _: None):
    picture = camera.picture(PAGE.format(content), width=width, dark=dark, answer=answer)
    return Image.open(io.BytesIO(picture)).convert("RGB")


def test_the_whole_page_is_taken_at_its_width(camera):
    assert taken(camera).size == (390, 1900)
    assert taken(camera, width=1024).size == (1024, 1900)


def test_dark_is_dark(camera):
    assert taken(camera).getpixel((5, 1800)) == (255, 255, 255)
    assert taken(camera, dark=True).getpixel((5, 1800)) == (0, 0, 0)


def test_no_script_of_a_page_runs(camera):
    script = "<script>document.write('<style>body { background: red !important }</style>')</script>"
    handler = "<img src=x onerror=\"document.body.style.background = 'red'\">"
    assert taken(camera, script + handler).getpixel((300, 1800)) == (255, 255, 255)


def test_only_what_we_answer_is_shown(camera):
    red = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(red, "PNG")
    asked = []

    def answer(url):
        asked.append(url)
        return red.getvalue() if url == "https://own.example/red.png" else None

    style = "position: absolute; top: 100px; left: {}px"
    page = "".join(
        f'<img alt="" style="{style.format(left)}" src="https://{host}.example/red.png">'
        for host, left in (("own", 0), ("other", 100))
    )
    shown = taken(camera, page, answer=answer)
    assert shown.getpixel((20, 120)) == (255, 0, 0)
    assert shown.getpixel((120, 120)) == (255, 255, 255)
    assert {"https://own.example/red.png", "https://other.example/red.png"} <= set(asked)


def test_nothing_is_left_behind(camera, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # browsers of others come and go
    with Chromium() as browser:
        assert list(tmp_path.iterdir())
        process = browser._process
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_the_browser_knows_no_secret(camera, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SECRET_KEY", "a secret of the tests only")
    with Chromium() as browser:
        environment = Path(f"/proc/{browser._process}/environ")
        if not environment.exists():
            pytest.skip("this system does not show a process's environment")
        assert b"a secret of the tests" not in environment.read_bytes()


def test_without_a_browser_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RenderError, match="apt-get install chromium"):
        find_chromium()


def test_a_browser_that_dies_says_why(monkeypatch, tmp_path):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho 'no usable sandbox' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(RenderError, match="has ended by itself: no usable sandbox"), Chromium():
        pass
