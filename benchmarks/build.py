"""Building and checking a 20-brief issue, against jinja2, mjml and premailer run bare on it.

Ours also parses issue.md, guards attributes, lints, parks comments, squeezes, writes the text part,
hashes, and holds the result against every check that needs no network; the limit only fills the
template, compiles it and inlines it as their manuals show.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import cssutils
from mjml import mjml_to_html
from premailer import Premailer

from benchmarks.bar import Bar, interleaved
from newsletter.config import Publication
from newsletter.domain.mailing import Mailbox, Message, Recipient
from newsletter.domain.rendition import Part
from newsletter.issues.codec import parse
from newsletter.providers.mime import MailForm
from newsletter.render import theme as themes
from newsletter.render.checks import check
from newsletter.render.content import Places, context
from newsletter.render.environment import environment
from newsletter.render.mjml import _compiled
from newsletter.render.pipeline import Setting, render
from newsletter.render.tokens import Placeholders, merge_prefix

if TYPE_CHECKING:
    from newsletter.domain.rendition import Rendition

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
SLUG = "2026-11-27"


def issue_of(briefs: int, *, first: int = 0) -> str:
    """issue.md with so many briefs; another `first` changes one of them."""
    numbers = [first, *range(1, briefs)]
    lead, *latest = [BRIEF.format(number=number) for number in numbers]
    return (
        "---\nsubject: Gold holds\npreheader: And more\ndate: 2026-11-27\n---\n\nGood morning.\n\n"
        f"## Top story\n{lead}\n## The Latest\n{''.join(latest)}"
    )


def forget() -> None:
    """Empty every cache of the rendering, as in a process that has just begun."""
    for name, module in list(sys.modules.items()):
        if name.startswith("newsletter.render"):
            for one in vars(module).values():
                if callable(getattr(one, "cache_clear", None)):
                    one.cache_clear()


def bars() -> list[Bar]:
    cssutils.log.setLevel(logging.CRITICAL)
    return [_against_the_libraries(), _linear(), _again(), _merge()]


def _setting() -> Setting:
    return Setting(PUBLICATION, Places(BASE), THEME, merge_prefix(SECRET, SLUG))


def _built(text: str) -> Rendition:
    issue = parse(text, slug=SLUG, file="issue.md").issue
    (rendition,) = render(issue, _setting())
    assert rendition.digest
    assert check(issue, (rendition,), publication=PUBLICATION)
    return rendition


def _against_the_libraries() -> Bar:
    text = issue_of(20)
    issue = parse(text, slug=SLUG, file="issue.md").issue
    placeholders = Placeholders(merge_prefix(SECRET, SLUG))
    filling = context(
        issue,
        part=Part.HTML,
        publication=PUBLICATION,
        places=Places(BASE),
        theme=themes.load(THEME),
        placeholders=placeholders,
    )
    template = environment(THEME, escaping=True).get_template("issue.mjml.j2")

    def ours() -> None:
        _compiled.cache_clear()  # as for another issue
        _built(text)

    def limit() -> None:
        mjml = template.render(filling).replace(' inline="inline"', "")  # premailer does it
        html = mjml_to_html(mjml).html
        Premailer(html, allow_network=False, disable_validation=True).transform()

    ours()
    limit()
    mine, bare = interleaved(ours, limit, rounds=15)
    detail = f"{mine * 1000:.0f} ms against {bare * 1000:.0f} ms"
    name = "build + checks of 20 briefs ÷ jinja2 + mjml + premailer"
    return Bar(name, mine / bare, 1.5, True, detail)


def _linear() -> Bar:
    """Ten times the briefs, ten times the work."""
    few, many = issue_of(20), issue_of(200)
    long, short = interleaved(lambda: _built(many), lambda: _built(few), rounds=5)
    detail = f"{long * 1000:.0f} ms against {short * 1000:.0f} ms"
    return Bar("200 briefs ÷ ten times 20 briefs", long / short / 10, 1.2, True, detail)


def _again() -> Bar:
    """One brief changed, in a process that has built the issue before: what a preview does."""
    changed = (issue_of(20, first=1_000 + number) for number in count())

    def first() -> None:
        forget()
        _built(issue_of(20))

    def again() -> None:
        _built(next(changed))

    first()
    mine, whole = interleaved(again, first, rounds=7)
    detail = f"{mine * 1000:.0f} ms against {whole * 1000:.0f} ms"
    return Bar("build + checks after one change ÷ the first", mine / whole, 0.3, True, detail)


def _merge() -> Bar:
    """One reader's mail from the finished message, against bytes joined by hand."""
    rendition = _built(issue_of(20))
    sender = Mailbox("editor@example.com", "The Loupe")
    message = Message(
        campaign="1",
        sender=sender,
        subject=rendition.subject,
        html=rendition.html,
        text=rendition.text,
        tokens=rendition.tokens,
        list_id="<weekly.example.com>",
    )
    url = f"{BASE}/u/{'a' * 32}"
    reader = Recipient("1", "reader@example.com", tuple(url for _ in rendition.tokens), url)
    form, date = MailForm(message), datetime(2026, 11, 27, 12, tzinfo=UTC)
    whole = form.filled(reader, attempt="0" * 32, date=date)
    headers, _, body = whole.partition(b"\r\nFrom: ")
    first, *rest = body.split(url.encode())
    said = headers.decode().split("\r\n")[0]

    def ours() -> None:
        for _ in range(1_000):
            form.filled(reader, attempt="0" * 32, date=date)

    def limit() -> None:
        for number in range(1_000):
            own = (
                f"{said}\r\nMessage-ID: <{number}@example.com>\r\nTo: {reader.address}\r\n"
                f"Subject: {message.subject}\r\nList-Unsubscribe: <{url}>\r\nFrom: "
            )
            value = url.encode()
            parts = [own.encode(), first]
            for piece in rest:
                parts += (value, piece)
            b"".join(parts)

    mine, bare = interleaved(ours, limit, rounds=7)
    detail = f"{1_000 / mine:,.0f} mails of {len(whole):,} bytes a second"
    return Bar("merge of one reader ÷ bytes joined by hand", bare / mine, 0.4, False, detail)
