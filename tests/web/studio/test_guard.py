"""Who may talk to the studio: A29, A30, A35 and A36 of the attack table."""

from __future__ import annotations

import re
import socket

import pytest

from newsletter.web.studio.desk import LARGEST_FORM

SLUG = "2026-11-27"


@pytest.fixture
def token(studio):
    return re.search(r'"X-Studio-Token": "(\w+)"', studio.ask("/").text)[1]


@pytest.fixture
def post(studio, token):
    """Look a reader up, which is asked by POST as every change is."""

    def ask(*, origin=studio.address, told=token, **how):
        headers = {} if origin is None else {"Origin": origin}
        data = {"address": "nobody@example.com"} | ({} if told is None else {"token": told})
        return studio.ask(
            f"/i/{SLUG}/reader", **{"method": "POST", "headers": headers, "data": data} | how
        )

    return ask


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil.example:{port}",
        "127.0.0.1:{port}@evil.example", "127.0.0.1:{port}/x", "127.0.0.1:{port}?x",
        "127.0.0.1:{port}#x", "0.0.0.0:{port}", "[::1]:{port}", "",
    ],
)  # fmt: skip
def test_a29_another_name_is_answered_by_nobody(studio, host):
    port = studio.address.rpartition(":")[2]
    for path in ("/", f"/i/{SLUG}", f"/rendition/{SLUG}", "/static/studio.css"):
        answer = raw(studio, f"GET {path} HTTP/1.1\r\nHost: {host.format(port=port)}\r\n")
        assert re.match(r"HTTP/1.1 4(00|21) ", answer), path
        assert "Gold" not in answer


def test_a29_two_hosts_in_one_request_are_refused(studio):
    port = studio.address.rpartition(":")[2]
    both = f"Host: evil.example\r\nHost: 127.0.0.1:{port}\r\n"
    assert raw(studio, f"GET / HTTP/1.1\r\n{both}").startswith("HTTP/1.1 400 ")


def raw(studio, head):
    """The answer to a request no library would let through."""
    port = int(studio.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def test_localhost_is_this_machine_too(studio):
    port = studio.address.rpartition(":")[2]
    assert studio.ask("/", headers={"Host": f"localhost:{port}"}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "https://evil.example", "http://evil.example", "http://127.0.0.1",
     "http://127.0.0.1:1", "https://{host}", "{host}", "http://{host}.evil.example"],
)  # fmt: skip
def test_a30_a_change_from_another_page_is_refused(studio, post, origin):
    host = studio.address.removeprefix("http://")
    assert post(origin=origin and origin.format(host=host)).status_code == 403


@pytest.mark.parametrize("told", [None, "", "0" * 32, "é"])
def test_a30_a_change_without_our_token_is_refused(post, told):
    assert post(told=told).status_code == 403


def test_a30_a_body_of_plain_text_is_no_way_round(studio, post):
    headers = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    assert post(headers=headers, data=None, content="address=a%40example.com").status_code == 403


def test_a30_our_own_page_is_let_through(post):
    answer = post()
    assert answer.status_code == 422
    assert "no subscriber has this address" in answer.text


def test_a30_nothing_is_set_that_a_browser_would_send_along(studio, post):
    for path in ("/", f"/i/{SLUG}", f"/rendition/{SLUG}"):
        assert "set-cookie" not in studio.ask(path).headers
    assert "set-cookie" not in post().headers


def test_a30_no_page_is_read_or_framed_by_another_site(studio):
    for path in ("/", f"/i/{SLUG}", f"/i/{SLUG}/findings", "/nothing"):
        headers = studio.ask(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_too_large_a_form_is_refused_before_it_is_read(post):
    assert post(data={"address": "x" * (LARGEST_FORM + 1)}).status_code == 413


HOSTILE_NAMES = [
    "../config.yaml", "..%2fconfig.yaml", "%2e%2e/%2e%2e/config.yaml", "..%5cconfig.yaml",
    "%00.png", "CON", "a" * 300, "/etc/passwd", "%2fetc%2fpasswd", "issue.md",
    "..%252fconfig.yaml", ".newsletter%2fnewsletter.db", "0123456789abcdef0123.svg",
    "0123456789abcdef0123.png",
]  # fmt: skip


@pytest.mark.parametrize("place", ["images", "static"])
def test_a35_nothing_but_prepared_pictures_and_our_own_files_is_served(studio, place):
    for name in HOSTILE_NAMES:
        answer = raw(studio, f"GET /{place}/{name} HTTP/1.1\r\nHost: {studio.address[7:]}\r\n")
        assert re.match(r"HTTP/1.1 40[04] ", answer), name
        assert "postal_address" not in answer


@pytest.mark.parametrize(
    "address", ["../secret.png", "images/../../secret.png", "images/link.png", "/etc/hostname"]
)
def test_a35_a_picture_from_outside_the_issue_is_told_and_not_shown(studio, address):
    home = studio.file.parent
    (studio.workspace.issues / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (home / "images").mkdir()
    (home / "images" / "link.png").symlink_to(studio.workspace.issues.resolve() / "secret.png")
    text = studio.file.read_text(encoding="utf-8")
    studio.write(text.replace("Good morning.", f"![x]({address})"))
    page = studio.ask(f"/i/{SLUG}").text
    assert f"issues/{SLUG}/issue.md:8" in page
    assert "is not in the issue" in page
    assert address not in studio.ask(f"/rendition/{SLUG}").text


def test_a36_a_form_of_a_studio_that_was_closed_is_refused(studio, post):
    """Its token went with it, so what is replayed after a restart does nothing."""
    answer = post(told="f" * 32)
    assert (answer.status_code, "started anew" in answer.text) == (403, True)


@pytest.mark.parametrize("path", ["send", "dispatch", "campaigns/1/send"])
def test_a30_there_is_no_way_to_mail_subscribers(studio, token, path):
    headers = {"Origin": studio.address}
    answer = studio.ask(f"/i/{SLUG}/{path}", method="POST", headers=headers, data={"token": token})
    assert answer.status_code in {403, 404, 405}
