"""A web page as one item: its main text without navigation, adverts and footers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import lxml.etree
import lxml.html

from newsletter.domain.item import Dated, Item, ItemKind, item_id
from newsletter.errors import GatherError
from newsletter.gather.article import article_passages
from newsletter.gather.canonical import canonical_url, is_number, same_site
from newsletter.gather.charset import decoded
from newsletter.gather.dates import address_day, feed_moment, written_date
from newsletter.gather.entry import categories, language_tag, safe_image
from newsletter.gather.frame import drop_frame, drop_unseen
from newsletter.gather.headline import Around, around, find_headline
from newsletter.gather.language import guessed_language
from newsletter.gather.metadata import Stated, stated
from newsletter.gather.passages import passages
from newsletter.gather.text import joined, visible, web_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lxml.html import HtmlElement

    from newsletter.domain.item import Link
    from newsletter.gather.passages import Passage

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_LONGEST_DEK = 600
_DATELINE = 80


def read_page(
    content: bytes, *, url: str, source: str, charset: str | None = None
) -> tuple[Item, ...]:
    """The article of an HTML page: title, dek, author, date, paragraphs and links.

    `charset` is what the server said, if it did; else the page itself tells. A page that shows less
    of its article than it states in JSON-LD is read from there. Raises GatherError naming the
    source where no text can be told from the page's frame.
    """
    tree = page_tree(decoded(content, charset=charset))
    item = _item(tree, url, source) if tree is not None else None
    if item is None:
        raise GatherError(f"{source}: the page holds no article; check the address, or paste it")
    return (item,)


def page_tree(html: str) -> HtmlElement | None:
    """The tree of a page without its comments; None where there is nothing to parse."""
    # libxml2 refuses text that declares an encoding, which text no longer has.
    html = _DECLARATION.sub("", visible(html))
    parser = lxml.html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(html, parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError, ValueError):
        return None


def page_base(tree: HtmlElement, url: str) -> str:
    """What relative links of a page are read from: its `base` element, else its address."""
    base = tree.find(".//base[@href]")
    return (web_address(base.get("href"), base=url) if base is not None else None) or url


def _item(tree: HtmlElement, url: str, source: str) -> Item | None:
    base = page_base(tree, url)
    fields = stated(tree, base=base)
    drop_unseen(tree)
    seen = passages(tree, base=base)
    title, place = find_headline(seen, fields.titles)
    near = around(seen, place)
    drop_frame(tree, seen[place].element if place is not None else None)
    body = article_passages(tree, base=base, headline=title, told=(fields.dek, *near.lines))
    text, links = _fuller(body, fields.body)
    if not text:
        return None
    link = _own_address(fields.address, url)
    title = title or text.split("\n\n", 1)[0]
    published, dated = _published(fields, near, link, text)
    return Item(
        id=item_id(source=source, url=link, title=title, text=text),
        kind=ItemKind.ARTICLE,
        source=source,
        title=title,
        dek=_dek(fields.dek or near.dek, title, text),
        text=text,
        url=link,
        author=(fields.author or near.author)[:200] or None,
        published=published,
        dated=dated,
        language=language_tag(fields.language) or guessed_language(text),
        image=safe_image(fields.image),
        categories=categories(fields.categories),
        links=links,
    )


def _fuller(body: Sequence[Passage], stated_body: str) -> tuple[str, tuple[Link, ...]]:
    """The text shown, unless the page states a good deal more than it shows."""
    text = joined(passage.text for passage in body)
    if len(stated_body) > 1.3 * len(text):
        return stated_body, ()
    return text, tuple(dict.fromkeys(link for passage in body for link in passage.links))


def _own_address(said: str | None, url: str) -> str | None:
    """What the page says its address is, believed only of the site it came from, or of one that
    has no name, as a copy on the desk's own network.
    """
    own = web_address(url)
    link = said if said and (own is None or same_site(said, own) or is_number(own)) else own
    return canonical_url(link) if link else None


def _published(
    fields: Stated, near: Around, link: str | None, text: str
) -> tuple[datetime | None, Dated | None]:
    """The moment, and how it is known, by how far each place is to be trusted."""
    if moment := feed_moment(fields.published):
        return moment, Dated.STATED
    if near.moment:
        return near.moment, Dated.STATED if near.for_machines else Dated.WRITTEN
    if day := address_day(link or ""):
        return day, Dated.ADDRESS
    if day := written_date(text[:_DATELINE]):
        return day, Dated.WRITTEN
    return None, None


def _dek(dek: str, title: str, text: str) -> str:
    """Nothing where it only repeats the title or the beginning of the text."""
    beginning = dek.rstrip(" .…[]")
    repeats = dek == title or text.startswith(beginning)
    return "" if repeats or len(dek) > _LONGEST_DEK else dek
