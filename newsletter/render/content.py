"""An issue as templates see it: plain values, Markdown done, tokens in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part
from newsletter.render import markdown, text
from newsletter.render.addresses import host, is_link
from newsletter.render.tokens import UNSUBSCRIBE_URL, Placeholders, Reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from newsletter.config import Publication
    from newsletter.domain.issue import Brief, Issue, Section
    from newsletter.render.theme import Theme

_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BriefView:
    """A brief; `body` is HTML or plain text by part, `source` falls back to the link's host."""

    headline: str
    body: str
    link: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section; `is_lead` for the one with the key `lead`."""

    title: str
    intro: str
    briefs: tuple[BriefView, ...]
    is_lead: bool


@dataclass(frozen=True, slots=True)
class IssueView:
    """The issue; `day` is its date in words."""

    subject: str
    preheader: str
    day: str
    intro: str
    sections: tuple[SectionView, ...]


def context(
    issue: Issue,
    *,
    part: Part,
    publication: Publication,
    base_url: str,
    theme: Theme,
    placeholders: Placeholders,
) -> dict[str, object]:
    """Every name a template may use."""
    language = publication.language.partition("-")[0].lower()
    return {
        "issue": _issue(issue, part, theme, placeholders, language),
        "publication": {
            "name": publication.name,
            "website": publication.website,
            "host": host(publication.website),
            "postal_address": publication.postal_address,
            "language": publication.language,
            "direction": "rtl" if language in _RIGHT_TO_LEFT else "ltr",
            "start": "right" if language in _RIGHT_TO_LEFT else "left",
            "end": "left" if language in _RIGHT_TO_LEFT else "right",
        },
        "base_url": base_url,
        "theme": theme.design,
        "reader": Reader(placeholders, part),
        "unsubscribe_url": placeholders.placeholder(UNSUBSCRIBE_URL, part),
    }


def day_in_words(day: date, language: str) -> str:
    """`Friday, November 27, 2026` in English, `2026-11-27` (ISO 8601) in any other language."""
    if language != "en":
        return day.isoformat()
    return f"{_DAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}, {day.year}"


def _issue(
    issue: Issue, part: Part, theme: Theme, placeholders: Placeholders, language: str
) -> IssueView:
    def fill(words: str) -> str:
        return placeholders.fill(words, part)

    body = _body_writer(part, theme, fill)
    return IssueView(
        subject=fill(issue.subject),
        preheader=fill(issue.preheader),
        day=day_in_words(issue.date, language),
        intro=body(issue.intro),
        sections=tuple(_section(section, fill, body) for section in issue.sections),
    )


def _body_writer(part: Part, theme: Theme, fill: Callable[[str], str]) -> Callable[[str], str]:
    """Markdown to the part's form; notes of plain text are numbered through the whole mail."""
    notes = text.Notes()

    def to_text(source: str) -> str:
        return text.to_text(markdown.parse(source), fill, notes)

    def to_html(source: str) -> str:
        return markdown.to_html(markdown.parse(source), fill, theme.picture_width)

    return to_text if part is Part.TEXT else to_html


def _section(
    section: Section, fill: Callable[[str], str], body: Callable[[str], str]
) -> SectionView:
    return SectionView(
        title=fill(section.title),
        intro=body(section.intro),
        briefs=tuple(_brief(brief, body) for brief in section.briefs),
        is_lead=section.key == "lead",
    )


def _brief(brief: Brief, body: Callable[[str], str]) -> BriefView:
    link = brief.link if brief.link and is_link(brief.link) else None
    return BriefView(
        headline=brief.headline,  # plain text, mostly a source's own: no token stands in it
        body=body(brief.text),
        link=link,
        source=brief.source or (host(link) if link else None) or None,
    )
