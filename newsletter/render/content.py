"""An issue as templates see it: plain values, Markdown done, tokens in place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from newsletter.domain.rendition import LIST_TITLE, PREFERENCES_URL, UNSUBSCRIBE_URL, Part
from newsletter.errors import IssueError
from newsletter.render import markdown, text
from newsletter.render.addresses import host, is_link
from newsletter.render.links import Tagging, brief_id, redirected, tagged
from newsletter.render.tokens import Placeholders, Reader
from newsletter.render.views import (
    BlockView,
    BriefView,
    ChoiceView,
    IssueView,
    PictureView,
    SectionView,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from markdown_it.token import Token

    from newsletter.config import Publication
    from newsletter.domain.issue import Brief, Issue, Section
    from newsletter.render.theme import Theme


@dataclass(frozen=True, slots=True)
class Places:
    """Where an issue's links lead and its pictures lie. `web_version` is the same issue as a page,
    or ''; `tagging` the campaign words links carry, if any; `redirect` what our own redirects begin
    with, or ''; `pictures` has, for an address in issue.md, that of the picture and its width in
    pixels; `trap` is the address that machines alone follow, or ''.
    """

    base_url: str
    web_version: str = ""
    tagging: Tagging | None = None
    redirect: str = ""
    pictures: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    trap: str = ""


def context(
    issue: Issue,
    *,
    part: Part,
    publication: Publication,
    places: Places,
    theme: Theme,
    placeholders: Placeholders,
) -> dict[str, object]:
    """Every name a template may use. IssueError for a component the theme does not know."""
    right_to_left = _locale(publication.language).text_direction == "rtl"
    words = theme.words(publication.language.partition("-")[0].lower())
    return {
        "issue": _issue(issue, _Writer(issue, theme, part, places, placeholders), publication),
        "publication": {
            "name": publication.name,
            "website": publication.website,
            "host": host(publication.website),
            "postal_address": publication.postal_address,
            "language": publication.language,
            "direction": "rtl" if right_to_left else "ltr",
            "start": "right" if right_to_left else "left",
            "end": "left" if right_to_left else "right",
        },
        "base_url": places.base_url,
        "web_version": places.web_version,
        "theme": {**theme.design, "words": words, "logo": _logo(theme, places)},
        "reader": Reader(placeholders, part),
        # On a public page there is no reader: both are empty there.
        "unsubscribe_url": placeholders.placeholder(UNSUBSCRIBE_URL, part),
        "preferences_url": placeholders.placeholder(PREFERENCES_URL, part),
        "list_title": placeholders.placeholder(LIST_TITLE, part, publication.name),
    }


def _logo(theme: Theme, places: Places) -> dict[str, object]:
    """The logo's values, with the addresses of files in place of their names."""
    brand = dict(theme.design["logo"])
    for kind in ("light", "dark"):
        if brand[kind] in places.pictures:
            brand[kind] = places.pictures[brand[kind]][0]
    return brand


def day_in_words(day: date, language: str) -> str:
    """`Friday, November 27, 2026`, as the language writes it (Unicode CLDR, by Babel)."""
    return str(format_date(day, "full", locale=_locale(language)))


def _locale(language: str) -> Locale:
    """Of the language tag, else of the language alone, else English, for CLDR knows not all."""
    for known in (language, language.partition("-")[0]):
        try:
            return Locale.parse(known, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def _issue(issue: Issue, writer: _Writer, publication: Publication) -> IssueView:
    return IssueView(
        subject=writer.fill(issue.subject),
        preheader=writer.fill(issue.preheader),
        day=day_in_words(issue.date, publication.language),
        number=issue.number,
        intro=writer.text(issue.intro),
        sections=tuple(writer.section(section) for section in issue.sections),
    )


class _Writer:
    """Sections and briefs of one part, in the words of one theme."""

    def __init__(
        self,
        issue: Issue,
        theme: Theme,
        part: Part,
        places: Places,
        placeholders: Placeholders,
    ) -> None:
        self._issue = issue
        self._theme = theme
        self._part = part
        self._places = places
        self._placeholders = placeholders
        self._notes = text.Notes()  # numbered through the whole mail

    def fill(self, words: str) -> str:
        """The words with placeholders in place of merge tokens."""
        return self._placeholders.fill(words, self._part)

    def text(self, source: str) -> str:
        """Markdown that belongs to no brief, in the part's form."""
        return self._body(self._parsed(source, ""))

    def _parsed(self, source: str, content: str) -> Sequence[Token]:
        def relink(url: str) -> str:
            return self._leading(url, content)

        return markdown.parse(source, relink, self._places.pictures)

    def _leading(self, url: str, content: str) -> str:
        """What a link written as `url` leads to in the mail."""
        places = self._places
        return redirected(tagged(url, places.tagging, content), places.redirect, content)

    def _body(self, tokens: Sequence[Token]) -> str:
        if self._part is Part.TEXT:
            return text.to_text(tokens, self.fill, self._notes)
        return markdown.to_html(tokens, self.fill, self._theme.picture_width)

    def section(self, section: Section) -> SectionView:
        """Briefs that the same component shows, one after the other, become one block."""
        title, intro = self.fill(section.title), self.text(section.intro)
        blocks = [
            BlockView(component, "", "", tuple(self._brief(brief) for brief in briefs))
            for component, briefs in groupby(
                section.briefs, key=lambda brief: self._component(brief, section)
            )
        ]
        first = (
            blocks.pop(0) if blocks else BlockView(self._component(section, section), "", "", ())
        )
        blocks.insert(0, replace(first, title=title, intro=intro))
        return SectionView(
            title=title,
            intro=intro,
            briefs=tuple(brief for block in blocks for brief in block.briefs),
            blocks=tuple(blocks),
        )

    def _component(self, part: Brief | Section, section: Section) -> str:
        """What the brief names, or its section, or what is usual for the section."""
        for named in (part, section):
            if not named.component:
                continue
            if named.component not in self._theme.components:
                known = ", ".join(sorted(self._theme.components)) or "none"
                raise IssueError(
                    f"the theme “{self._theme.folder.name}” has no component "
                    f"“{named.component}”; it knows: {known}",
                    file=f"issues/{self._issue.slug}/issue.md",
                    line=named.line,
                )
            return named.component
        return "lead" if section.key == "lead" else "briefs"

    def _brief(self, brief: Brief) -> BriefView:
        story = brief_id(brief)
        tokens = self._parsed(brief.text, story)
        picture: tuple[str, str, int | None] | None = None
        choices: tuple[tuple[str, str], ...] = ()
        question = tokens
        if self._part is Part.HTML:
            picture, tokens = markdown.opening_picture(tokens)
            choices, question = markdown.closing_choices(tokens)
        link = brief.link if brief.link and is_link(brief.link) else None
        return BriefView(
            headline=brief.headline,  # plain text, mostly a source's own: no token stands in it
            body=self._body(tokens),
            link=self._leading(link, story) if link else None,
            source=brief.source or (host(link) if link else None) or None,
            picture=PictureView(*picture) if picture else None,
            question=self._body(question) if choices else "",
            choices=tuple(ChoiceView(words, address) for words, address in choices),
        )
