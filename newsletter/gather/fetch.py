"""The one door to the web: http(s) only, public addresses only, bounded in size and time.

A host is resolved once; every answer must be public, and the connection goes to the address that
was checked, while SNI and Host keep the name. So a name that changes its answer gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import httpx2

from newsletter.errors import GatherError
from newsletter.gather.addresses import IpAddress, is_public
from newsletter.gather.body import read_body
from newsletter.gather.deadline import Deadline

if TYPE_CHECKING:
    import ssl

    from newsletter.config import Gathering

Resolver: TypeAlias = Callable[[str, int], tuple[str, ...]]
Found = TypeVar("Found")
_Read: TypeAlias = Callable[[httpx2.URL, httpx2.Response], Found]

_MOST_REDIRECTS = 5
_LONGEST_ADDRESS = 2_048
_REFUSED = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered; `url` is the last one after redirects."""

    url: str
    content: bytes
    content_type: str
    charset: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """Where an address leads after redirects, and the status it answers there."""

    url: str
    status: int


def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """Every address the system knows for a host name or a number that stands for one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in found))


class GuardedFetcher:
    """Fetches pages for the sources of a publication; safe to share between threads."""

    def __init__(
        self, gathering: Gathering, *, user_agent: str, resolve: Resolver = system_resolver
    ) -> None:
        self._seconds = gathering.deadline
        self._allowed = frozenset(name.lower().strip("[]") for name in gathering.allow_private)
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "application/atom+xml, application/rss+xml, text/html, */*;q=0.5",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        self._resolve = resolve

    def fetch(self, url: str) -> Page:
        """The page behind `url`. Raises GatherError, one sentence that names the host.

        At most 5 redirects, 5 MiB and the deadline of the settings for all of it together.
        """
        return self._followed(url, _page)

    def visit(self, url: str) -> Visit:
        """Where `url` leads, whatever the status, without reading the page.

        Raises GatherError as `fetch` does where there is no answer at all.
        """
        return self._followed(url, lambda at, answer: Visit(str(at), answer.status_code))

    def _followed(self, url: str, read: _Read[Found]) -> Found:
        with closing(Deadline(self._seconds)) as deadline:
            target = _checked(url)
            for _ in range(_MOST_REDIRECTS + 1):
                answer = self._answer(target, deadline, read)
                if not isinstance(answer, httpx2.URL):
                    return answer
                target = answer
        raise GatherError(f"{target.host} redirects more than {_MOST_REDIRECTS} times")

    def _answer(
        self, url: httpx2.URL, deadline: Deadline, read: _Read[Found]
    ) -> Found | httpx2.URL:
        """What is read, or the checked address it redirects to."""
        try:
            with self._response(url, deadline) as response:
                redirected = response.has_redirect_location
                answer = _redirected(url, response) if redirected else read(url, response)
        except (httpx2.TransportError, OSError) as error:
            if not deadline.passed:
                raise GatherError(f"{url.host} could not be reached: {_reason(error)}") from error
        # A body that ends with its connection looks whole when the deadline cut it.
        if deadline.passed:
            raise GatherError(
                f"{url.host} took longer than {self._seconds:g} seconds; "
                "try again, or raise gathering.deadline"
            )
        return answer

    @contextmanager
    def _response(self, url: httpx2.URL, deadline: Deadline) -> Iterator[httpx2.Response]:
        address = self._address(url)
        # A client per request: a pool would hand one name's TLS connection to another name on the
        # same address. trust_env off, because a proxy would resolve the name once more.
        with httpx2.Client(trust_env=False, verify=_tls(), timeout=deadline.left()) as client:
            request = client.build_request(
                "GET",
                url.copy_with(host=str(address), fragment=None),
                headers={**self._headers, "Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": _host(url), "trace": deadline.watch},
            )
            response = client.send(request, stream=True)
            with closing(response):
                yield response

    def _address(self, url: httpx2.URL) -> IpAddress:
        """The address to connect to: the first of a host whose every answer may be contacted."""
        host = _host(url)
        try:
            answers = self._resolve(host, _port(url))
            addresses = [ipaddress.ip_address(answer.partition("%")[0]) for answer in answers]
        except (OSError, ValueError) as error:
            raise GatherError(f"{url.host} is not a host that can be found; check it") from error
        if not addresses:
            raise GatherError(f"{url.host} is not a host that can be found; check it")
        if not all(self._may_contact(host, address) for address in addresses):
            raise GatherError(
                f"{url.host} is on a private or reserved network and is not fetched; "
                "if you trust it, add it to gathering.allow_private"
            )
        return addresses[0]

    def _may_contact(self, host: str, address: IpAddress) -> bool:
        return is_public(address) or host.lower() in self._allowed or str(address) in self._allowed


def _checked(text: str) -> httpx2.URL:
    """The parsed address. Two parsers may read odd spellings differently, so those are refused."""
    shown = text[:80]
    if _REFUSED.search(text) or len(text) > _LONGEST_ADDRESS:
        raise GatherError(f"“{shown}” is not a web address; write it without spaces or backslashes")
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError) as error:
        raise GatherError(f"“{shown}” is not a web address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or _port(url) > 65535:
        raise GatherError(f"“{shown}” is not a web address; use https://host/path")
    if url.userinfo:
        raise GatherError(f"the address at {url.host} holds a user name or password; leave it out")
    return url


def _redirected(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL:
    try:
        target = str(url.join(response.headers["location"]))
    except (httpx2.InvalidURL, ValueError) as error:
        raise GatherError(f"{url.host} redirects to what is not a web address") from error
    checked = _checked(target)
    if (url.scheme, checked.scheme) == ("https", "http"):
        raise GatherError(f"{url.host} redirects from https to plain http; use the http address")
    return checked


def _page(url: httpx2.URL, response: httpx2.Response) -> Page:
    if response.status_code != httpx2.codes.OK:
        raise GatherError(f"{url.host} answered {response.status_code}; check the address")
    coding = response.headers.get("content-encoding", "identity")
    content = read_body(response.iter_raw(), coding=coding, host=url.host)
    if not content.strip():
        raise GatherError(f"{url.host} answered with an empty page")
    kind = Message()
    kind["Content-Type"] = response.headers.get("content-type", "application/octet-stream")
    return Page(str(url), content, kind.get_content_type(), kind.get_content_charset())


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]")


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


@cache
def _tls() -> ssl.SSLContext:
    """Loading the certificate authorities takes longer than many a fetch, so it is done once."""
    return httpx2.create_ssl_context(trust_env=False)
