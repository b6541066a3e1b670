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

from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part, Rendition
from newsletter.errors import RenderError
from newsletter.render import theme as themes
from newsletter.render.characters import one_line, printable, printable_issue
from newsletter.render.content import context
from newsletter.render.environment import environment, fill
from newsletter.render.inline import inline
from newsletter.render.mjml import compile_mjml
from newsletter.render.mjml_guard import MjmlMistake
from newsletter.render.squeeze import squeeze
from newsletter.render.tokens import Placeholders, merge_prefix, sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.config import Publication
    from newsletter.domain.issue import Issue
    from newsletter.render.theme import Theme

EVERYBODY = "all"


def render(
    issue: Issue, *, publication: Publication, base_url: str, theme: Path, secret: bytes
) -> tuple[Rendition, ...]:
    """One rendition a version; today one, for all. Same input, same bytes.

    `theme` is the theme's folder, `secret` the workspace's. Raises RenderError with file and line.
    """
    issue = printable_issue(issue)
    design = themes.load(theme)
    placeholders = Placeholders(merge_prefix(secret, issue.slug))
    placeholders.refuse_in(_written(issue))
    contexts = {
        part: context(
            issue,
            part=part,
            publication=publication,
            base_url=base_url,
            theme=design,
            placeholders=placeholders,
        )
        for part in (Part.HTML, Part.TEXT)
    }
    subject = one_line(placeholders.fill(issue.subject, Part.SUBJECT))
    mjml = fill(environment(theme, escaping=True), "issue.mjml.j2", contexts[Part.HTML])
    html = _html(mjml, issue.slug, design)
    text = _text(fill(environment(theme, escaping=False), "issue.txt.j2", contexts[Part.TEXT]))
    return (
        Rendition(
            version=EVERYBODY,
            subject=subject,
            preheader=sample(issue.preheader),
            html=html,
            text=text,
            tokens=placeholders.used_in({Part.HTML: html, Part.TEXT: text, Part.SUBJECT: subject}),
            mjml=mjml,
        ),
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
    yield from (issue.subject, issue.preheader, issue.intro)
    for section in issue.sections:
        yield from (section.title, section.intro)
        for brief in section.briefs:
            yield from (brief.headline, brief.text, brief.link or "", brief.source or "")
