"""What a reader chooses by the link in a mail's footer: which lists to be on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.token import Purpose, derive_key, preferences_key, verify
from newsletter.store import preferences
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from newsletter.app import Workspace


@dataclass(frozen=True, slots=True)
class Choice:
    """One list of config.yaml, and whether the reader is on it."""

    key: str
    title: str
    description: str
    chosen: bool


def choices(workspace: Workspace, word: str) -> tuple[Choice, ...] | None:
    """Every list as its reader stands to it; None where the link is not one of ours."""
    subscription = _subscription(workspace, word)
    if subscription is None:
        return None
    with reading(workspace.engine) as connection:
        current = preferences.lists_of(connection, subscription)
    if current is None:
        return None
    return tuple(
        Choice(key, rule.title, rule.description, chosen=key in current)
        for key, rule in workspace.settings.lists.items()
    )


def choose(workspace: Workspace, word: str, wanted: frozenset[str]) -> bool:
    """Be on the wanted lists and on no other; False where the link is not one of ours."""
    subscription = _subscription(workspace, word)
    if subscription is None:
        return False
    with writing(workspace.engine) as connection:
        return preferences.choose_lists(
            connection,
            subscription,
            offered=workspace.settings.lists,
            wanted=wanted,
            at=workspace.clock.now(),
        )


def _subscription(workspace: Workspace, word: str) -> int | None:
    key = preferences_key(derive_key(workspace.secret, Purpose.UNSUBSCRIBE))
    numbers = verify(key, word)
    return None if numbers is None else numbers[0]
