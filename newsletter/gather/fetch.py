"""The one door to the web: http(s) only, public addresses only, bounded in size and time, polite.

HTTP itself is h11's: a client of the usual kind resolves names by itself, keeps a pool by address,
and counts its timeouts from byte to byte, all of which must be ours.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, TypeAlias, TypeVar, overload

import h11

from newsletter.errors import GatherError
from newsletter.gather.body import read_body
from newsletter.gather.connect import Connector, Resolver, system_resolver
from newsletter.gather.deadline import Deadline
from newsletter.gather.exchange import Answer, exchange
from newsletter.gather.politeness import Politeness, busy, retry_after
from newsletter.gather.proxy import path_for
from newsletter.gather.target import Target, target

if TYPE_CHECKING:
    from newsletter.config import Gathering
    from newsletter.gather.robots import Robots

Found = TypeVar("Found")
_Read: TypeAlias = Callable[[Target, Answer], Found]

_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_TRIES = 3
_MEDIA_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)", re.ASCII)
_CHARSET = re.compile(r""";\s*charset=["']?([\w.:+-]+)""", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server calls the version of a page it sent (RFC 9110, 8.8); '' where it says none."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered; `url` is the last one after redirects."""

    url: str
    content: bytes
    content_type: str
    charset: str | None
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class NotModified:
    """The page is still the version whose validators were sent."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Where an address leads after redirects, and the status it answers there."""

    url: str
    status: int


class _Later(Exception):
    """The host is busy and asks to be left alone for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class GuardedFetcher:
    """Fetches whatever the product needs from the web; safe to share between threads.

    At most `gathering.concurrency` requests are under way at once. `robots` is asked about pages;
    without it, none is.
    """

    def __init__(
        self,
        gathering: Gathering,
        *,
        user_agent: str,
        robots: Robots | None = None,
        resolve: Resolver = system_resolver,
    ) -> None:
        self._seconds = gathering.deadline
        self._proxied = gathering.proxy is not None
        self._connector = Connector(
            gathering.allow_private,
            proxy=target(gathering.proxy) if gathering.proxy else None,
            resolve=resolve,
        )
        self._politeness = Politeness(gathering.pause)
        self._robots = robots
        self._places = BoundedSemaphore(gathering.concurrency)
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "application/atom+xml, application/rss+xml, text/html, */*;q=0.5",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }

    @overload
    def fetch(self, url: str, validators: None = None, *, as_page: bool = False) -> Page: ...

    @overload
    def fetch(
        self, url: str, validators: Validators | None, *, as_page: bool = False
    ) -> Page | NotModified: ...

    def fetch(
        self, url: str, validators: Validators | None = None, *, as_page: bool = False
    ) -> Page | NotModified:
        """The page behind `url`. Raises GatherError, one sentence that names the host.

        At most 5 redirects, 5 MiB and the deadline of the settings for all of it together. With
        `validators`, a server may answer that nothing has changed. `as_page` asks robots.txt first:
        it is about pages a program walks to; a feed is published to be fetched, a link or a picture
        is visited because a person put it there.
        """
        headers = dict(self._headers)
        if validators is not None and validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators is not None and validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified

        def read(at: Target, answer: Answer) -> Page | NotModified:
            seconds = retry_after(answer.status, answer.headers)
            if seconds is not None:
                raise _Later(seconds)
            unchanged = answer.status == 304 and validators is not None
            return NotModified() if unchanged else _page(at, answer)

        return self._fetched(target(url), headers, read, as_page=as_page)

    def visit(self, url: str) -> Visit:
        """Where `url` leads, whatever the status, without reading the page.

        Raises GatherError as `fetch` does where there is no answer at all.
        """
        return self._fetched(
            target(url), self._headers, lambda at, answer: Visit(at.url, answer.status)
        )

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> int:
        """Post `body` to `url`, and give back the status; a redirect is not followed.

        Raises GatherError as `fetch` does where there is no answer at all.
        """
        at, deadline = target(url), Deadline(self._seconds)
        self._politeness.wait(at, patience=self._seconds)
        told = {**self._headers, **headers, "Content-Length": str(len(body))}
        asked = self._asked(at, told, deadline, method="POST", body=body)
        with self._places, _explained(at, deadline), asked as answer:
            return answer.status

    def _fetched(
        self, start: Target, headers: dict[str, str], read: _Read[Found], *, as_page: bool = False
    ) -> Found:
        """What is read at the end of all redirects; a busy host is asked three times at most."""
        self._politeness.wait(start, patience=self._seconds)
        with self._places:
            deadline = Deadline(self._seconds)
            tries = 1
            while True:
                try:
                    return self._followed(start, headers, read, deadline, as_page=as_page)
                except _Later as later:
                    wait = max(later.seconds, 1.0)
                    self._politeness.close(start, wait)
                    if tries == _MOST_TRIES or not deadline.allows(wait):
                        raise busy(start, wait) from None
                    tries += 1
                    time.sleep(wait)

    def _followed(
        self,
        at: Target,
        headers: dict[str, str],
        read: _Read[Found],
        deadline: Deadline,
        *,
        as_page: bool,
    ) -> Found:
        for _ in range(_MOST_REDIRECTS + 1):
            if as_page and self._robots is not None:
                self._robots.check(at, lambda url: self._robots_txt(url, deadline))
            answer = self._answer(at, headers, read, deadline)
            if not isinstance(answer, Target):
                return answer
            at = answer
            self._politeness.note(at)
        raise GatherError(f"{at.name} redirects more than {_MOST_REDIRECTS} times")

    def _robots_txt(self, url: str, deadline: Deadline) -> tuple[int, str]:
        def read(at: Target, answer: Answer) -> tuple[int, str]:
            content = _content(at, answer) if answer.status // 100 == 2 else b""
            return answer.status, content.decode("utf-8", "replace")

        return self._followed(target(url), self._headers, read, deadline, as_page=False)

    def _answer(
        self, at: Target, headers: dict[str, str], read: _Read[Found], deadline: Deadline
    ) -> Found | Target:
        """What is read, or the checked address it redirects to."""
        with _explained(at, deadline), self._asked(at, headers, deadline) as answer:
            location = answer.headers.get("location")
            if answer.status in _REDIRECTS and location:
                return at.joined(location)
            return read(at, answer)

    @contextmanager
    def _asked(
        self,
        at: Target,
        headers: Mapping[str, str],
        deadline: Deadline,
        *,
        method: str = "GET",
        body: bytes = b"",
    ) -> Iterator[Answer]:
        # A connection per request: most hosts are asked for one thing, and a pool would hand one
        # name's TLS connection to another name on the same address.
        with closing(self._connector.open(at, deadline)) as wire:
            yield exchange(
                wire,
                deadline,
                method=method,
                path=path_for(at, proxied=self._proxied),
                headers={"Host": at.place, **headers},
                body=body,
            )


@contextmanager
def _explained(at: Target, deadline: Deadline) -> Iterator[None]:
    """What breaks on the way becomes a GatherError that names the host."""
    try:
        yield
    except (OSError, h11.ProtocolError) as error:
        if isinstance(error, TimeoutError) and deadline.passed:
            raise GatherError(
                f"{at.name} took longer than {deadline.seconds:g} seconds; "
                "try again, or raise gathering.deadline"
            ) from error
        reason = str(error) or type(error).__name__
        raise GatherError(f"{at.name} could not be reached: {reason}") from error


def _page(at: Target, answer: Answer) -> Page:
    if answer.status != 200:
        raise GatherError(f"{at.name} answered {answer.status}; check the address")
    content = _content(at, answer)
    if not content.strip():
        raise GatherError(f"{at.name} answered with an empty page")
    kind, charset = _kind(answer.headers.get("content-type", ""))
    validators = Validators(_echoed(answer, "etag"), _echoed(answer, "last-modified"))
    return Page(at.url, content, kind, charset, validators)


def _kind(header: str) -> tuple[str, str | None]:
    """The media type and the charset of a Content-Type, whatever else it says."""
    kind = _MEDIA_TYPE.match(header)
    charset = _CHARSET.search(header)
    return (
        kind[1].lower() if kind else "application/octet-stream",
        charset[1].lower() if charset else None,
    )


def _echoed(answer: Answer, name: str) -> str:
    """A header to be sent back next time; '' where it is none that a request may hold."""
    text = answer.headers.get(name, "")
    return text if text.isascii() and text.isprintable() and len(text) <= 1_000 else ""


def _content(at: Target, answer: Answer) -> bytes:
    coding = answer.headers.get("content-encoding", "identity")
    return read_body(answer.body, coding=coding, host=at.name)
