"""What an answer of SendGrid that is no acceptance means for the mailing (pure).

A status counts as "nothing was accepted" only where SendGrid documents it as such; any other,
every 5xx above all, may come from a gateway after the request had passed it.
https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson

from newsletter.errors import Busy, ProviderError, Refusal, Rejected, Uncertain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SHORTEST_WAIT, LONGEST_WAIT = 1.0, 900.0  # seconds

_PERSON = re.compile(r"personalizations\.([0-9]{1,4})(?:\.|\Z)")
_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,9})?\Z")
_PRIVATE = re.compile(r"\S*@\S*|SG\.\S*")
_MEANINGS = {
    401: (Refusal.ACCOUNT, "check the key in SENDGRID_API_KEY and resume"),
    403: (Refusal.ACCOUNT, "check the key's permissions and the plan's quota, then resume"),
    404: (Refusal.MESSAGE, "check sending.sendgrid.host"),
    405: (Refusal.MESSAGE, "check sending.sendgrid.host"),
    413: (Refusal.SIZE, "set sending.batch_size lower"),
}


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, recipients: int, now: datetime
) -> ProviderError:
    """The outcome to raise for an answer of status 300 and above.

    `recipients` is how many the request had: positions beyond them are not believed.
    """
    if status == 429:
        return Busy(
            "SendGrid takes no more requests for now; try again in a while",
            retry_after=retry_after(headers, now),
            status=status,
        )
    if status == 400:
        return _refused_content(_errors(body), recipients)
    if status in _MEANINGS:
        kind, remedy = _MEANINGS[status]
        return Rejected(
            f"SendGrid refused the request ({status}{_told(_errors(body))}); {remedy}",
            refusal=kind,
            status=status,
        )
    return Uncertain(
        f"the answer {status} does not tell whether SendGrid took the request; "
        "its batch stays unknown until an event proves it",
        status=status,
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, 1 to 900, from Retry-After or X-RateLimit-Reset; None where not told.

    Retry-After is seconds or a date (RFC 9110, 10.2.3); X-RateLimit-Reset is a Unix time.
    """
    wait = _seconds(headers.get("Retry-After"), now)
    if wait is None:
        reset = headers.get("X-RateLimit-Reset", "").strip()
        wait = float(reset) - now.timestamp() if _NUMBER.match(reset) else None
    return None if wait is None else min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def _seconds(value: str | None, now: datetime) -> float | None:
    text = (value or "").strip()
    if _NUMBER.match(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return moment.timestamp() - now.timestamp()
    except (ValueError, OverflowError):
        return None


def _refused_content(errors: list[dict[str, Any]], recipients: int) -> Rejected:
    """Some recipients are at fault when every error names one of them, or may be when none names
    anything else; then it is not told which.
    """
    found = [_PERSON.match(str(error.get("field"))) for error in errors]
    positions = sorted({int(match[1]) for match in found if match})
    certain = bool(found) and all(found) and positions[-1] < recipients
    fields = [str(error.get("field") or "") for error in errors]
    unnamed = bool(errors) and all(
        field == "" or field.startswith("personalizations") for field in fields
    )
    remedy = "correct those subscribers" if certain else "correct the issue or the settings"
    return Rejected(
        f"SendGrid refused the request (400{_told(errors)}); {remedy}",
        refusal=Refusal.RECIPIENTS if certain or unnamed else Refusal.MESSAGE,
        positions=tuple(positions) if certain else (),
        status=400,
    )


def _errors(body: bytes) -> list[dict[str, Any]]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return (
        [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    )


def _told(errors: list[dict[str, Any]]) -> str:
    """The vendor's own words for the first error, without addresses or keys in them."""
    if not errors:
        return ""
    first = errors[0]
    words = " ".join(str(first.get("message") or "").split())
    field = f" at {first['field']}" if first.get("field") else ""
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return ": " + _PRIVATE.sub("[…]", f"{words[:200]}{field[:80]}{more}")
