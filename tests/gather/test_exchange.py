"""The exchange with servers of every make: odd, broken and hostile answers, byte for byte."""

from __future__ import annotations

import gzip
import time

import pytest

from newsletter.config import Gathering
from newsletter.errors import GatherError
from newsletter.gather.fetch import GuardedFetcher

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def answered(site):
    """What the fetcher makes of these bytes of a server; `deadline` and the like are settings."""

    def fetch(*pieces, user_agent="newsletter test", **settings):
        def answer(handler):
            for piece in pieces:
                handler.wfile.write(piece)

        site.answers["/a"] = answer
        known = {"allow_private": ("127.0.0.1",), "deadline": 30, "pause": 0} | settings
        made = GuardedFetcher(Gathering.model_validate(known), user_agent=user_agent)
        return made.fetch(site.url("/a"))

    return fetch


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        pytest.param(b"Content-Length: 4\r\n\r\nnewsandmore", b"news", id="more than its length"),
        pytest.param(b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nnews", b"news", id="twice"),
        pytest.param(b"\r\nnews", b"news", id="until it closes"),
        pytest.param(
            b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nne\r\n2\r\nws\r\n0\r\nX: y\r\n\r\n",
            b"news",
            id="chunks with extensions and a trailer",
        ),
        pytest.param(
            b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n4\r\nnews\r\n0\r\n\r\n",
            b"news",
            id="chunks and a length",
        ),
        pytest.param(b"X: y;\r\n z\r\nContent-Length: 4\r\n\r\nnews", b"news", id="folded header"),
    ],
)
def test_odd_but_readable_answers_are_read(answered, answer, content):
    assert answered(OK + answer).content == content


def test_interim_answers_are_passed_over(answered):
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert answered(hint * 3 + OK + b"Content-Length: 4\r\n\r\nnews").content == b"news"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nnews", id="two lengths"),
        pytest.param(OK + b"Content-Length: -4\r\n\r\nnews", id="negative length"),
        pytest.param(OK + b"Content-Length: \xd9\xa4\r\n\r\nnews", id="length in other digits"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n-4\r\nnews\r\n", id="negative chunk"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nnews\r\n", id="no last chunk"),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n4;" + b"x" * 200_000, id="endless extension"
        ),
        pytest.param(
            OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="other transfer"
        ),
        pytest.param(OK + b"X : y\r\nContent-Length: 4\r\n\r\nnews", id="space before the colon"),
        pytest.param(OK + b"X: a\rb\r\nContent-Length: 4\r\n\r\nnews", id="bare carriage return"),
        pytest.param(OK + b"X: a\0b\r\nContent-Length: 4\r\n\r\nnews", id="null character"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nnews", id="another protocol"),
        pytest.param(b"HTTP/1.1 099 Odd\r\n\r\nnews", id="no status there is"),
        pytest.param(b"<p>news</p>", id="no head"),
    ],
)
def test_answers_that_can_be_read_in_two_ways_are_refused(answered, answer):
    with pytest.raises(GatherError, match=r"127\.0\.0\.1 could not be reached"):
        answered(answer)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Ty"])
def test_a_server_that_hangs_up_is_told_in_plain_words(answered, answer):
    with pytest.raises(GatherError, match="it closed the connection before it had answered"):
        answered(answer)


@pytest.mark.parametrize(
    ("header", "kind", "charset"),
    [
        ("text/HTML; Charset=ISO-8859-1", "text/html", "iso-8859-1"),
        ('text/html; a="b"; charset="utf-8"', "text/html", "utf-8"),
        ("text/html; charset='utf-8'", "text/html", "utf-8"),
        ("text/html;charset=", "text/html", None),
        ("text/html; charset*=utf-8''%E2%82; charset*0=a", "text/html", None),
        (";;;=", "application/octet-stream", None),
        ("", "application/octet-stream", None),
    ],
)
def test_any_content_type_is_survived(answered, header, kind, charset):
    head = f"Content-Type: {header}\r\nContent-Length: 4\r\n\r\n".encode()
    page = answered(OK + head + b"news")
    assert (page.content_type, page.charset) == (kind, charset)


def test_a_packed_body_of_several_members_is_read_to_its_end(answered):
    packed = gzip.compress(b"ne") + gzip.compress(b"ws")
    head = OK + b"Content-Encoding: gzip\r\n\r\n"
    assert answered(head, packed).content == b"news"
    assert answered(head, packed[:30], packed[30:] + b"\0\0padding").content == b"news"


def test_a_bomb_in_a_later_member_is_refused(answered):
    packed = gzip.compress(b"ne") + gzip.compress(bytes(100 * 2**20))
    with pytest.raises(GatherError, match="more than 5 MiB"):
        answered(OK + b"Content-Encoding: gzip\r\n\r\n", packed)


def test_who_asks_may_have_a_name_that_is_not_ascii(answered, site):
    answered(OK + b"Content-Length: 4\r\n\r\nnews", user_agent="newsletter (Büro; 宝石)")
    agent = site.asked[0][1]["User-Agent"]
    assert agent.encode("latin-1").decode() == "newsletter (Büro; 宝石)"


@pytest.mark.parametrize("place", ["/caf\xe9", "/caf\xc3\xa9"])
def test_a_redirect_may_be_written_in_utf8_or_as_latin1(answered, site, place):
    site.serve("/caf%C3%A9", b"news")
    assert answered(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\n\r\n".encode("latin-1")).url == (
        site.url("/caf%C3%A9")
    )


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(GatherError, match="is not a web address"):
        GuardedFetcher(Gathering(), user_agent="t").fetch(f"http://example.com:{port}/")


def test_a_host_that_says_at_once_and_never_means_it_is_not_asked_for_ever(answered, site):
    began = time.monotonic()
    busy = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(GatherError, match=r"127\.0\.0\.1 is busy"):
        answered(busy, deadline=120)
    assert len(site.asked) == 3
    assert time.monotonic() - began < 60


def test_the_wait_for_a_busy_host_is_told_in_words(answered):
    busy = b"HTTP/1.1 429 X\r\nRetry-After: %d\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(GatherError, match="to be left alone for 90 min; gather later"):
        answered(busy % 5400)
    with pytest.raises(GatherError, match="to be left alone for 3 days; gather later"):
        answered(busy % 260_000)
    with pytest.raises(GatherError, match="to be left alone for 45 s; gather later"):
        answered(busy % 45)
