"""What a check is made of: the rules it can find broken, and all it may look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.domain.finding import Finding, Level
from newsletter.render.checks.page import Page, read_page

if TYPE_CHECKING:
    from newsletter.config import Publication
    from newsletter.domain.issue import Brief, Issue, Section
    from newsletter.domain.rendition import Rendition

HEADER_PLACE = "issue.md:1"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong; `code` is stable and documented."""

    code: str
    level: Level
    what: str
    remedy: str

    def broken(self, place: str, message: str) -> Finding:
        """A finding under this rule."""
        return Finding(self.level, self.code, place, message, self.remedy)


@dataclass(frozen=True)
class Checked:
    """An issue, its renditions, and the pages they make, each parsed once."""

    issue: Issue
    renditions: tuple[Rendition, ...]
    publication: Publication

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """The HTML of each rendition."""
        return tuple(read_page(rendition.html) for rendition in self.renditions)

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """(place, Markdown or plain text) of everything a person wrote in the issue."""
        issue = self.issue
        header = [(HEADER_PLACE, text) for text in (issue.subject, issue.preheader, issue.intro)]
        sections = [
            (line(section), text)
            for section in issue.sections
            for text in (section.title, section.intro)
        ]
        briefs = [
            (line(brief), text) for brief in issue.briefs for text in (brief.headline, brief.text)
        ]
        return tuple((place, text) for place, text in header + sections + briefs if text)


def line(part: Brief | Section) -> str:
    """`issue.md:12`."""
    return f"issue.md:{part.line}" if part.line else "issue.md"


def error(code: str, what: str, remedy: str) -> Rule:
    """A rule whose breach stops approval."""
    return Rule(code, Level.ERROR, what, remedy)


def warning(code: str, what: str, remedy: str) -> Rule:
    """A rule whose breach an editor should look at."""
    return Rule(code, Level.WARNING, what, remedy)


def note(code: str, what: str, remedy: str) -> Rule:
    """A rule whose breach is often meant."""
    return Rule(code, Level.NOTE, what, remedy)
