"""Dated notes on what was corrected, and an archived page with them. Pure."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from newsletter.domain.correction import CorrectionKind
from newsletter.render.content import day_in_words
from newsletter.render.links import tagged
from newsletter.render.markdown import parse, to_html
from newsletter.render.tokens import sample

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from newsletter.domain.correction import Correction
    from newsletter.render.pages.words import Words

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_WIDTH = 560
_LOOKS = (
    "margin:0 auto 16px;max-width:600px;padding:12px 20px;background:#fff8e1;color:#1d1b18;"
    "border-left:4px solid #8a5300;font:16px/1.5 Georgia,serif"
)


def link_note(said: Words, day: date, after: str) -> str:
    """That a link leads elsewhere now, on that day, as HTML."""
    link = f'<a href="{escape(after)}" style="color:#5b2c0d">{escape(after)}</a>'
    words = escape(said.say("correction_link", after="\0")).replace("\0", link)
    return f"<p>{_dated(said, day)} {words}</p>"


def item_note(said: Words, day: date, headline: str, text: str) -> str:
    """What was wrong in an item, and the Markdown that puts it right, as HTML."""
    words = escape(said.say("correction_item", headline=headline))
    return f"<p>{_dated(said, day)} {words}</p>{to_html(parse(text), sample, _WIDTH)}"


def amended(page: str, corrections: Iterable[Correction]) -> str:
    """An archived page as corrected: links lead where they should, and notes say what was wrong,
    the newest first.
    """
    notes = []
    for one in corrections:
        if one.kind is CorrectionKind.LINK:
            page = page.replace(_href(one.before), _href(one.after))
        notes.append(f'<div role="note" style="{_LOOKS}">{one.note}</div>')
    body = _BODY.search(page)
    if not notes or body is None:
        return page
    return page[: body.end()] + "".join(reversed(notes)) + page[body.end() :]


def links_to(page: str, url: str) -> bool:
    """Whether an archived page links to an address, campaign words aside."""
    return _href(url) in page


def bare(url: str) -> str:
    """An address without campaign words, anybody's: as the archive links it."""
    return tagged(url, None, "")


def _href(url: str) -> str:
    return f'href="{escape(bare(url))}"'


def _dated(said: Words, day: date) -> str:
    title = escape(said.say("correction_title"))
    return f"<strong>{title}, {escape(day_in_words(day, said.language))}.</strong>"
