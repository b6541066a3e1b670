"""The threads of the studio that send.

A send belongs to the studio, not to the page that began it: closing the tab changes nothing. When
the studio ends, requests under way end first, and `newsletter serve` or `send` goes on.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from newsletter.errors import NewsletterError
from newsletter.usecases.sending import dispatch

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign


class Senders:
    """One thread for each campaign. `mistakes` says why one of them ended."""

    def __init__(self) -> None:
        self.mistakes: dict[int, str] = {}
        self._stopping = Event()
        self._threads: dict[int, Thread] = {}
        self._turn = Lock()

    def send(self, workspace: Workspace, campaign: Campaign) -> None:
        """Begin to send a frozen campaign; nothing more where that is under way."""
        with self._turn:
            known = self._threads.get(campaign.id)
            if self._stopping.is_set() or (known and known.is_alive()):
                return
            self.mistakes.pop(campaign.id, None)
            # Its own provider and database: the desk's are closed when config.yaml changes.
            arguments = (replace(workspace), campaign)
            self._threads[campaign.id] = Thread(target=self._send, args=arguments)
            self._threads[campaign.id].start()

    def stop(self) -> None:
        """Begin nothing more, and wait until the requests under way have ended."""
        self._stopping.set()
        for thread in tuple(self._threads.values()):
            thread.join()

    def _send(self, workspace: Workspace, campaign: Campaign) -> None:
        try:
            dispatch(workspace, campaign, stopping=self._stopping)
        except NewsletterError as error:
            self.mistakes[campaign.id] = str(error)
        finally:
            workspace.close()
