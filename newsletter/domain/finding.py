"""One result of a check: what is wrong, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error stops approval; a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable and documented; `place` is `file:line` or the part of the mail.

    `version` names the versions it is true of; '' is all of them.
    """

    level: Level
    code: str
    place: str
    message: str
    remedy: str
    version: str = ""
