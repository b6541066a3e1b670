"""What SendGrid's tracking makes of a mail: links that lead through its own domain, and a picture
that tells when the mail is opened (pure).

https://www.twilio.com/docs/sendgrid/ui/account-and-settings/tracking
"""

from __future__ import annotations

import hashlib
import html
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

THROUGH = "https://links.example.com/ls/click?upn="
PICTURE = '<img src="https://links.example.com/wf/open" width="1" height="1" alt="">'

_ANCHOR = re.compile(r"<a\b[^>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"""(?<=href=["'])https?://[^"']+""", re.IGNORECASE)
_LEFT_ALONE = re.compile(r"\sclicktracking=[\"']?off[\"']?", re.IGNORECASE)
_UNSEEN = re.compile(r"display:\s*none", re.IGNORECASE)


def notes_opens(body: Mapping[str, Any]) -> bool:
    """Whether a request asks for opens to be noted."""
    return _asks(body, "open_tracking")


def seen_links(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses a reader sees whose clicks a request wants noted, each once, in order."""
    if not _asks(body, "click_tracking"):
        return ()
    tags = [tag for tag in _ANCHOR.findall(_html(body)) if not _LEFT_ALONE.search(tag)]
    shown = [_ADDRESS.search(tag) for tag in tags if not _UNSEEN.search(tag)]
    return tuple(dict.fromkeys(html.unescape(found[0]) for found in shown if found))


def as_read(page: str, body: Mapping[str, Any]) -> str:
    """The HTML as it arrives under the settings of a request."""
    if _asks(body, "click_tracking"):
        page = _ANCHOR.sub(lambda found: _through(found[0]), page)
    return page + PICTURE if notes_opens(body) else page


def _through(tag: str) -> str:
    if _LEFT_ALONE.search(tag):
        return _LEFT_ALONE.sub("", tag)
    return _ADDRESS.sub(lambda found: THROUGH + _mark(found[0]), tag)


def _mark(address: str) -> str:
    return hashlib.blake2b(address.encode(), digest_size=16).hexdigest()


def _asks(body: Mapping[str, Any], setting: str) -> bool:
    return body.get("tracking_settings", {}).get(setting, {}).get("enable") is True


def _html(body: Mapping[str, Any]) -> str:
    return "".join(part["value"] for part in body.get("content", ()) if part["type"] == "text/html")
