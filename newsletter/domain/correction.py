"""What is put right after an issue has left: a link that led astray, an item that was wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class CorrectionKind(StrEnum):
    """What was corrected."""

    LINK = "link"  # our own redirect leads elsewhere now
    ITEM = "item"  # whoever received the item was mailed a correction


OCCURRENCE = "correction-"
"""How the occurrence of a campaign begins that mails a correction, and not the issue itself."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of an issue, as it is recorded and shown.

    Of a link, `before` and `after` are addresses. Of an item, `before` is its headline, `after` the
    correction as it was written (Markdown), and `occurrence` that of the campaigns that mail it.
    `note` is the dated note on it (HTML) that the issue's page in the archive shows.
    """

    issue: str
    kind: CorrectionKind
    at: datetime
    actor: str
    before: str
    after: str
    note: str
    occurrence: str = ""


def occurrence_of(item: str, text: str) -> str:
    """The occurrence of the campaigns that mail this text on this item: the same for the same, so
    that whoever repeats a correction goes on with it.
    """
    digest = hashlib.sha256(f"{item}\n{text}".encode()).hexdigest()
    return OCCURRENCE + digest[:16]
