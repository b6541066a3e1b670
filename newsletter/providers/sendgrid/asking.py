"""Questions to SendGrid that mail nobody: whatever goes wrong with one, it may be asked again."""

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


class Asking:
    """The part of a SendGrid provider that asks and is answered."""

    _api: Any
    _clock: Clock

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


def objects(body: bytes) -> list[dict[str, Any]]:
    """The objects of an answer that is one, or a list of them."""
    try:
        found = orjson.loads(body or b"[]")
    except orjson.JSONDecodeError:
        return []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
