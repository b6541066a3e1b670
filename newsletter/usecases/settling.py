"""Evidence for what is in doubt, and undo windows that passed: looked after without a sender."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.config import WEBHOOK_KEY
from newsletter.delivery.settle import settle

if TYPE_CHECKING:
    from newsletter.app import Workspace


def settle_open(workspace: Workspace) -> None:
    """Do what can be done for every campaign without sending; see delivery.settle."""
    settle(
        workspace.engine,
        workspace.provider,
        workspace.clock,
        fuse=workspace.settings.sending.fuse,
        webhook=bool(workspace.environment.get(WEBHOOK_KEY)),
    )
