"""Building a 20-brief issue, against jinja2, mjml and premailer run bare on the same input.

Ours also parses issue.md, guards attributes, lints, parks comments, squeezes, writes the text part
and hashes; the limit only fills the template, compiles it and inlines it as their manuals show.
"""

from __future__ import annotations

import logging
from pathlib import Path

import cssutils
from mjml import mjml_to_html
from premailer import Premailer

from benchmarks.bar import Bar, interleaved
from newsletter.config import Publication
from newsletter.domain.rendition import Part
from newsletter.issues.codec import parse
from newsletter.render import theme as themes
from newsletter.render.content import context
from newsletter.render.environment import environment
from newsletter.render.pipeline import Setting, render
from newsletter.render.tokens import Placeholders, merge_prefix

THEME = Path(__file__).parent.parent / "templates" / "digest"
SECRET = b"benchmark secret of 32 characters"
BASE = "https://news.example.com"
PUBLICATION = Publication.model_validate(
    {
        "name": "The Loupe",
        "website": "https://loupe.example.com",
        "from": {"name": "The Loupe", "email": "editor@example.com"},
        "postal_address": "12 Assay Row, New York",
    }
)
BRIEF = """
### Workshop number {number} opens its doors again after the summer

A house in Lyon brings eleven setters back under one roof and will train four apprentices a year,
with a second bench promised for the spring. *Nobody* expected it.

[Trade Wire](https://trade.example.com/story/{number})
"""
ISSUE = (
    "---\nsubject: Gold holds\npreheader: And more\ndate: 2026-11-27\n---\n\nGood morning.\n\n"
    "## Top story\n" + BRIEF.format(number=0) + "\n## The Latest\n"
    + "".join(BRIEF.format(number=number) for number in range(1, 20))
)  # fmt: skip


def bars() -> list[Bar]:
    cssutils.log.setLevel(logging.CRITICAL)
    issue = parse(ISSUE, slug="2026-11-27", file="issue.md").issue
    placeholders = Placeholders(merge_prefix(SECRET, issue.slug))
    filling = context(
        issue,
        part=Part.HTML,
        publication=PUBLICATION,
        base_url=BASE,
        theme=themes.load(THEME),
        placeholders=placeholders,
    )
    template = environment(THEME, escaping=True).get_template("issue.mjml.j2")

    setting = Setting(PUBLICATION, BASE, THEME, merge_prefix(SECRET, issue.slug))

    def ours() -> None:
        again = parse(ISSUE, slug="2026-11-27", file="issue.md").issue
        (rendition,) = render(again, setting)
        assert rendition.digest

    def limit() -> None:
        mjml = template.render(filling).replace(' inline="inline"', "")  # premailer does it
        html = mjml_to_html(mjml).html
        Premailer(html, allow_network=False, disable_validation=True).transform()

    ours()
    limit()
    mine, bare = interleaved(ours, limit, rounds=15)
    detail = f"{mine * 1000:.0f} ms against {bare * 1000:.0f} ms"
    return [Bar("build of 20 briefs ÷ jinja2 + mjml + premailer", mine / bare, 1.5, True, detail)]
