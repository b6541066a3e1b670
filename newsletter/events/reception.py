"""The door for the provider's posts: verified over the raw bytes, kept, then acknowledged."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.providers.sendgrid.webhook import verify

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from newsletter.events.spool import Spool

log = logging.getLogger(__name__)


class Answer(StrEnum):
    """What becomes of a post."""

    TAKEN = "taken"
    REFUSED = "refused"  # its signature is not the provider's
    FULL = "full"  # the provider must come again


@dataclass(slots=True)
class Reception:
    """Takes posts into the spool; `counts` says how many of each answer there were."""

    spool: Spool
    key: EllipticCurvePublicKey
    counts: Counter[Answer] = field(default_factory=Counter)

    def receive(self, body: bytes, *, signature: str, timestamp: str) -> Answer:
        """Keep one post durably, if it is the provider's and there is room."""
        answer = self._judged(body, signature, timestamp)
        self.counts[answer] += 1
        return answer

    def _judged(self, body: bytes, signature: str, timestamp: str) -> Answer:
        if not verify(self.key, signature=signature, timestamp=timestamp, body=body):
            return Answer.REFUSED
        try:
            kept = self.spool.append(body)
        except OSError as error:
            log.error("a post of events cannot be kept: %s", error.strerror)  # noqa: TRY400
            kept = False
        return Answer.TAKEN if kept else Answer.FULL
