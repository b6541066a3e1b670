"""The undo window: the provider keeps each mailing for a while, under an id of its own making.

All batches of a campaign share one id a day, so that one call discards them. With the fuse each
attempt has its own, so that one in doubt can be discarded alone.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.delivery.gate import Keeping
from newsletter.store import recalls
from newsletter.store.engine import reading

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from newsletter.domain.campaign import Campaign
    from newsletter.ports import Recalling

ID_LASTS = timedelta(days=1)
"""How long one id serves a campaign; SendGrid's are valid for ten days."""


@dataclass(slots=True)
class Undo:
    """The ids of one run over a campaign; shared by its threads."""

    engine: Engine
    provider: Recalling
    hold_for: timedelta
    fuse: bool
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _spare: list[str] = field(default_factory=list)
    _shared: str = ""
    _shared_until: datetime | None = None

    def keeping(self, campaign: Campaign, now: datetime) -> Keeping:
        """How the next batch is kept; raises what `Recalling.new_recall` raises."""
        with self._asking:
            if self.fuse:
                recall = self._spare.pop() if self._spare else self.provider.new_recall()
            else:
                recall = self._shared_id(campaign, now)
        return Keeping(self.hold_for, recall)

    def spared(self, keeping: Keeping) -> None:
        """Take an id back that no batch was claimed under."""
        if self.fuse and keeping.recall:
            with self._asking:
                self._spare.append(keeping.recall)

    def _shared_id(self, campaign: Campaign, now: datetime) -> str:
        if self._shared_until is None or now >= self._shared_until:
            with reading(self.engine) as connection:
                known = recalls.last_id(connection, campaign.id, now - ID_LASTS)
            self._shared = known or self.provider.new_recall()
            self._shared_until = now + ID_LASTS
        return self._shared
