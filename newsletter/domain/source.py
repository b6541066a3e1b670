"""Where news may be read: what a site offers, and how a source of ours is doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A place on the web that can be a source; `kind` is its key in config.yaml.

    It is `feed`, `page`, `listing` or `sitemap`. `name` is "" where nobody says one.
    """

    kind: str
    url: str
    name: str = ""
    weight: float = 1.0
    follow: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """What reading a place once gave.

    `articles` of its `items` have their full text. `validators` says whether the server tells when
    nothing has changed; `repeats` names the source that has the same stories already.
    """

    items: int
    articles: int
    newest: datetime | None
    headlines: tuple[str, ...]
    validators: bool
    repeats: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How one source is doing: its sample, or the error that stopped it."""

    source: str
    kind: str
    place: str
    sample: Sample | None = None
    error: str | None = None

    @property
    def dead(self) -> bool:
        """Whether nothing can be read from it; an empty folder merely waits."""
        return self.error is not None
