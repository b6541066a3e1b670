"""From an issue and a theme to the bytes that are approved and sent.

1. Clean       control characters go first: some cut a mail short, some end a parser's input.
2. Tokens      content that holds our token prefix is refused before any placeholder exists.
3. Jinja2      autoescaped and strict, with placeholders that look like plain words: every later
               parser would mangle real template syntax.
4. Guard       PyPI mjml neither validates nor keeps attributes escaped (mjml_guard).
5. Compile     under a lock, with the random generator seeded by the slug: reproducible ids.
6. Mend        the doctype, before premailer looks for it; the preheader's colour.
7. Inline      the theme's own CSS only, with conditional comments parked (inline).
8. Squeeze     last, so that checks and the digest see the final bytes.
9. Text        from its own template, so that both parts say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part, PlacedBrief, Rendition
from newsletter.domain.version import seen_by, tried, versions
from newsletter.errors import RenderError
from newsletter.render import theme as themes
from newsletter.render.characters import one_line, printable, printable_issue
from newsletter.render.content import Places, context
from newsletter.render.environment import environment, fill
from newsletter.render.inline import inline
from newsletter.render.links import brief_id
from newsletter.render.mjml import compile_mjml
from newsletter.render.mjml_guard import MjmlMistake
from newsletter.render.placed_links import placed_links
from newsletter.render.squeeze import squeeze
from newsletter.render.tokens import Nobody, Placeholders, sample
from newsletter.render.trap import with_trap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.config import Design, Publication
    from newsletter.domain.issue import Issue
    from newsletter.domain.version import Version
    from newsletter.render.theme import Theme


@dataclass(frozen=True, slots=True)
class Setting:
    """What renders an issue beside its own words. `theme` is the theme's folder, `prefix` what its
    merge tokens begin with (`tokens.merge_prefix`), `design` the publication's own design values.
    """

    publication: Publication
    places: Places
    theme: Path
    prefix: str
    design: Design | None = None


def render(issue: Issue, setting: Setting) -> tuple[Rendition, ...]:
    """One rendition a version of the issue and subject on trial. Same input, same bytes.

    Raises RenderError with file and line.
    """
    issue = printable_issue(issue)
    Placeholders(setting.prefix).refuse_in(_written(issue))
    design = themes.load(setting.theme, setting.design)
    return tuple(
        _rendition(one, setting, design) for version in versions(issue) for one in tried(version)
    )


def render_page(issue: Issue, setting: Setting) -> str:
    """The issue as a web page: what readers in none of its segments see, with no token in it.

    Links carry no campaign words, and nothing of it leads to one reader's subscription.
    """
    issue = seen_by(printable_issue(issue), frozenset())
    places = replace(setting.places, web_version="", tagging=None, redirect="")
    public = replace(setting, places=places)
    design = themes.load(setting.theme, setting.design)
    return _html(_mjml(issue, public, design, Nobody()), issue.slug, design)


def _rendition(version: Version, setting: Setting, design: Theme) -> Rendition:
    issue, placeholders = version.issue, Placeholders(setting.prefix)
    subject = one_line(placeholders.fill(issue.subject, Part.SUBJECT))
    mjml = _mjml(issue, setting, design, placeholders)
    page = _html(mjml, issue.slug, design)
    html = with_trap(page, setting.places.trap)
    plain = environment(setting.theme, escaping=False)
    words = _context(issue, Part.TEXT, setting, design, placeholders)
    text = _text(fill(plain, "issue.txt.j2", words))
    return Rendition(
        version=version.key,
        subject=subject,
        preheader=sample(issue.preheader),
        html=html,
        text=text,
        tokens=placeholders.used_in({Part.HTML: html, Part.TEXT: text, Part.SUBJECT: subject}),
        mjml=mjml,
        links=placed_links(
            page,
            issue,
            setting.places.tagging,
            prefix=setting.prefix,
            redirect=setting.places.redirect,
        ),
        briefs=tuple(
            PlacedBrief(section.key, brief_id(brief), brief.headline)
            for section in issue.sections
            for brief in section.briefs
        ),
    )


def _mjml(issue: Issue, setting: Setting, design: Theme, placeholders: Placeholders) -> str:
    words = _context(issue, Part.HTML, setting, design, placeholders)
    return fill(environment(setting.theme, escaping=True), "issue.mjml.j2", words)


def _context(
    issue: Issue, part: Part, setting: Setting, design: Theme, placeholders: Placeholders
) -> dict[str, object]:
    return context(
        issue,
        part=part,
        publication=setting.publication,
        places=setting.places,
        theme=design,
        placeholders=placeholders,
    )


def _html(mjml: str, seed: str, theme: Theme) -> str:
    try:
        html, css = compile_mjml(mjml, seed=seed, ink=theme.ink)
    except MjmlMistake as mistake:
        file, line = theme.where(mistake.snippet) or (f"{theme.folder.name}/issue.mjml.j2", None)
        raise RenderError(mistake.message, file=file, line=line) from None
    return printable(squeeze(inline(html, css)))


def _text(filled: str) -> str:
    """No trailing blanks, never two blank lines running, one newline at the end."""
    lines: list[str] = []
    for line in printable(filled).split("\n"):
        kept = line.rstrip()
        if kept or (lines and lines[-1]):
            lines.append(kept)
    return "\n".join(lines).strip("\n") + "\n"


def _written(issue: Issue) -> Iterator[str]:
    """Every text of the issue."""
    yield from (issue.subject, *issue.subjects, issue.preheader, issue.intro)
    for section in issue.sections:
        yield from (section.title, section.intro)
        for brief in section.briefs:
            yield from (brief.headline, brief.text, brief.link or "", brief.source or "")
