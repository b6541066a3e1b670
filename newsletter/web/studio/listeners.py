"""The open pages of each issue, and what each still has to hear."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyio import WouldBlock, create_memory_object_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

UNTOLD = 64
"""Messages that may wait for one page; one that takes none is let go, and connects again."""


class Listeners:
    """Whom to tell; used from the event loop alone."""

    def __init__(self) -> None:
        self._open: dict[str, set[MemoryObjectSendStream[str]]] = {}

    @property
    def slugs(self) -> tuple[str, ...]:
        """The issues somebody looks at."""
        return tuple(self._open)

    @contextmanager
    def listening(self, slug: str) -> Iterator[MemoryObjectReceiveStream[str]]:
        """One page's messages, until it goes."""
        told, heard = create_memory_object_stream[str](UNTOLD)
        self._open.setdefault(slug, set()).add(told)
        try:
            with told, heard:
                yield heard
        finally:
            self._open[slug].discard(told)
            if not self._open[slug]:
                del self._open[slug]

    def let_go(self) -> None:
        """End every page's stream."""
        for pages in self._open.values():
            for page in pages:
                page.close()

    def tell(self, slug: str, message: str) -> None:
        """Let every page of an issue hear a message."""
        for page in tuple(self._open.get(slug, ())):
            try:
                page.send_nowait(message)
            except WouldBlock:
                page.close()
