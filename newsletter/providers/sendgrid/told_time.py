"""What SendGrid's clock shows: the `Date` of whatever it answers (RFC 9110, 6.6.1)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from python_http_client.exceptions import HTTPError

from newsletter.errors import Busy
from newsletter.providers.sendgrid.asking import Asking
from newsletter.providers.sendgrid.transport import NETWORK_ERRORS

if TYPE_CHECKING:
    from datetime import datetime


class ToldTime(Asking):
    """The part of a SendGrid provider that makes it a ports.Timekeeping."""

    def told_time(self) -> datetime | None:
        """By the cheapest question there is, which any key may ask, or be refused: both are dated.

        https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions
        """
        try:
            headers = self._api.client.scopes.get().headers
        except HTTPError as error:
            headers = error.headers
        except NETWORK_ERRORS as error:
            raise Busy(f"SendGrid was not reached ({type(error).__name__})") from error
        try:
            shown = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return None
        return shown if shown.tzinfo else None  # RFC 5322's -0000 names no zone
