"""The guarded fetcher against a real server on loopback and a resolver that answers as told."""

from __future__ import annotations

import gzip
import ipaddress
import re
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

import newsletter
from newsletter.config import Gathering
from newsletter.errors import GatherError
from newsletter.gather.addresses import is_public
from newsletter.gather.body import LARGEST_BODY, read_body
from newsletter.gather.fetch import GuardedFetcher
from newsletter.gather.target import target

LOOPBACK = Gathering(allow_private=("127.0.0.1",), deadline=5, pause=0)


def fetcher(gathering=LOOPBACK, **names):
    """A fetcher for which `name=("address", …)` holds; anything else is its own address."""
    asked = []

    def resolve(host, port):
        asked.append(host)
        return names.get(host.replace(".", "_").replace("-", "_"), (host,))

    made = GuardedFetcher(gathering, user_agent="newsletter test", resolve=resolve)
    made.asked = asked
    return made


def refusal(url, **names):
    with pytest.raises(GatherError) as caught:
        fetcher(Gathering(deadline=5), **names).fetch(url)
    return str(caught.value)


def test_a_page_comes_with_its_type_and_charset(site):
    url = site.serve(
        "/a", "café".encode("latin-1"), headers={"Content-Type": "text/html; charset=ISO-8859-1"}
    )
    page = fetcher().fetch(url)
    assert (page.url, page.content, page.content_type, page.charset) == (
        url,
        "café".encode("latin-1"),
        "text/html",
        "iso-8859-1",
    )


def test_the_connection_goes_to_the_checked_address_and_the_host_header_keeps_the_name(site):
    site.serve("/feed", b"news")
    reader = fetcher(trade_example_com=("127.0.0.1",))
    assert reader.fetch(site.url("/feed", "trade.example.com")).content == b"news"
    assert reader.asked == ["trade.example.com"]
    assert site.asked[0][1]["Host"] == f"trade.example.com:{site.port}"
    assert site.asked[0][1]["User-Agent"] == "newsletter test"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.100.100.200", "127.0.0.1", "169.254.169.254", "172.31.0.1",
        "192.0.0.8", "192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1",
        "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::169.254.169.254",
        "fec0::1", "fe80::1", "fd00:ec2::254", "ff02::1",
    ],
)  # fmt: skip
def test_a_name_that_answers_with_a_closed_address_is_refused(address):
    assert "private or reserved" in refusal("http://name.example/", name_example=(address,))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2600:1406::1", True), ("::ffff:93.184.216.34", True),
        ("2002:5db8:d822::1", True), ("2002:a9fe:a9fe::5db8:d822", False),
        ("64:ff9b::5db8:d822", True), ("64:ff9b::7f00:1", False),
    ],
)  # fmt: skip
def test_an_address_is_public_when_the_one_inside_it_is(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


def test_one_closed_address_among_public_ones_refuses_the_host():
    mixed = ("93.184.216.34", "127.0.0.1")
    assert "private or reserved" in refusal("http://name.example/", name_example=mixed)


@pytest.mark.parametrize(
    "host", ["2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518", "127.1", "0"]
)
def test_numbers_that_stand_for_a_closed_address_are_refused_by_the_system_resolver(host):
    with pytest.raises(GatherError, match=r"private or reserved|not a web address"):
        GuardedFetcher(Gathering(), user_agent="newsletter test").fetch(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/", "data:text/plain,x", "/etc/passwd", "http://",
        "http://example.com\\@169.254.169.254/", "http://user@example.com/",
        "http://user:word@example.com/", "http://example.com/\r\nHost: x", "http://exa mple.com/",
        "http://example.com:99999/", "http://[::1/",
    ],
)  # fmt: skip
def test_what_is_not_a_plain_web_address_is_refused_before_anything_is_asked(url):
    reader = fetcher()
    with pytest.raises(GatherError):
        reader.fetch(url)
    assert reader.asked == []


@pytest.mark.parametrize(
    "host", ["169。254。169。254", "169．254．169．254", "①②⑦.⓪.⓪.①", "１２７.0.0.1"]
)
def test_full_width_dots_lead_to_the_same_refusal(host):
    with pytest.raises(GatherError, match=r"private or reserved|is not a web address"):
        GuardedFetcher(Gathering(), user_agent="t").fetch(f"http://{host}/")


def test_a_redirect_is_followed_and_its_last_address_kept(site):
    site.serve("/old", status=301, headers={"Location": "/new"})
    site.serve("/new", b"here")
    assert fetcher().fetch(site.url("/old")).url == site.url("/new")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://10.0.0.1:5432/", "private or reserved"),
        ("file:///etc/passwd", "not a web address"),
        ("http://user@example.com/", "user name or password"),
        ("//[/", "not a host|not a web address"),
    ],
)
def test_every_redirect_is_checked_again(site, target, reason):
    site.serve("/old", status=302, headers={"Location": target})
    with pytest.raises(GatherError, match=reason):
        fetcher().fetch(site.url("/old"))


def test_a_redirect_from_https_to_plain_http_is_refused():
    with pytest.raises(GatherError, match="from https to plain http"):
        target("https://example.com/").joined("http://example.com/")


def test_a_loop_ends_after_five_redirects(site):
    site.serve("/loop", status=302, headers={"Location": "/loop"})
    with pytest.raises(GatherError, match="more than 5 times"):
        fetcher().fetch(site.url("/loop"))
    assert len(site.asked) == 6


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_body_is_unpacked(site, coding, pack):
    url = site.serve("/z", pack(b"news " * 1000), headers={"Content-Encoding": coding})
    assert fetcher().fetch(url).content == b"news " * 1000


def test_a_packed_bomb_is_refused_at_the_cap(site):
    bomb = gzip.compress(bytes(20 * LARGEST_BODY))
    url = site.serve("/bomb", bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(GatherError, match="more than 5 MiB"):
        fetcher().fetch(url)


def test_a_bomb_never_unfolds_in_memory():
    bomb = gzip.compress(bytes(20 * LARGEST_BODY))
    tracemalloc.start()
    with pytest.raises(GatherError):
        read_body([bomb], coding="gzip", host="bomb.example")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * LARGEST_BODY


def test_a_plain_body_over_the_cap_is_refused(site):
    url = site.serve("/big", b"x" * (LARGEST_BODY + 1))
    with pytest.raises(GatherError, match="more than 5 MiB"):
        fetcher().fetch(url)


def test_a_bomb_in_a_redirect_is_not_unpacked(site):
    bomb = gzip.compress(bytes(20 * LARGEST_BODY))
    headers = {"Content-Encoding": "gzip", "Location": "/new"}
    site.serve("/old", bomb, status=302, headers=headers)
    site.serve("/new", b"here")
    reader, url = fetcher(), site.url("/old")
    tracemalloc.start()
    assert reader.fetch(url).content == b"here"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < LARGEST_BODY


def test_a_name_that_changes_its_answer_is_asked_once_and_gains_nothing(site):
    site.serve("/feed", b"news")
    answers = [("127.0.0.1",), ("169.254.169.254",)]

    def rebinding(host, port):
        return answers.pop(0)

    reader = GuardedFetcher(LOOPBACK, user_agent="t", resolve=rebinding)
    assert reader.fetch(site.url("/feed", "rebinding.example.com")).content == b"news"
    assert answers == [("169.254.169.254",)]
    with pytest.raises(GatherError, match="private or reserved"):
        reader.fetch(site.url("/feed", "rebinding.example.com"))


def test_nothing_in_the_program_speaks_http_but_the_fetcher_and_the_providers():
    package = Path(newsletter.__file__).parent
    clients = re.compile(
        r"^\s*(?:import|from) (?:h11|httpx2|httpx|requests|aiohttp|http\.client|urllib3"
        r"|urllib\.request)\b",
        re.MULTILINE,
    )
    speaking = {
        path.relative_to(package).parts[:2]
        for path in package.rglob("*.py")
        if clients.search(path.read_text(encoding="utf-8"))
    }
    assert speaking <= {
        ("gather", "exchange.py"), ("gather", "fetch.py"), ("gather", "target.py"),
        ("providers", "sendgrid"), ("providers", "simulator"),
    }  # fmt: skip


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd"])
def test_other_codings_and_chains_of_them_are_refused(site, coding):
    url = site.serve("/z", b"xxxx", headers={"Content-Encoding": coding})
    with pytest.raises(GatherError, match="packs its answer"):
        fetcher().fetch(url)


def test_a_packed_body_that_ends_early_is_refused(site):
    url = site.serve("/z", gzip.compress(b"x" * 99)[:-5], headers={"Content-Encoding": "gzip"})
    with pytest.raises(GatherError, match="damaged gzip"):
        fetcher().fetch(url)


@pytest.mark.parametrize("status", [204, 304, 401, 404, 410, 500, 503])
def test_an_answer_without_a_page_names_the_status(site, status):
    url = site.serve("/gone", status=status)
    with pytest.raises(GatherError, match=rf"127\.0\.0\.1 answered {status}"):
        fetcher().fetch(url)


def test_an_empty_page_is_an_error(site):
    with pytest.raises(GatherError, match="empty"):
        fetcher().fetch(site.serve("/empty", b"\n"))


@pytest.mark.parametrize("part", ["headers", "body"])
def test_bytes_that_trickle_meet_the_deadline(site, part):
    def trickle(handler):
        if part == "body":
            handler.send_response(200)
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        for _ in range(1_000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    site.answers["/slow"] = trickle
    start = time.monotonic()
    with pytest.raises(GatherError, match=r"took longer than 0\.3 seconds"):
        fetcher(Gathering(allow_private=("127.0.0.1",), deadline=0.3)).fetch(site.url("/slow"))
    assert time.monotonic() - start < 20


def test_a_host_nobody_listens_on_is_named():
    with pytest.raises(GatherError, match=r"127\.0\.0\.1 could not be reached"):
        fetcher().fetch("http://127.0.0.1:9/")


def test_a_name_nobody_knows_is_named():
    def unknown(host, port):
        raise OSError("not known")

    with pytest.raises(GatherError, match=r"nowhere\.example is not a host"):
        GuardedFetcher(LOOPBACK, user_agent="t", resolve=unknown).fetch("http://nowhere.example/")


def test_a_proxy_in_the_environment_is_not_asked(site, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetcher().fetch(site.serve("/a", b"direct")).content == b"direct"


def test_no_part_of_an_address_but_its_host_is_told(site):
    url = site.serve("/secret?key=abc", status=403)
    with pytest.raises(GatherError) as caught:
        fetcher().fetch(url)
    assert "abc" not in str(caught.value)


def test_a_visit_tells_the_last_address_and_any_status_without_reading_the_page(site):
    site.serve("/gone", b"x", status=410)
    start = site.serve("/a", status=301, headers={"Location": "/gone"})
    found = fetcher().visit(start)
    assert (found.url, found.status) == (site.url("/gone"), 410)
    assert fetcher().visit(site.serve("/empty")).status == 200


def test_a_visit_is_guarded_as_a_fetch_is(site):
    with pytest.raises(GatherError, match="private"):
        fetcher(Gathering(deadline=5)).visit(site.serve("/a"))
    inwards = {"Location": "http://10.0.0.1/"}
    with pytest.raises(GatherError, match="private"):
        fetcher().visit(site.serve("/b", status=302, headers=inwards))
