"""Who is mailed a report, and when."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator, EmailStr, StringConstraints

from newsletter.config.values import Strict


def _clock_time(value: Any) -> Any:
    """YAML reads a bare 10:30 as 630 (minutes)."""
    return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else value


ClockTime = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    BeforeValidator(_clock_time),
]


class Reports(Strict):
    """The report of an issue is mailed the morning after it began to leave, `at` that hour of the
    publication's clocks. With `honeypot` a mail holds a link that no reader sees or hears, to know
    machines by.
    """

    mail_to: tuple[EmailStr, ...] = ()
    at: ClockTime = "08:00"
    honeypot: bool = False

    @property
    def hour(self) -> time:
        """The hour of the mail."""
        return time.fromisoformat(self.at)
