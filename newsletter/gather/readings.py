"""What was read from each address last time, so that what has not changed is not read again."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter import __version__
from newsletter.domain.item import Item
from newsletter.gather.fetch import Validators
from newsletter.gather.item_json import items_from

if TYPE_CHECKING:
    from newsletter.gather.shelf import Shelf

_TRUSTED = timedelta(days=1)
"""So long a server is believed that nothing has changed; then it is asked for everything again,
for one that says so wrongly would keep its news from us for ever."""

_FORM = [__version__, [field.name for field in fields(Item)]]
"""Another version of the program may read the same page better."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The items of an address, the digest of the bytes they were read from, and its validators.

    `trusted` is one so young that the server is believed that nothing has changed since.
    """

    items: tuple[Item, ...]
    digest: str
    validators: Validators
    trusted: bool = True


class Readings:
    """The last reading by key, which names the address and how it is read."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def last(self, key: str) -> Reading | None:
        """The last reading, if there was one."""
        kept = self._shelf.read(key)
        if kept is None or kept.get("form") != _FORM:
            return None
        try:
            return Reading(
                items_from(kept["items"]),
                str(kept["digest"]),
                Validators(**kept["validators"]),
                trusted=kept["age"] < _TRUSTED,
            )
        except (TypeError, ValueError, KeyError):
            return None

    def keep(self, key: str, reading: Reading) -> None:
        """Remember a reading in place of the one before."""
        self._shelf.write(
            key,
            {
                "form": _FORM,
                "digest": reading.digest,
                "validators": reading.validators,
                "items": reading.items,
            },
        )

    def tidy(self) -> None:
        """Forget what is old, and what is too much."""
        self._shelf.tidy()
