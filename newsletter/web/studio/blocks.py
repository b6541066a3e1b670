"""The blocks of briefs that the studio has shown, by their digests: what edits were made on."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from newsletter.issues.blocks import digest
from newsletter.issues.edits import Seen

KEPT = 5000
"""More than anybody has open; the oldest go first, and a conflict about one lacks what it was."""


class Blocks:
    """Remembers blocks to the byte, which forms do not: browsers change how lines end."""

    def __init__(self) -> None:
        self._shown: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def show(self, block: str) -> str:
        """The digest of a block, which is known from now on."""
        name = digest(block)
        with self._lock:
            self._shown[name] = block
            self._shown.move_to_end(name)
            while len(self._shown) > KEPT:
                self._shown.popitem(last=False)
        return name

    def seen(self, name: str, place: str = "") -> Seen:
        """The block of a digest as it was shown; `place` is its number in its file, from 1."""
        with self._lock:
            block = self._shown.get(name, "")
        return Seen(name, block, int(place) - 1 if place.isdecimal() else 0)
