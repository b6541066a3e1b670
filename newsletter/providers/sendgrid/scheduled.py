"""SendGrid's scheduled sends: ids for mail it keeps, and throwing away what was sent under one.

It keeps mail for 72 hours, discards at most ten ids at one time, and promises nothing for mail that
leaves within ten minutes. The key needs the scope `user.scheduled_sends` beside `mail.batch`.
https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends
"""

from __future__ import annotations

from newsletter.errors import Busy
from newsletter.providers.sendgrid.asking import Asking, objects


class ScheduledSends(Asking):
    """The half of a SendGrid provider that makes it a ports.Recalling."""

    def new_recall(self) -> str:
        """A fresh batch id; only SendGrid can make one, mail under any other is never sent."""
        answer = self._asked(self._api.client.mail.batch.post)
        made = next((one.get("batch_id") for one in objects(answer.body)), None)
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
            for entry in objects(answer.body)
        )
