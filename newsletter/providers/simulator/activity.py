"""The Email Activity of the simulator: which accepted mails carry an attempt's id."""

from __future__ import annotations

import re
import threading
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from newsletter.providers.sendgrid.payload import ATTEMPT

if TYPE_CHECKING:
    from newsletter.ports import Clock
    from newsletter.providers.simulator.ledger import Acceptance, Ledger

PER_MINUTE = 6

_ASKED = re.compile(rf"\(unique_args\['{ATTEMPT}'\]=\"([^\"]*)\"\)\Z")


class Activity:
    """Answers `GET /v3/messages`, so many times a minute; safe to share among threads."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: deque[datetime] = deque(maxlen=PER_MINUTE)

    def allows(self) -> bool:
        """Whether one more question may be asked now; counts it."""
        now = self._clock.now()
        with self._lock:
            full = len(self._asked) == PER_MINUTE and (now - self._asked[0]).total_seconds() < 60
            if not full:
                self._asked.append(now)
        return not full

    def messages(self, query: str) -> list[dict[str, Any]] | None:
        """What the query string asks for; None where it is not understood."""
        asked = parse_qs(query)
        match = _ASKED.match(asked.get("query", [""])[0])
        limit = asked.get("limit", [""])[0]
        if match is None or not limit.isdigit():
            return None
        found = (
            message
            for acceptance in self._ledger.acceptances()
            if acceptance.attempt == match[1]
            for message in _told(acceptance)
        )
        return [message for message, _ in zip(found, range(int(limit)), strict=False)]


def _told(acceptance: Acceptance) -> list[dict[str, Any]]:
    moment = datetime.fromtimestamp(acceptance.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {
            "msg_id": f"{acceptance.message_id}.recvd-{place}",
            "to_email": person.address,
            "status": "processed",
            "last_event_time": moment,
        }
        for place, person in enumerate(acceptance.people)
    ]
