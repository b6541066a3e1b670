"""What reaches us from outside: a reader's unsubscribe, and the provider's events."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from newsletter.domain.token import Purpose, derive_key, verify
from newsletter.events.ingest import Ingested, ingest
from newsletter.providers.sendgrid import webhook
from newsletter.store import audience
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from newsletter.app import Workspace


def ready(workspace: Workspace) -> None:
    """Raise now whatever would stop the first reader: no secret, or no usable database."""
    derive_key(workspace.secret, Purpose.UNSUBSCRIBE)
    with reading(workspace.engine):
        return


log = logging.getLogger(__name__)


def unsubscribe(workspace: Workspace, word: str) -> bool:
    """End the subscription a link stands for; False when the link is not one of ours.

    Doing it twice is the same as once. RFC 8058.
    """
    numbers = _opened(workspace, word)
    if numbers is None:
        return False
    subscription, delivery = numbers
    with writing(workspace.engine) as connection:
        audience.unsubscribe(connection, subscription, delivery=delivery, at=workspace.clock.now())
    return True


def known_link(workspace: Workspace, word: str) -> bool:
    """Whether an unsubscribe link is one of ours; changes nothing."""
    return _opened(workspace, word) is not None


def receive_events(
    workspace: Workspace,
    body: bytes,
    *,
    key: EllipticCurvePublicKey,
    signature: str,
    timestamp: str,
) -> Ingested | None:
    """Take in one webhook post of SendGrid; None when its signature is not SendGrid's."""
    if not webhook.verify(key, signature=signature, timestamp=timestamp, body=body):
        return None
    batch = webhook.read_events(body)
    if batch.unreadable:
        log.warning("%d events of a post could not be read", len(batch.unreadable))
    return ingest(workspace.engine, batch.events, clock=workspace.clock)


def _opened(workspace: Workspace, word: str) -> tuple[int, int] | None:
    """(subscription, delivery) of an unsubscribe link, or None where it is not one of ours."""
    return verify(derive_key(workspace.secret, Purpose.UNSUBSCRIBE), word)
