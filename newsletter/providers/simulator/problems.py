"""What the simulator finds wrong with a request, and SendGrid's way of saying it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"

ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}\Z"
)
RESERVED_HEADERS = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)
LARGEST_CUSTOM_ARGS = 10_000  # bytes
FURTHEST_SEND_AT = 72 * 3600  # seconds ahead


class Problem(NamedTuple):
    """One fault in a request; `field` is the path SendGrid names, or None for the whole."""

    message: str
    field: str | None = None


def errors(problems: Iterable[Problem]) -> dict[str, Any]:
    """The body of SendGrid's answer."""
    return {
        "errors": [
            {
                "message": problem.message,
                "field": problem.field,
                "help": f"{HELP}#message.{problem.field}" if problem.field else None,
            }
            for problem in problems
        ]
    }


def address_problems(value: Any, field: str) -> Iterable[Problem]:
    """An `{email, name?}` object; commas and semicolons in names are refused."""
    if not isinstance(value, dict):
        yield Problem("Invalid type. Expected an object.", field)
        return
    email, name = value.get("email"), value.get("name")
    if not isinstance(email, str) or not is_address(email):
        yield Problem("Does not contain a valid address.", f"{field}.email")
    if name is not None and (not isinstance(name, str) or ";" in name or "," in name):
        yield Problem("The name may not contain a comma or semicolon.", f"{field}.name")


def is_address(email: str) -> bool:
    """ASCII, a domain of two labels or more, no two points in a row."""
    return len(email) <= 254 and bool(ADDRESS.match(email)) and ".." not in email


def header_problems(headers: Any, field: str) -> Iterable[Problem]:
    """Strings only, ASCII, one line each, none of those that SendGrid writes itself."""
    if not isinstance(headers, dict):
        yield Problem("The headers parameter must be an object.", field)
        return
    for name, value in headers.items():
        if name.lower() in RESERVED_HEADERS:
            yield Problem(f"The header {name} is reserved and may not be set.", f"{field}.{name}")
        if not isinstance(value, str) or not (name + value).isascii():
            yield Problem("Headers must be ASCII strings.", f"{field}.{name}")
        elif not (name + value).isprintable():
            yield Problem("Headers must not contain line breaks.", f"{field}.{name}")


def send_at_problems(value: Any, field: str, now: float) -> Iterable[Problem]:
    """A Unix time, 72 hours ahead at most."""
    if isinstance(value, bool) or not isinstance(value, int):
        yield Problem("The send_at parameter must be an integer.", field)
    elif value > now + FURTHEST_SEND_AT:
        yield Problem("Scheduling more than 72 hours in advance is forbidden.", field)


def custom_args_problems(shared: Any, own: Any, field: str | None) -> Iterable[Problem]:
    """Strings only, 10,000 bytes with the message's own.

    For another type the service says no more than this.
    """
    if not isinstance(shared, dict) or not isinstance(own, dict):
        yield Problem("Bad Request")
        return
    merged = shared | own
    if not all(isinstance(value, str) for value in merged.values()):
        yield Problem("Bad Request")
    elif text_size(merged) > LARGEST_CUSTOM_ARGS:
        yield Problem("The custom_args may not exceed 10000 bytes.", field)


def text_size(texts: dict[str, str]) -> int:
    """Bytes of all names and values."""
    joined = "".join(texts) + "".join(texts.values())
    return len(joined) if joined.isascii() else len(joined.encode("utf-8", "surrogatepass"))
