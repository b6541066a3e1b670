"""SendGrid's scheduled sends: ids for mail it keeps, and throwing away what was sent under one.

It keeps mail for 72 hours, discards at most ten ids at one time, and promises nothing for mail that
leaves within ten minutes. The key needs the scope `user.scheduled_sends` beside `mail.batch`.
https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from python_http_client.exceptions import HTTPError

from newsletter.errors import Busy, Uncertain
from newsletter.providers.sendgrid.answers import refusal
from newsletter.providers.sendgrid.transport import NETWORK_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.ports import Clock


class ScheduledSends:
    """The half of a SendGrid provider that makes it a ports.Recalling."""

    _api: Any
    _clock: Clock

    def new_recall(self) -> str:
        """A fresh batch id; only SendGrid can make one, mail under any other is never sent."""
        answer = self._asked(self._api.client.mail.batch.post)
        made = next((one.get("batch_id") for one in _objects(answer.body)), None)
        if not isinstance(made, str) or not made:
            raise Busy("SendGrid gave no batch id", status=answer.status_code)
        return made

    def discard(self, recall: str) -> None:
        """Cancel whatever was or will be accepted under this batch id; repeatable."""
        if self.discarded(recall):
            return
        wanted = {"batch_id": recall, "status": "cancel"}
        self._asked(lambda: self._api.client.user.scheduled_sends.post(request_body=wanted))

    def discarded(self, recall: str) -> bool:
        """Whether SendGrid lists this batch id as cancelled."""
        answer = self._asked(self._api.client.user.scheduled_sends._(recall).get)
        return any(
            entry.get("batch_id") == recall and entry.get("status") == "cancel"
            for entry in _objects(answer.body)
        )

    def _asked(self, request: Callable[[], Any]) -> Any:
        """The answer; nothing is mailed by these calls, so one that is lost is merely Busy."""
        try:
            return request()
        except HTTPError as error:
            told = refusal(
                error.status_code, error.headers, error.body, recipients=0, now=self._clock.now()
            )
            if isinstance(told, Uncertain):
                raise Busy(told.message, status=told.status) from None
            raise told from None
        except NETWORK_ERRORS as error:
            raise Busy(f"SendGrid was not reached ({type(error).__name__})") from error


def _objects(body: bytes) -> list[dict[str, Any]]:
    """The objects of an answer that is one, or a list of them."""
    try:
        found = orjson.loads(body or b"[]")
    except orjson.JSONDecodeError:
        return []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
