"""How the fetcher treats the sites it reads: versions, pauses, busy hosts, robots.txt, proxies."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
import trustme
from pydantic import ValidationError

from newsletter.config import Gathering
from newsletter.errors import GatherError
from newsletter.gather import connect, politeness
from newsletter.gather.fetch import GuardedFetcher, NotModified, Page, Validators
from newsletter.gather.politeness import retry_after
from newsletter.gather.robots import Robots, allows
from newsletter.isolation import shared

NOW, HALF_A_MINUTE_LATER = (f"Fri, 20 Nov 2026 08:00:{second} GMT" for second in ("00", "30"))


@pytest.fixture
def fetcher_of(shelf):
    def make(*, names=None, **settings):
        known = {"allow_private": ("127.0.0.1",), "deadline": 30, "pause": 0} | settings
        return GuardedFetcher(
            Gathering.model_validate(known),
            user_agent="newsletter test",
            robots=Robots(shelf, shared()),
            resolve=lambda host, _port: (names or {}).get(host, ("127.0.0.1",)),
        )

    return make


@contextmanager
def raw_server(serve):
    """A server on loopback of which `serve` takes each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(peer,), daemon=True).start()

    def handle(peer):
        with peer, suppress(OSError):
            serve(peer)

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_a_version_is_sent_back_and_not_modified_is_an_answer_to_that_only(site, fetcher_of):
    site.serve("/a", b"news", headers={"ETag": '"v1"', "Last-Modified": "Fri, 20 Nov 2026"})
    page = fetcher_of().fetch(site.url("/a"))
    assert page.validators == Validators('"v1"', "Fri, 20 Nov 2026")
    site.serve("/a", status=304)
    assert fetcher_of().fetch(site.url("/a"), page.validators) == NotModified()
    with pytest.raises(GatherError, match="answered 304"):
        fetcher_of().fetch(site.url("/a"))


@pytest.mark.parametrize("etag", ['"caf\xe9"', '"' + "x" * 2000 + '"', '"a\tb"'])
def test_a_version_that_no_request_may_hold_is_not_sent_back(site, fetcher_of, etag):
    def answer(handler):
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "
            + etag.encode("latin-1")
            + b"\r\n\r\nnews"
        )

    site.answers["/a"] = answer
    page = fetcher_of().fetch(site.url("/a"))
    assert page.validators.etag == ""
    assert isinstance(fetcher_of().fetch(site.url("/a"), page.validators), Page)


class Standing:
    """Time that stands still until somebody sleeps; remembers the sleeps."""

    def __init__(self):
        self.moment, self.slept = 0.0, []

    def monotonic(self):
        return self.moment

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.moment += seconds


@pytest.fixture
def turns(monkeypatch):
    """The time by which hosts are waited for."""
    standing = Standing()
    monkeypatch.setattr(politeness, "time", standing)
    return standing


def test_requests_to_one_host_are_a_pause_apart_and_others_are_not_kept(site, fetcher_of, turns):
    site.serve("/a", b"news")
    reader = fetcher_of(pause=0.3, allow_private=("127.0.0.1", "other.example.com"))
    for host in ("127.0.0.1", "other.example.com"):
        reader.fetch(site.url("/a", host))
    assert turns.slept == []
    reader.fetch(site.url("/a"))
    assert turns.slept == [0.3]


def test_a_redirect_is_followed_at_once_but_counts(site, fetcher_of, turns):
    site.serve("/new", b"news")
    site.serve("/old", status=301, headers={"Location": "/new"})
    reader = fetcher_of(pause=0.4)
    reader.fetch(site.url("/old"))
    assert turns.slept == []
    reader.fetch(site.url("/new"))
    assert turns.slept == [0.4]


def test_no_more_requests_than_allowed_are_under_way(site, fetcher_of):
    under_way, most, go = [], [], threading.Event()

    def answer(handler):
        under_way.append(1)
        most.append(len(under_way))
        if len(under_way) > 1:
            go.wait(0.2)  # would any more come?
            go.set()
        assert go.wait(60)
        under_way.pop()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nnews")

    site.answers["/a"] = answer
    reader = fetcher_of(concurrency=2)
    threads = [threading.Thread(target=reader.fetch, args=(site.url("/a"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 2
    assert len(most) == 8


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_asked_again_when_it_wants_to_be(site, fetcher_of, status):
    answers = [(status, {"Retry-After": "1"}, b""), (200, {}, b"news")]

    def answer(handler):
        code, headers, body = answers.pop(0)
        site.serve("/b", body, status=code, headers=headers)
        site.answers["/b"](handler)

    site.answers["/a"] = answer
    began = time.monotonic()
    assert fetcher_of().fetch(site.url("/a")).content == b"news"
    assert time.monotonic() - began >= 1


def test_a_host_that_asks_for_more_than_the_deadline_is_left_alone(site, fetcher_of):
    site.serve("/a", status=429, headers={"Retry-After": "3600"})
    reader = fetcher_of()
    for _ in range(2):
        with pytest.raises(GatherError, match="busy and asks to be left alone for 60 min"):
            reader.fetch(site.url("/a"))
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": HALF_A_MINUTE_LATER, "date": NOW}, 30),
        ({"retry-after": NOW, "date": HALF_A_MINUTE_LATER}, 0),
        ({"retry-after": HALF_A_MINUTE_LATER}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_what_a_busy_host_asks_for(headers, seconds):
    assert retry_after(503, headers) == seconds
    assert retry_after(200, headers) is None


def test_a_visit_does_not_wait_for_a_busy_host(site, fetcher_of):
    site.serve("/a", status=503, headers={"Retry-After": "1"})
    assert fetcher_of().visit(site.url("/a")).status == 503


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        ({"status": 404}, True),
        ({"status": 403}, True),
        ({"body": b"User-agent: *\nDisallow: /\n"}, False),
        ({"body": b"User-agent: *\nDisallow: /\n\nUser-agent: newsletter\nDisallow:\n"}, True),
        ({"body": b"User-agent: *\nDisallow: /news\nAllow: /news/open\n"}, True),
        ({"body": b"User-agent: *\nDisallow: /*.html$\n"}, True),
        ({"body": b"\xff\xfe\x00<html>not rules"}, True),
        ({"status": 500}, None),
        ({"status": 503, "headers": {"Retry-After": "100"}}, None),
    ],
)
def test_robots_txt_decides_about_pages(site, fetcher_of, answer, allowed):
    site.serve("/robots.txt", **answer)
    site.serve("/news/open", b"news")
    reader = fetcher_of()
    assert reader.fetch(site.url("/news/open")).content == b"news"
    if allowed:
        assert reader.fetch(site.url("/news/open"), as_page=True).content == b"news"
        return
    says = "could not be asked for its robots.txt" if allowed is None else "asks programs not"
    with pytest.raises(GatherError, match=says):
        reader.fetch(site.url("/news/open"), as_page=True)


def test_robots_txt_is_kept_for_a_day(site, fetcher_of, clock):
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /x\n")
    site.serve("/a", b"news")
    for _ in range(2):
        fetcher_of().fetch(site.url("/a"), as_page=True)
    clock.advance(timedelta(days=1).total_seconds())
    fetcher_of().fetch(site.url("/a"), as_page=True)
    assert [path for path, _ in site.asked].count("/robots.txt") == 2


def test_the_site_a_redirect_leads_to_is_asked_too(site, fetcher_of):
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /closed\n")
    site.serve("/closed", b"news")
    site.serve("/a", status=302, headers={"Location": "/closed"})
    with pytest.raises(GatherError, match="asks programs not"):
        fetcher_of().fetch(site.url("/a"), as_page=True)


def test_only_the_first_500_kib_of_robots_txt_count(site, fetcher_of):
    filler = b"# " + b"x" * 98 + b"\n"
    late = b"User-agent: *\nDisallow: /\n"
    site.serve("/robots.txt", filler * 5_100 + late)
    site.serve("/a", b"news")
    assert fetcher_of().fetch(site.url("/a"), as_page=True).content == b"news"


def test_a_robots_txt_that_costs_too_much_ends_in_a_child(site, fetcher_of):
    rule = b"Disallow: /" + b"*a" * 40 + b"b\n"
    site.serve("/robots.txt", b"User-agent: *\n" + rule * 50)
    site.serve("/" + "a" * 1_900, b"news")
    began, refused = time.monotonic(), ""
    try:
        fetcher_of().fetch(site.url("/" + "a" * 1_900), as_page=True)
    except GatherError as error:
        refused = str(error)
    assert "robots.txt that cannot be read" in refused or not refused
    assert time.monotonic() - began < 60


def test_the_longest_rule_wins():
    rules = "User-agent: *\nAllow: /p\nDisallow: /\n"
    assert allows(rules, "https://example.com/page")
    assert not allows(rules, "https://example.com/other")


def test_a_resolver_that_hangs_meets_the_deadline():
    released = threading.Event()

    def hanging(host, port):
        released.wait(60)
        return ()

    reader = GuardedFetcher(Gathering(deadline=0.3), user_agent="t", resolve=hanging)
    began = time.monotonic()
    with pytest.raises(GatherError, match=r"slow\.example\.com took longer than 0\.3 seconds"):
        reader.fetch("http://slow.example.com/")
    assert time.monotonic() - began < 20
    released.set()


def test_the_next_address_is_tried_where_one_is_dead(site, fetcher_of):
    site.serve("/a", b"news")
    names = {"two.example.com": ("::1", "127.0.0.1")}  # the site listens on the second only
    reader = fetcher_of(names=names, allow_private=("127.0.0.1", "::1"))
    assert reader.fetch(site.url("/a", "two.example.com")).content == b"news"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"X: " + b"x" * 10_000_000, id="one long header"),
        pytest.param(b"X: y\r\n" * 500_000, id="many headers"),
    ],
)
def test_a_head_without_end_is_cut(head, fetcher_of):
    def serve(peer):
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 200 OK\r\n" + head)

    with raw_server(serve) as url, pytest.raises(GatherError, match=r"127\.0\.0\.1 could not"):
        fetcher_of().fetch(url)


def test_interim_answers_without_end_are_cut(fetcher_of):
    def serve(peer):
        peer.recv(65536)
        while True:
            peer.sendall(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 1000)

    with raw_server(serve) as url, pytest.raises(GatherError, match="does not end"):
        fetcher_of().fetch(url)


def test_a_chunked_body_without_end_is_cut_at_the_cap(fetcher_of):
    def serve(peer):
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            peer.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    with raw_server(serve) as url, pytest.raises(GatherError, match="more than 5 MiB"):
        fetcher_of().fetch(url)


def test_a_byte_now_and_then_meets_the_deadline(fetcher_of):
    def serve(peer):
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            peer.sendall(b"1\r\nx\r\n")
            time.sleep(0.05)

    began = time.monotonic()
    with raw_server(serve) as url, pytest.raises(GatherError, match=r"longer than 0\.5 seconds"):
        fetcher_of(deadline=0.5).fetch(url)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "answer",
    [b"", b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"],
)
def test_what_is_no_whole_answer_is_an_error(answer, fetcher_of):
    def serve(peer):
        peer.recv(65536)
        peer.sendall(answer)

    with raw_server(serve) as url, pytest.raises(GatherError, match="could not be reached"):
        fetcher_of().fetch(url)


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """An https server whose authority is trusted here; what name it was asked for by SNI."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("trade.example.com").configure_cert(context)
    asked = []
    context.sni_callback = lambda _wire, name, _: asked.append(name)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    connect._tls.cache_clear()

    def serve(peer):
        with context.wrap_socket(peer, server_side=True) as wire:
            asked.append(wire.recv(65536))
            wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews")

    with raw_server(serve) as url:
        yield url.rpartition(":")[2], asked
    connect._tls.cache_clear()


def test_a_certificate_is_held_against_the_name_while_the_address_is_the_checked_one(
    secure, fetcher_of
):
    port, asked = secure
    page = fetcher_of().fetch(f"https://trade.example.com:{port}/a")
    assert page.content == b"news"
    assert asked[0] == "trade.example.com"
    assert f"Host: trade.example.com:{port}".encode() in asked[1]
    with pytest.raises(GatherError, match="certificate verify failed"):
        fetcher_of().fetch(f"https://other.example.com:{port}/a")


def _relay(one, other):
    with suppress(OSError):  # either end may hang up first
        while data := one.recv(65536):
            other.sendall(data)


@pytest.fixture
def proxied(secure):
    """A proxy on loopback, and the requests it was sent."""
    asked = []

    def serve(peer):
        head = peer.recv(65536)
        asked.append(head.split(b"\r\n")[0].decode())
        if not head.startswith(b"CONNECT"):
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")
            return
        if b":1 " in head:
            peer.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", int(secure[0]))) as onward:
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=_relay, args=(peer, onward), daemon=True).start()
            _relay(onward, peer)

    with raw_server(serve) as url:
        yield url, asked


def test_a_proxy_is_asked_where_one_is_set(secure, proxied, fetcher_of):
    url, asked = proxied
    reader = fetcher_of(proxy=url, names={"trade.example.com": ("93.184.216.34",)})
    assert reader.fetch("http://trade.example.com/a?b=c").content == b"proxy"
    assert reader.fetch(f"https://trade.example.com:{secure[0]}/a").content == b"news"
    assert asked == [
        "GET http://trade.example.com/a?b=c HTTP/1.1",
        f"CONNECT trade.example.com:{secure[0]} HTTP/1.1",
    ]


def test_a_proxy_that_refuses_is_told(proxied, fetcher_of):
    reader = fetcher_of(proxy=proxied[0], names={"trade.example.com": ("93.184.216.34",)})
    with pytest.raises(GatherError, match="the proxy answered 403"):
        reader.fetch("https://trade.example.com:1/")


@pytest.mark.parametrize(
    "url", ["http://10.1.2.3/", "http://inside.example.com/", "http://0x7f.1/"]
)
def test_a_proxy_does_not_open_the_private_network(proxied, fetcher_of, url):
    names = {"inside.example.com": ("10.0.0.1",), "0x7f.1": ("127.0.0.1",)}
    reader = fetcher_of(proxy=proxied[0], names=names, allow_private=())
    with pytest.raises(GatherError, match="private or reserved"):
        reader.fetch(url)
    assert proxied[1] == []


def test_a_proxy_is_spoken_to_in_plain_http():
    with pytest.raises(ValidationError, match=r"http://proxy\.example\.com:3128"):
        Gathering(proxy="https://proxy.example.com")


def test_a_name_nobody_here_knows_is_not_given_to_the_proxy(proxied):
    def unknown(host, port):
        if host == "127.0.0.1":
            return (host,)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    reader = GuardedFetcher(Gathering(proxy=proxied[0]), user_agent="t", resolve=unknown)
    with pytest.raises(GatherError, match="not a host that can be found"):
        reader.fetch("http://intranet/")
    assert proxied[1] == []
