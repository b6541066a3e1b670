"""The simulator's lists of addresses that SendGrid mails no more; gone when it stops.

They answer as documented and nothing more: mail to these addresses is accepted here, for a sender
that relies on the provider to stop it should see that it does.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import orjson

from newsletter.providers.sendgrid.suppressions import PAGE, Kind
from newsletter.providers.simulator.problems import Problem, errors

if TYPE_CHECKING:
    from newsletter.ports import Clock

MISSING = 404, errors([Problem("Not Found")])

_FOR_EVER = 2**32


class Suppressions:
    """The lists by kind, and who left which unsubscribe group; safe to share among threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lists: dict[str, dict[str, int]] = defaultdict(dict)
        self._groups: dict[int, dict[str, int]] = defaultdict(dict)

    def add(self, kind: Kind, *addresses: str, at: int | None = None) -> None:
        """Put addresses on a list, at this Unix time or now; who stands there already stays."""
        moment = self._now() if at is None else at
        with self._lock:
            for address in addresses:
                self._lists[kind].setdefault(address, moment)

    def leave_group(self, group: int, *addresses: str, at: int | None = None) -> None:
        """Let addresses leave an unsubscribe group."""
        moment = self._now() if at is None else at
        with self._lock:
            self._groups[group].update(dict.fromkeys(addresses, moment))

    def addresses(self, kind: Kind) -> tuple[str, ...]:
        """Who stands on a list, the longest first."""
        with self._lock:
            return tuple(self._lists[kind])

    def group(self, group: int) -> tuple[str, ...]:
        """Who left an unsubscribe group, the longest first."""
        with self._lock:
            return tuple(self._groups[group])

    def answer(self, method: str, route: list[str], query: str, content: bytes) -> tuple[int, Any]:
        """Status and content of the reply to a request below /v3/suppression or /v3/asm."""
        match method, route:
            case "GET", ["suppression", kind] if kind in list(Kind):
                return self._page(Kind(kind), query)
            case "DELETE", ["suppression", kind] if kind in list(Kind):
                return self._remove_all(Kind(kind), content)
            case "GET", ["asm", "suppressions"]:
                return 200, self._left()
            case "DELETE", ["asm", "groups", group, "suppressions", address] if group.isdigit():
                return self._rejoin(int(group), address)
            case "POST", ["asm", "suppressions", "global"]:
                return self._unsubscribe(content)
            case "DELETE", ["asm", "suppressions", "global", address]:
                return self._remove(Kind.UNSUBSCRIBES, address)
            case _:
                return MISSING

    def _page(self, kind: Kind, query: str) -> tuple[int, Any]:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if not all(value.isascii() and value.isdigit() for value in asked.values()):
            return 400, errors([Problem("The parameters should be numbers.")])
        limit, offset = int(asked.get("limit", PAGE)), int(asked.get("offset", 0))
        if not 0 < limit <= PAGE:
            return 400, errors([Problem(f"The limit should be 1 to {PAGE}.", "limit")])
        since, until = int(asked.get("start_time", 0)), int(asked.get("end_time", _FOR_EVER))
        with self._lock:
            found = [
                {"created": at, "email": address, "reason": "550 said the stand-in"}
                for address, at in sorted(self._lists[kind].items(), key=lambda one: one[::-1])
                if since <= at <= until
            ]
        return 200, found[offset : offset + limit]

    def _remove(self, kind: Kind, address: str) -> tuple[int, Any]:
        with self._lock:
            known = self._lists[kind].pop(unquote(address), None)
        return MISSING if known is None else (204, None)

    def _rejoin(self, group: int, address: str) -> tuple[int, Any]:
        with self._lock:
            known = self._groups[group].pop(unquote(address), None)
        return MISSING if known is None else (204, None)

    def _left(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"email": address, "group_id": group, "group_name": f"{group}", "created_at": at}
                for group, people in self._groups.items()
                for address, at in people.items()
            ]

    def _unsubscribe(self, content: bytes) -> tuple[int, Any]:
        addresses = _addresses(content, "recipient_emails")
        if addresses is None:
            return 400, errors([Problem("The addresses are missing.", "recipient_emails")])
        self.add(Kind.UNSUBSCRIBES, *addresses)
        return 201, {"recipient_emails": addresses}

    def _remove_all(self, kind: Kind, content: bytes) -> tuple[int, Any]:
        addresses = _addresses(content, "emails")
        if addresses is None:
            return 400, errors([Problem("The addresses are missing.", "emails")])
        with self._lock:
            for address in addresses:
                self._lists[kind].pop(address, None)
        return 204, None

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _addresses(content: bytes, name: str) -> list[str] | None:
    """The addresses under a name of a JSON body, None where it has none."""
    try:
        found = orjson.loads(content)[name]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    texts = isinstance(found, list) and all(isinstance(one, str) for one in found)
    return found if texts else None
