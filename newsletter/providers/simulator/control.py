"""The simulator's own routes: look into the ledger, ask for faults, have events reported.

They are for this machine's user. A web page open in a browser can reach 127.0.0.1 as well, so the
Host header must name it, and what changes something must be sent as JSON (which a foreign page
cannot do without asking first, and nobody answers).
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import orjson

from newsletter.errors import NewsletterError
from newsletter.providers.simulator.events import Rates, Story
from newsletter.providers.simulator.faults import parse_fault
from newsletter.providers.simulator.service import Reply

if TYPE_CHECKING:
    from email.message import Message

    from newsletter.providers.simulator.server import Simulator


def control(
    simulator: Simulator, method: str, path: str, headers: Message, content: bytes
) -> Reply:
    """The reply to one request below /simulator."""
    if headers.get("Host", "").partition(":")[0] not in ("127.0.0.1", "localhost"):
        return Reply(403, {"error": "these routes answer to 127.0.0.1 and localhost only"})
    if method == "GET" and path == "/simulator/ledger":
        return Reply(200, simulator.ledger.summary())
    if method != "POST" or path not in ("/simulator/faults", "/simulator/events"):
        return Reply(404, {"error": "known are /v3/…, /simulator/ledger, …/faults, …/events"})
    if headers.get("Content-Type", "").partition(";")[0] != "application/json":
        return Reply(415, {"error": "send JSON, with Content-Type: application/json"})
    try:
        asked = orjson.loads(content or b"{}")
        if path == "/simulator/faults":
            return _add_faults(simulator, asked)
        return Reply(200, {"posts": simulator.emit(story=_story(asked))})
    except (orjson.JSONDecodeError, TypeError, AttributeError):
        return Reply(400, {"error": "the JSON is not of the shape this route takes"})
    except NewsletterError as error:
        return Reply(400, {"error": str(error)})


def _add_faults(simulator: Simulator, asked: dict[str, Any]) -> Reply:
    """`{"faults": ["429:2", "hang-after:1:5"]}`."""
    faults = [parse_fault(text) for text in asked.get("faults", ())]
    simulator.faults.add(*faults)
    return Reply(200, {"added": sum(fault.count for fault in faults)})


def _story(asked: dict[str, Any]) -> Story | None:
    """`{"seed": "1", "repeated": 0.1, "shuffled": true, "rates": {"opened": 0.5}}`, or nothing."""
    if not asked:
        return None
    rates = {name: float(share) for name, share in asked.get("rates", {}).items()}
    known = {field.name for field in fields(Rates)}
    if unknown := rates.keys() - known:
        raise NewsletterError(f"there is no rate {sorted(unknown)}; known are {sorted(known)}")
    return Story(
        seed=str(asked.get("seed", "1")),
        rates=Rates(**rates),
        repeated=float(asked.get("repeated", 0.0)),
        shuffled=asked.get("shuffled", False) is True,
    )
