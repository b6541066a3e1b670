"""The ways in which the simulator fails on demand, and the queue they wait in.

`before` and `after` tell on which side of the acceptance it happens: the caller often cannot see
the difference, the ledger can.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from newsletter.errors import NewsletterError


class Concern(StrEnum):
    """Which requests a fault is for."""

    MAIL = "mail"
    RECALLS = "recalls"
    LISTS = "lists"  # of suppressed addresses


class FaultKind(StrEnum):
    """Each stands for one answer, or lack of one, to one request of its concern."""

    BUSY = "429"  # without a word about when to come again
    BUSY_RESET = "429-reset"  # with X-RateLimit-Reset, `value` seconds from now
    ERROR_500_BEFORE = "500-before"
    ERROR_500_AFTER = "500-after"
    ERROR_503_BEFORE = "503-before"
    ERROR_503_AFTER = "503-after"
    HANG_BEFORE = "hang-before"  # `value` seconds of silence, then the connection ends
    HANG_AFTER = "hang-after"
    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"
    TRUNCATED_AFTER = "truncated-after"  # half a status line
    UNAUTHORIZED = "401"
    TOO_LARGE = "413"
    BAD_ADDRESS = "bad-address"  # the recipient at position `value`
    CAPTIVE = "captive"  # a page of a hotel's network instead of an answer
    RECALL_500 = "recall-500"  # to a request to discard a batch id, which is done all the same
    LISTS_429 = "lists-429"  # too many requests for lists, until `value` seconds from now
    LISTS_500 = "lists-500"

    @property
    def concern(self) -> Concern:
        """The requests it is for."""
        if self is FaultKind.RECALL_500:
            return Concern.RECALLS
        return Concern.LISTS if self.value.startswith("lists-") else Concern.MAIL

    @property
    def accepts(self) -> bool:
        """Whether the request is accepted first."""
        return self.value.endswith("-after")


_DEFAULT_VALUES = {
    FaultKind.BUSY_RESET: 2,
    FaultKind.LISTS_429: 2,
    FaultKind.HANG_BEFORE: 120,
    FaultKind.HANG_AFTER: 120,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`count` requests fail in this way; see FaultKind for `value`."""

    kind: FaultKind
    count: int = 1
    value: int = 0


def parse_fault(text: str) -> Fault:
    """`NAME`, `NAME:COUNT` or `NAME:COUNT:VALUE`; NewsletterError for anything else."""
    name, *numbers = text.strip().split(":")
    if name not in {kind.value for kind in FaultKind}:
        known = ", ".join(kind.value for kind in FaultKind)
        raise NewsletterError(f"there is no fault “{name}”; known are {known}")
    if len(numbers) > 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise NewsletterError(f"“{text}” should be NAME:COUNT or NAME:COUNT:VALUE, as in 429:2")
    kind = FaultKind(name)
    count = int(numbers[0]) if numbers else 1
    value = int(numbers[1]) if len(numbers) > 1 else _DEFAULT_VALUES.get(kind, 0)
    return Fault(kind, count, value)


class FaultQueue:
    """Faults in the order they were asked for, each used up request by request."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Fault] = deque()
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Queue more."""
        with self._lock:
            for fault in faults:
                self._waiting.extend([fault] * fault.count)

    def take(self, concern: Concern = Concern.MAIL) -> Fault | None:
        """The fault of the next request of this concern, or None when it may pass."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind.concern is concern:
                    self._waiting.remove(fault)
                    return fault
            return None
