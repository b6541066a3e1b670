"""What a request is aimed at: a web address, taken apart once and free of what misleads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from httpx2 import URL, InvalidURL

from newsletter.errors import GatherError

_LONGEST_ADDRESS = 2_048
_REFUSED = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Target:
    """An http(s) address without user name; `name` is how a message calls its host.

    `host` is in ASCII and without brackets, `place` what stands in a Host header, and `path` what
    follows it, the query included and the fragment not.
    """

    url: str
    name: str
    host: str
    port: int
    place: str
    path: bytes
    secure: bool

    def joined(self, location: str) -> Target:
        """Where a redirect leads. Raises GatherError for what is no web address, or less secure."""
        try:
            address = str(URL(self.url).join(_from_utf8(location)))
        except (InvalidURL, ValueError) as error:
            raise GatherError(f"{self.name} redirects to what is not a web address") from error
        onward = target(address)
        if self.secure and not onward.secure:
            raise GatherError(
                f"{self.name} redirects from https to plain http; use the http address"
            )
        return onward


def target(text: str) -> Target:
    """The address `text` stands for. Raises GatherError, one sentence, for anything else.

    Two parsers may read odd spellings differently (RFC 3986 and browsers do), so those are refused.
    """
    shown = text[:80]
    if _REFUSED.search(text) or len(text) > _LONGEST_ADDRESS:
        raise GatherError(f"“{shown}” is not a web address; write it without spaces or backslashes")
    try:
        url = URL(text)
    except (InvalidURL, ValueError) as error:
        raise GatherError(f"“{shown}” is not a web address: {error}") from error
    port = (443 if url.scheme == "https" else 80) if url.port is None else url.port
    if url.scheme not in ("http", "https") or not url.host or not 0 < port <= 65535:
        raise GatherError(f"“{shown}” is not a web address; use https://host/path")
    if url.userinfo:
        raise GatherError(f"the address at {url.host} holds a user name or password; leave it out")
    return Target(
        url=str(url),
        name=url.host,
        host=url.raw_host.decode("ascii").strip("[]"),
        port=port,
        place=url.netloc.decode("ascii"),
        path=url.raw_path,
        secure=url.scheme == "https",
    )


def _from_utf8(header: str) -> str:
    """A header that was read as Latin-1, as UTF-8 where it is: many servers write addresses so."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
