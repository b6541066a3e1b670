"""SendGrid's Email Activity, asked whether it took a request whose answer was lost.

A paid addition to an account, six requests a minute, nothing of the European region, and minutes
behind: what it shows is proof, what it does not show is none.
https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-email-activity-api
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.payload import ATTEMPT

if TYPE_CHECKING:
    from datetime import datetime

KEPT = timedelta(days=30)
"""How long the Email Activity remembers a mail."""


class SendGridWithActivity(SendGridProvider):
    """A SendGrid account that has bought the Email Activity: also a ports.Lookup."""

    def took(self, attempt: str, *, since: datetime) -> bool | None:
        """True where a mail of this attempt is known; None otherwise, which proves nothing.

        `since` is when the attempt was made. Raises Busy where no more may be asked for now,
        Rejected where the key may not ask.
        """
        if self._clock.now() - since > KEPT:
            return None
        query = f"(unique_args['{ATTEMPT}']=\"{attempt}\")"
        asked = {"limit": 1, "query": query}
        answer = self._asked(lambda: self._api.client.messages.get(query_params=asked))
        return True if _messages(answer.body) else None


def _messages(body: bytes) -> list[object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    messages = found.get("messages") if isinstance(found, dict) else None
    return messages if isinstance(messages, list) else []
