"""What a check is made of: the rules it can find broken, and all it may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.domain.finding import Finding, Level
from newsletter.render.checks.known import Known
from newsletter.render.checks.page import Page, read_page
from newsletter.render.markdown import addresses, parse

if TYPE_CHECKING:
    from newsletter.config import Publication
    from newsletter.domain.issue import Brief, Issue, Section
    from newsletter.domain.rendition import Rendition

HEADER_PLACE = "issue.md:1"
HTML = "html"
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong; `code` is stable and documented.

    A `safety` rule guards readers or the law: no issue silences it and no setting lowers it.
    """

    code: str
    level: Level
    what: str
    remedy: str
    safety: bool = False

    def broken(self, place: str, message: str) -> Finding:
        """A finding under this rule."""
        return Finding(self.level, self.code, place, message, self.remedy)


@dataclass(frozen=True, slots=True)
class Written:
    """A link or picture a person wrote, as the issue's file has it."""

    place: str
    kind: str
    address: str
    words: str


@dataclass(frozen=True)
class Checked:
    """An issue as it was written, and what is known around it."""

    issue: Issue
    publication: Publication
    known: Known = field(default_factory=Known)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subject, and those on trial."""
        return tuple(dict.fromkeys((self.issue.subject, *self.issue.subjects)))

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """(place, Markdown or plain text) of everything a person wrote in the issue."""
        issue = self.issue
        header = [(HEADER_PLACE, text) for text in (*self.subjects, issue.preheader)]
        header.append((self._intro_place, issue.intro))
        sections = [
            (line(section), text)
            for section in issue.sections
            for text in (section.title, section.intro)
        ]
        briefs = [
            (line(brief), text) for brief in issue.briefs for text in (brief.headline, brief.text)
        ]
        return tuple((place, text) for place, text in header + sections + briefs if text)

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """Every link and picture of the issue, the briefs' own links first."""
        own = [
            Written(line(brief), "link", brief.link.strip(), brief.headline)
            for brief in self.issue.briefs
            if brief.link is not None
        ]
        issue = self.issue
        markdown = [(self._intro_place, issue.intro)]
        markdown += [(line(section), section.intro) for section in issue.sections]
        markdown += [(line(brief), brief.text) for brief in issue.briefs]
        inside = [
            Written(place, kind, address, words)
            for place, text in markdown
            if "](" in text or "<" in text
            for kind, address, words in addresses(parse(text))
        ]
        return (*own, *inside)

    @property
    def _intro_place(self) -> str:
        found = self.issue.intro_line
        return f"issue.md:{found}" if found else HEADER_PLACE

    @property
    def links(self) -> tuple[Written, ...]:
        """The links among them."""
        return tuple(one for one in self.written if one.kind == "link")


@dataclass(frozen=True)
class CheckedVersion:
    """One version as its readers get it, its HTML parsed once."""

    checked: Checked
    rendition: Rendition

    @cached_property
    def page(self) -> Page:
        """The parsed HTML."""
        return read_page(self.rendition.html)


def line(part: Brief | Section) -> str:
    """`issue.md:12`."""
    return f"issue.md:{part.line}" if part.line else "issue.md"


def error(code: str, what: str, remedy: str, *, safety: bool = False) -> Rule:
    """A rule whose breach stops approval."""
    return Rule(code, Level.ERROR, what, remedy, safety)


def warning(code: str, what: str, remedy: str) -> Rule:
    """A rule whose breach an editor should look at."""
    return Rule(code, Level.WARNING, what, remedy)


def note(code: str, what: str, remedy: str) -> Rule:
    """A rule whose breach is often meant."""
    return Rule(code, Level.NOTE, what, remedy)
