"""A notice as a signed post to `notices.webhook`; it holds no personal data."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

from newsletter.config import notices_key
from newsletter.errors import ConfigError, GatherError

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.notice import Notice

SIGNATURE = "Newsletter-Signature"
"""`t=SECONDS,v1=HEX`: the seconds since 1970, and an HMAC-SHA256 of `SECONDS.BODY`."""


def post_notice(workspace: Workspace, notice: Notice) -> None:
    """Post a notice; GatherError where it was not taken with a status of 2xx."""
    url = workspace.settings.notices.webhook
    if url is None:
        raise ConfigError("notices.webhook is not set any more")
    body = json.dumps(
        {
            "id": notice.key,
            "kind": notice.kind,
            "publication": workspace.settings.publication.name,
            "issue": notice.issue,
            "text": notice.text,
        },
        ensure_ascii=False,
    ).encode()
    second = int(workspace.clock.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        SIGNATURE: f"t={second},v1={signature(notices_key(workspace.environment), second, body)}",
    }
    status = workspace.fetcher.post(url, body, headers=headers)
    if status // 100 != 2:
        raise GatherError(f"notices.webhook answered {status}; check the address")


def signature(key: bytes, second: int, body: bytes) -> str:
    """What proves that a post is ours, and of this second."""
    return hmac.digest(key, b"%d." % second + body, "sha256").hex()
