"""The weekly flow in processes of their own, which may be killed, at moments of the test's."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter import config, failpoints
from newsletter.app import SystemClock, SystemRandomness, Workspace
from newsletter.usecases.due import send_due
from newsletter.usecases.flow import keep_rhythm
from newsletter.usecases.notices import tell_notices

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

SECRETS = {
    config.SECRET_KEY: "a secret of the proof alone",
    config.SENDGRID_KEY: "SG.proof",
}


@dataclass
class At(SystemClock):
    """A clock that stands still."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


def opened(root: Path, moment: datetime) -> Workspace:
    """The workspace at a moment."""
    return Workspace(root, config.load(root), At(moment), SystemRandomness(), SECRETS)


def tick(root: Path, moment: datetime, points: str = "") -> None:
    """All that a ticker does, once, or up to the failpoint."""
    failpoints.reach = failpoints.armed(points)
    workspace = opened(root, moment)
    keep_rhythm(workspace)
    send_due(workspace)
    tell_notices(workspace)
    os._exit(0)


def compete(root: Path, moment: datetime, meeting: object, report: Path) -> None:
    """Keep the rhythm beside another process; tell which issues this one drafted."""
    workspace, drafted = opened(root, moment), []
    workspace.engine.connect().close()

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            drafted.append(str(record.args[0]))

    log = logging.getLogger("newsletter.usecases.scheduled_gather")
    log.setLevel(logging.INFO)
    log.addHandler(Listening())
    meeting.wait()
    keep_rhythm(workspace)
    report.write_text("\n".join(drafted), encoding="utf-8")
    os._exit(0)
