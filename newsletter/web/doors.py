"""The public pages on a socket; a signal to end reaches the sender as soon as the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import threading
    from types import FrameType


class PublicServer(uvicorn.Server):
    """Serves until a signal, and sets `stopping` with it: requests of readers may take seconds to
    end, in which no further batch may leave (F06).
    """

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What uvicorn does with a signal, once everybody knows."""
        self._stopping.set()
        super().handle_exit(sig, frame)
