"""What readers do through the links in their mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.token import Purpose, derive_key, verify
from newsletter.store import audience
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from newsletter.app import Workspace


def ready(workspace: Workspace) -> None:
    """Raise now whatever would stop the first reader: no secret, or no usable database."""
    derive_key(workspace.secret, Purpose.UNSUBSCRIBE)
    with reading(workspace.engine):
        return


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


def _opened(workspace: Workspace, word: str) -> tuple[int, int] | None:
    """(subscription, delivery) of an unsubscribe link, or None where it is not one of ours."""
    return verify(derive_key(workspace.secret, Purpose.UNSUBSCRIBE), word)
