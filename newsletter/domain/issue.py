"""An issue as values: sections of briefs, in the editor's order, each knowing its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Brief:
    """One short piece: headline, Markdown text, and the link to its source.

    `item` is the id of the gathered item it was cut from; `line` counts from 1 in issue.md.
    `component` is how it looks, by a name the theme knows ('' leaves it to the section);
    `audience` is who sees it: a segment's name, `not` and one, or '' for everybody. What is held
    over waits for a later issue up to that day; what is under embargo may not go out before that
    moment, by the publication's own clocks and so without a zone. `sponsor` is the slot of
    sponsors.yaml it fills, or ''.
    """

    headline: str
    text: str = ""
    link: str | None = None
    source: str | None = None
    item: str | None = None
    line: int = 0
    component: str = ""
    audience: str = ""
    held_over: date | None = None
    embargo: datetime | None = None
    sponsor: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """An ordered group of briefs under a title; `intro` is Markdown before the first brief.

    `component` and `audience` as in a brief; a section's component is what its briefs are shown as.
    """

    key: str
    title: str
    briefs: tuple[Brief, ...] = ()
    intro: str = ""
    line: int = 0
    component: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """One edition. `slug` names its folder; `intro` is Markdown before the first section; `number`
    is what readers count it by, or ''; `silence` holds (code, reason) of checks not to be told;
    `intro_line` is where the intro begins, or 0; `subjects` are those on trial.
    """

    slug: str
    date: date
    subject: str
    preheader: str
    sections: tuple[Section, ...]
    intro: str = ""
    list_key: str | None = None
    segment: str | None = None
    number: str = ""
    silence: tuple[tuple[str, str], ...] = ()
    intro_line: int = 0
    subjects: tuple[str, ...] = ()

    @property
    def briefs(self) -> tuple[Brief, ...]:
        """Every brief in reading order."""
        return tuple(brief for section in self.sections for brief in section.briefs)
