from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from newsletter.render.inline import inline

PAGE = '<!DOCTYPE html>\n<html><head>{head}</head><body><p class="a">x</p>{body}</body></html>'


@pytest.fixture
def visits():
    """Requests that reach a server on loopback; its address is the first entry's host."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b".a{color:red}")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield seen, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="stylesheet" href="{host}/a.css">',
        "<style>@import url({host}/b.css);</style>",
        '<style media="screen">@import url({host}/c.css);</style>',
        "<style>@font-face{{src:url({host}/d)}}</style>",
    ],
)
def test_the_inliner_asks_no_server(visits, head):
    seen, host = visits
    inline(PAGE.format(head=head.format(host=host), body=""), f"@import url({host}/e.css);")
    assert seen == []


@pytest.mark.parametrize("form", ["<style media='screen'>{css}</style>", ""])
def test_the_inliner_reads_no_file(tmp_path, form):
    secret = tmp_path / "secret.css"
    secret.write_text(".a{color:#123456}", encoding="utf-8")
    css = f"@import url({secret.as_uri()});"
    assert "123456" not in inline(PAGE.format(head=form.format(css=css), body=""), css)
    link = f'<link rel="stylesheet" href="{secret.as_uri()}">'
    assert "123456" not in inline(PAGE.format(head=link, body=""), "")


def test_css_lands_on_its_elements_and_the_doctype_stays():
    made = inline(PAGE.format(head="", body=""), ".a{color:#112233}")
    assert made.startswith("<!DOCTYPE html>")
    assert '<p class="a" style="color:#112233">' in made


@pytest.mark.parametrize(
    "css",
    [
        "@media (prefers-color-scheme: dark) { .a { color: red !important } }",
        '@supports (a: b) { .a > b { content: "x" } }',
        "[data-ogsc] .a { color: red }",
        "@font-face { font-family: X }",
    ],
)
def test_style_elements_stay_byte_for_byte(css):
    made = inline(PAGE.format(head=f"<style>{css}</style>", body=""), ".b{top:0}")
    assert f"<style>{css}</style>" in made


@pytest.mark.parametrize(
    "comment",
    [
        '<!--[if mso | IE]><table><tr><td width="600"><![endif]-->',
        "<!--[if mso]><v:rect fill='a & b'></v:rect><![endif]-->",
        "<!--[if !mso]><!-->",
        "<!--<![endif]-->",
    ],
)
def test_conditional_comments_stay_byte_for_byte(comment):
    assert comment in inline(PAGE.format(head="", body=comment), ".a{top:0}")


def test_attributes_for_outlook_are_not_overwritten():
    made = inline(PAGE.format(head="", body='<img width="568" class="i">'), ".i{width:100%}")
    assert 'width="568"' in made
    assert "width:100%" in made


def test_emoji_and_addresses_survive():
    body = '<a href="https://e.com/?a=1&amp;b=2">👩‍🔧 é</a><a href="xabch001">u</a>'
    assert body in inline(PAGE.format(head="", body=body), ".a{top:0}")
