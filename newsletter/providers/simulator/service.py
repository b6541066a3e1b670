"""SendGrid's API without the sockets: a request in, a reply out, acceptances in the ledger."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

from newsletter.providers.simulator.activity import Activity
from newsletter.providers.simulator.faults import Concern, Fault, FaultKind
from newsletter.providers.simulator.letters import letters
from newsletter.providers.simulator.problems import Problem, errors
from newsletter.providers.simulator.rules import LARGEST_BODY, is_sandboxed, problems
from newsletter.providers.simulator.suppressions import Suppressions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.ports import Clock, Randomness
    from newsletter.providers.simulator.faults import FaultQueue
    from newsletter.providers.simulator.ledger import Ledger
    from newsletter.providers.simulator.letters import Letter

_KEPT_BODIES = 16  # of the latest requests, to look at their letters

_STATUS_OF_ERROR = {
    FaultKind.ERROR_500_BEFORE: 500,
    FaultKind.ERROR_500_AFTER: 500,
    FaultKind.ERROR_503_BEFORE: 503,
    FaultKind.ERROR_503_AFTER: 503,
}


class Manner(StrEnum):
    """How a reply reaches the caller."""

    WHOLE = "whole"
    SILENT = "silent"  # `seconds` of nothing, then the end of the connection
    RESET = "reset"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, content (JSON if it is no bytes) and headers."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE
    seconds: int = 0

    @property
    def body(self) -> bytes:
        """The content as it goes out."""
        if self.content is None:
            return b""
        return self.content if isinstance(self.content, bytes) else orjson.dumps(self.content)


class Service:
    """The part of SendGrid's v3 API that a newsletter needs."""

    def __init__(
        self, ledger: Ledger, faults: FaultQueue, *, clock: Clock, randomness: Randomness
    ) -> None:
        self.ledger = ledger
        self.faults = faults
        self.suppressions = Suppressions(clock)
        self._clock = clock
        self._randomness = randomness
        self._activity = Activity(ledger, clock)
        self._bodies: deque[Mapping[str, Any]] = deque(maxlen=_KEPT_BODIES)

    def answer(  # noqa: PLR0911 - one a route
        self, method: str, path: str, authorization: str, content: bytes, *, query: str = ""
    ) -> Reply:
        """The reply to one request below /v3."""
        if not authorization.startswith("Bearer SG."):
            return _unauthorized()
        match method, path.strip("/").split("/")[1:]:
            case "POST", ["mail", "send"]:
                return self._send(content)
            case "GET", ["messages"]:
                return self._activity_of(query)
            case "POST", ["mail", "batch"]:
                return self._new_batch()
            case "GET", ["mail", "batch", batch_id]:
                return self._known_batch(batch_id)
            case "GET", ["user", "scheduled_sends", *wanted]:
                return self._stopped(wanted)
            case "POST", ["user", "scheduled_sends"]:
                return self._stop(content)
            case "DELETE", ["user", "scheduled_sends", batch_id]:
                return Reply(204) if self.ledger.resume(batch_id) else _missing()
            case _, ["suppression" | "asm", *_]:
                return self._suppressions_of(method, path, query, content)
            case _:
                return _missing()

    def letters_to(self, address: str) -> tuple[Letter, ...]:
        """The letters of the latest requests that this address can see."""
        return tuple(
            letter for body in self._bodies for letter in letters(body) if address in letter.to
        )

    def _send(self, content: bytes) -> Reply:
        fault = self.faults.take()
        if fault is not None and (early := self._refusal(fault)):
            return early
        if len(content) > LARGEST_BODY:
            return _too_large()
        body = _json(content)
        now = self._clock.now().timestamp()
        found = problems(body, now)
        if not found and fault is not None and fault.kind is FaultKind.BAD_ADDRESS:
            found = (_bad_address(body, fault.value),)
        if found:
            return Reply(400, errors(found))
        if is_sandboxed(body):
            return Reply(200)
        message_id = self._randomness.token()[:22]
        self.ledger.accept(body, message_id=message_id, at=int(now))
        self._bodies.append(body)
        accepted = Reply(202, headers={"X-Message-Id": message_id})
        return _after(fault) if fault is not None else accepted

    def _refusal(self, fault: Fault) -> Reply | None:
        """The reply of a fault that comes before the request is even read."""
        match fault.kind:
            case FaultKind.BUSY:
                return _too_many()
            case FaultKind.BUSY_RESET:
                return _too_many(int(self._clock.now().timestamp()) + fault.value)
            case FaultKind.UNAUTHORIZED:
                return _unauthorized()
            case FaultKind.TOO_LARGE:
                return _too_large()
            case FaultKind.CAPTIVE:
                page = b"<!doctype html><title>Welcome to the hotel</title>"
                return Reply(200, page, {"Content-Type": "text/html"})
            case FaultKind.BAD_ADDRESS:
                return None
            case _:
                return None if fault.kind.accepts else _after(fault)

    def _activity_of(self, query: str) -> Reply:
        if not self._activity.allows():
            return _too_many()
        messages = self._activity.messages(query)
        if messages is None:
            return Reply(400, errors((Problem("The query is not understood.", "query"),)))
        return Reply(200, {"messages": messages})

    def _suppressions_of(self, method: str, path: str, query: str, content: bytes) -> Reply:
        fault = self.faults.take(Concern.LISTS)
        if fault is not None and fault.kind is FaultKind.LISTS_429:
            return _too_many(int(self._clock.now().timestamp()) + fault.value)
        if fault is not None:
            return Reply(500, errors([Problem("Internal Error")]))
        route = path.strip("/").split("/")[1:]
        return Reply(*self.suppressions.answer(method, route, query, content))

    def _new_batch(self) -> Reply:
        batch_id = self._randomness.token()
        self.ledger.give_batch(batch_id)
        return Reply(201, {"batch_id": batch_id})

    def _known_batch(self, batch_id: str) -> Reply:
        known = self.ledger.knows_batch(batch_id)
        return Reply(200, {"batch_id": batch_id}) if known else _invalid_batch()

    def _stopped(self, wanted: list[str]) -> Reply:
        stopped = self.ledger.stopped()
        return Reply(
            200,
            [
                {"batch_id": batch_id, "status": status}
                for batch_id, status in stopped.items()
                if not wanted or batch_id in wanted
            ],
        )

    def _stop(self, content: bytes) -> Reply:
        body = _json(content)
        asked = body if isinstance(body, dict) else {}
        batch_id, status = asked.get("batch_id"), asked.get("status")
        if status not in ("cancel", "pause"):
            return Reply(400, errors([Problem("The status must be cancel or pause.", "status")]))
        if not isinstance(batch_id, str) or not self.ledger.knows_batch(batch_id):
            return _invalid_batch()
        if not self.ledger.stop(batch_id, status, at=int(self._clock.now().timestamp())):
            return Reply(
                400, errors([Problem("At most 10 batches may be paused or cancelled at one time.")])
            )
        if self.faults.take(Concern.RECALLS) is not None:
            return Reply(500, errors([Problem("Internal Error")]))
        return Reply(201, {"batch_id": batch_id, "status": status})


def _after(fault: Fault) -> Reply:
    """What the caller gets to see of a fault, whether the request was accepted or not."""
    if fault.kind in _STATUS_OF_ERROR:
        return Reply(_STATUS_OF_ERROR[fault.kind], errors([Problem("Internal Error")]))
    if fault.kind in (FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER):
        return Reply(0, manner=Manner.SILENT, seconds=fault.value)
    if fault.kind in (FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER):
        return Reply(0, manner=Manner.RESET)
    return Reply(202, manner=Manner.TRUNCATED)


def _json(content: bytes) -> Any:
    """The decoded body; None, which no rule accepts, where it is no JSON."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _bad_address(body: dict[str, Any], place: int) -> Problem:
    last = len(body["personalizations"]) - 1
    return Problem("Does not contain a valid address.", f"personalizations.{min(place, last)}.to")


def _too_many(reset: int | None = None) -> Reply:
    limits = {} if reset is None else {"X-RateLimit-Remaining": "0"}
    limits |= {} if reset is None else {"X-RateLimit-Reset": str(reset)}
    return Reply(429, errors([Problem("too many requests")]), limits)


def _unauthorized() -> Reply:
    words = "The provided authorization grant is invalid, expired, or revoked"
    return Reply(401, errors([Problem(words)]))


def _too_large() -> Reply:
    return Reply(413, errors([Problem("The request is larger than 30 MB.")]))


def _missing() -> Reply:
    return Reply(404, errors([Problem("Not Found")]))


def _invalid_batch() -> Reply:
    return Reply(400, errors([Problem("The batch id is invalid.", "batch_id")]))
