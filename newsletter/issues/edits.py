"""Edits of an issue as values, and what comes of one that cannot be applied any more. Pure.

An edit names the briefs it was made on by the digests of their blocks. It applies to whatever the
files say by now, as long as these blocks are what they were; else there is a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from newsletter.issues.wording import Wording


@dataclass(frozen=True, slots=True)
class Texts:
    """An issue's two files as they stand on disk. `titles` are the sections of config.yaml, in
    their order: key → title.
    """

    slug: str
    issue: str
    candidates: str
    titles: Mapping[str, str]

    @property
    def keys(self) -> dict[str, str]:
        """Section titles in lower case → keys, as the codec wants them."""
        return {title.casefold(): key for key, title in self.titles.items()}

    @property
    def issue_file(self) -> str:
        """What issue.md is called where something is wrong with it."""
        return f"issues/{self.slug}/issue.md"

    @property
    def candidates_file(self) -> str:
        """What candidates.md is called."""
        return f"issues/{self.slug}/candidates.md"


@dataclass(frozen=True, slots=True)
class Seen:
    """A brief as it was when the edit was made: its block, and its digest, for a form may have
    changed how the block's lines end. `place` tells it from another one with the same bytes.
    """

    digest: str
    block: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a brief goes: before or after the one of that digest, or, with neither, to the end of
    the section of that key, which is made where it is missing.
    """

    section: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Put a brief of the issue somewhere else."""

    brief: Seen
    to: Spot


@dataclass(frozen=True, slots=True)
class Bring:
    """Move a candidate into the issue."""

    brief: Seen
    to: Spot


@dataclass(frozen=True, slots=True)
class HoldOver:
    """Move a brief to the candidates, held over up to that day."""

    brief: Seen
    until: date


@dataclass(frozen=True, slots=True)
class Drop:
    """Take a brief out of the issue."""

    brief: Seen


@dataclass(frozen=True, slots=True)
class Reword:
    """Say something else in a brief."""

    brief: Seen
    wording: Wording


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Write a brief's whole block anew, as who settles a conflict does."""

    brief: Seen
    block: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Write a block that no longer stands anywhere."""

    block: str
    to: Spot


@dataclass(frozen=True, slots=True)
class Head:
    """Set the subject or the preheader, which was `seen`."""

    key: str
    seen: str
    value: str


Edit = Move | Bring | HoldOver | Drop | Reword | Rewrite | PutBack | Head


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit was not applied: what it was made on says something else by now.

    `base` is what it was made on, `mine` what it would have become ('' where nothing would have
    been written), `theirs` what stands there now, or None where it is gone.
    """

    edit: Edit
    sentence: str
    base: str = ""
    mine: str = ""
    theirs: str | None = None
