"""One thing a workspace was looked at for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.domain.finding import Level


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at. `level` is None where all is well."""

    what: str
    level: Level | None
    message: str
