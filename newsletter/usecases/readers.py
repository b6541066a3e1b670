"""What readers do through the unsubscribe links in their mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.consent import Proof
from newsletter.domain.token import Purpose
from newsletter.store import consent, preferences
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.consent import Reason
    from newsletter.store.preferences import OpenedBy

UNDO_LASTS = timedelta(days=1)
"""How long after an unsubscribe its page takes it back."""


@dataclass(frozen=True, slots=True)
class Link:
    """An unsubscribe link of ours. `language` is that of its reader, None where it is not known,
    and `title` that of its list, '' where config.yaml or the database has it no more; `undo` is the
    word that takes back what was just done, '' where nothing was.
    """

    language: str | None
    title: str = ""
    undo: str = ""


def ready(workspace: Workspace) -> None:
    """Raise now whatever would stop the first reader: no secret, or no usable database."""
    workspace.keys.sign(Purpose.UNSUBSCRIBE, 0, 0)
    with reading(workspace.engine):
        return


def known_link(workspace: Workspace, word: str) -> Link | None:
    """An unsubscribe link of ours, or None; changes nothing."""
    numbers = workspace.keys.opened(Purpose.UNSUBSCRIBE, word)
    if numbers is None:
        return None
    with reading(workspace.engine) as connection:
        return _link(workspace, preferences.opened_by(connection, numbers[0]))


def unsubscribe(
    workspace: Workspace, word: str, *, network: str | None = None, reason: Reason | None = None
) -> Link | None:
    """End the subscription a link stands for; None when the link is not one of ours.

    Doing it twice is the same as once. RFC 8058.
    """
    numbers = workspace.keys.opened(Purpose.UNSUBSCRIBE, word)
    if numbers is None:
        return None
    subscription, delivery = numbers
    now = workspace.clock.now()

    def end(connection: Connection) -> OpenedBy | None:
        consent.unsubscribe(
            connection,
            subscription,
            at=now,
            delivery=delivery or None,
            network=network,
            reason=reason,
        )
        return preferences.opened_by(connection, subscription)

    link = _link(workspace, workspace.commits.run(end))
    return replace(link, undo=workspace.keys.sign_at(Purpose.UNDO, subscription, now))


def undo(workspace: Workspace, word: str, *, network: str | None = None) -> Link | None:
    """Take an unsubscribe back; None when the word is not one of ours, its time is over, or the
    person was erased.
    """
    now = workspace.clock.now()
    opened = workspace.keys.opened_at(Purpose.UNDO, word, now=now, lasts=UNDO_LASTS)
    if opened is None:
        return None
    with writing(workspace.engine) as connection:
        consent.take_back(
            connection, opened[0], at=now, proof=Proof(consent.UNSUBSCRIBE_LINK, network=network)
        )
        reader = preferences.opened_by(connection, opened[0])
        return None if reader is None else _link(workspace, reader)


def _link(workspace: Workspace, reader: OpenedBy | None) -> Link:
    if reader is None:  # erased: their links say no more than they ever did
        return Link(None)
    rule = workspace.settings.lists.get(reader.list_key)
    return Link(reader.language, rule.title if rule else "")
