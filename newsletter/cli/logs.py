"""What a process that runs for long writes of itself: lines for people, or JSON for programs.

Whatever looks like an address, and every secret of the environment, is blotted out in both.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsletter.config import (
    NOTICES_KEY,
    OLD_SECRET_KEYS,
    SECRET_KEY,
    SENDGRID_KEY,
    SMTP_PASSWORD,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = ("text", "json")

_SECRETS = (SECRET_KEY, OLD_SECRET_KEYS, SENDGRID_KEY, SMTP_PASSWORD, NOTICES_KEY)
_ADDRESS = re.compile(r"[\w.+%'-]+@[\w.-]+\w")


def set_up(form: str, environment: Mapping[str, str]) -> None:
    """Write log lines to the error stream, `text` or `json`."""
    handler = logging.StreamHandler()
    handler.setFormatter(Blotting(form, environment))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # not a line for every tick


class Blotting(logging.Formatter):
    """One line a record, or one JSON object, without addresses and secrets."""

    def __init__(self, form: str, environment: Mapping[str, str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._json = form == "json"
        given = (environment.get(name, "") for name in _SECRETS)
        secrets = sorted(filter(None, given), key=len, reverse=True)
        self._hidden = re.compile("|".join([*map(re.escape, secrets), _ADDRESS.pattern]))

    def format(self, record: logging.LogRecord) -> str:
        """The record as it may be kept anywhere."""
        return self._hidden.sub(
            "…", self._as_json(record) if self._json else super().format(record)
        )

    def _as_json(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
