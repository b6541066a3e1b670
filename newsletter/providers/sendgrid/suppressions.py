"""SendGrid's lists of addresses it mails no more: read in pages, added to, taken from.

The key needs the scopes `suppression.read`, `asm.groups.suppressions.read` and, to tell SendGrid of
ours, those to create and delete.
https://www.twilio.com/docs/sendgrid/api-reference/suppressions-suppressions
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import orjson

from newsletter.errors import Busy, Rejected
from newsletter.providers.sendgrid.asking import Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAGE = 500
"""Addresses of one list in one answer, SendGrid's maximum; we tell it no more at once either."""

# Both log whole URLs, requests and answers to debug, and here these are addresses.
_TALKERS = ("urllib3.connectionpool", "python_http_client.client")


def _names_nobody(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return "@" not in message and "%40" not in message


for _talker in _TALKERS:
    logging.getLogger(_talker).addFilter(_names_nobody)


class Kind(StrEnum):
    """The lists that are read by time and page, by the last word of their address."""

    BOUNCES = "bounces"
    BLOCKS = "blocks"  # refused for now: an address may be good all the same
    SPAM_REPORTS = "spam_reports"
    INVALID = "invalid_emails"
    UNSUBSCRIBES = "unsubscribes"  # from everything the account sends


class Listed(NamedTuple):
    """An address on one of the lists, and since when."""

    address: str
    at: datetime


class Page(NamedTuple):
    """Addresses of one answer, and whether there may be more to come."""

    people: tuple[Listed, ...]
    more: bool


class SuppressionLists(Asking):
    """The part of a SendGrid provider that reads and changes its suppressions.

    Each method raises Busy where it may be asked again later, Rejected where the key may not ask.
    """

    def listed(self, kind: Kind, *, since: int, until: int, offset: int) -> Page:
        """Up to PAGE addresses put on a list in that time (Unix seconds, both inclusive)."""
        asked = {"start_time": since, "end_time": until, "limit": PAGE, "offset": offset}
        suppression = self._api.client.suppression
        answer = self._asked(lambda: suppression._(kind.value).get(query_params=asked))
        entries = _entries(answer.body)
        return Page(_listed(entries, "created"), len(entries) >= PAGE)

    def left_group(self, group: int) -> tuple[Listed, ...]:
        """Everybody who left an unsubscribe group; SendGrid has no pages of them."""
        answer = self._asked(self._api.client.asm.suppressions.get)
        theirs = [entry for entry in _entries(answer.body) if entry.get("group_id") == group]
        return _listed(theirs, "created_at")

    def rejoin_group(self, group: int, address: str) -> None:
        """Let somebody who left an unsubscribe group in again; repeatable."""
        members = self._api.client.asm.groups._(str(group)).suppressions
        self._remove(members._(quote(address, safe="")).delete)

    def unsubscribe_globally(self, addresses: Sequence[str]) -> None:
        """Put addresses on the list of those who want nothing; repeatable."""
        told = {"recipient_emails": list(addresses)}
        lists = self._api.client.asm.suppressions._("global")
        self._asked(lambda: lists.post(request_body=told))

    def resubscribe_globally(self, address: str) -> None:
        """Take an address off that list; repeatable."""
        lists = self._api.client.asm.suppressions._("global")
        self._remove(lists._(quote(address, safe="")).delete)

    def forget(self, address: str) -> None:
        """Take an address off every list."""
        suppression, named = self._api.client.suppression, {"emails": [address]}
        for kind in (Kind.BOUNCES, Kind.BLOCKS, Kind.SPAM_REPORTS, Kind.INVALID):
            self._remove(partial(suppression._(kind.value).delete, request_body=named))
        self.resubscribe_globally(address)

    def _remove(self, request: Callable[[], Any]) -> None:
        """Somebody who is not there is removed already."""
        try:
            self._asked(request)
        except Rejected as error:
            if error.status != 404:
                raise


def _entries(body: bytes) -> list[dict[str, Any]]:
    """The entries of a list; Busy for any other answer, for it would pass for an empty list."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise Busy("SendGrid's answer is not a list of addresses; look for a proxy in between")
    return [entry for entry in found if isinstance(entry, dict)]


def _listed(entries: Sequence[dict[str, Any]], moment: str) -> tuple[Listed, ...]:
    """What has an address and a time; anything else is not ours to guess at."""
    return tuple(
        Listed(entry["email"], datetime.fromtimestamp(entry[moment], UTC))
        for entry in entries
        if isinstance(entry.get("email"), str)
        and isinstance(entry.get(moment), int)
        and 0 <= entry[moment] < 2**32
    )
