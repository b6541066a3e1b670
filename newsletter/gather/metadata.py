"""What a page states about its article in fields of its own: JSON-LD, meta elements, microdata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.gather import json_ld
from newsletter.gather.passages import html_text, shown
from newsletter.gather.text import one_line, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml.html import HtmlElement

_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "pubdate",
    "publish-date", "publish_date", "publishdate", "parsely-pub-date", "sailthru.date",
    "dc.date.issued", "dc.date", "dcterms.created", "dcterms.date", "pdate", "article.published",
    "cxenseparse:recs:publishtime", "datecreated",
)  # fmt: skip
_AUTHORS = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl")
_DEKS = ("og:description", "description", "twitter:description", "dc.description")
_TITLES = ("og:title", "twitter:title", "dc.title", "headline")
_BY = re.compile(r"(?:by|von|par|por|di|door|af)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """The fields as they stand there, "" where there is none; addresses are absolute.

    `titles` are all that name the page, the likeliest first; some hold the site's name, too.
    `body` is the article's text as paragraphs, from JSON-LD.
    """

    titles: tuple[str, ...] = ()
    dek: str = ""
    author: str = ""
    published: str = ""
    language: str = ""
    image: str | None = None
    categories: tuple[str, ...] = ()
    address: str | None = None
    body: str = ""


def stated(tree: HtmlElement, *, base: str) -> Stated:
    """Everything the page states. Its language is that of `html`, else of the article's node."""
    article = json_ld.article_node(tree)
    meta = _meta(tree)
    title = tree.find(".//title")
    named = (
        json_ld.string(article, "headline", "name"),
        *(meta.get(name, "") for name in _TITLES),
        "" if title is None else title.text_content(),
    )
    return Stated(
        titles=tuple(dict.fromkeys(line for one in named if (line := one_line(shown(one))))),
        dek=_words(json_ld.string(article, "description")) or _first(meta, *_DEKS),
        author=", ".join(map(shown, json_ld.person_names(article))) or _author(meta),
        published=json_ld.string(article, "datePublished", "dateCreated") or _first(meta, *_DATES),
        language=tree.get("lang")
        or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
        or json_ld.string(article, "inLanguage")
        or _first(meta, "content-language", "og:locale", "language"),
        image=web_address(
            _first(meta, "og:image", "og:image:url", "twitter:image", "image")
            or json_ld.string(article, "image", "thumbnailUrl"),
            base=base,
        ),
        categories=(*_texts(article, "articleSection"), *_all_meta(tree, "article:section")),
        address=_address(tree, meta, base),
        body=_body(article),
    )


def _meta(tree: HtmlElement) -> dict[str, str]:
    """First values by name, whatever attribute names them; microdata counts as well."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        value = shown(element.get("content") or "")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if value and (name := element.get(attribute)):
                found.setdefault(name.strip().lower(), value)
    for name, value in _microdata(tree):
        found.setdefault(name, value)
    return found


def _microdata(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Visible elements that say what they are (schema.org as microdata)."""
    for name in ("headline", "author", "datePublished", "description"):
        for element in tree.iterfind(f'.//*[@itemprop="{name}"]'):
            if element.tag == "meta":
                continue
            inner = element.find('.//*[@itemprop="name"]')
            text = shown((element if inner is None else inner).text_content())
            value = element.get("datetime") or element.get("content") or text
            if value and len(value) < 500:
                yield name.lower(), value


def _all_meta(tree: HtmlElement, name: str) -> tuple[str, ...]:
    return tuple(
        shown(one.get("content") or "") for one in tree.iterfind(f'.//meta[@property="{name}"]')
    )


def _first(meta: Mapping[str, str], *names: str) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")


def _author(meta: Mapping[str, str]) -> str:
    """A name; some sites put an address there."""
    names = (meta.get(name, "") for name in _AUTHORS)
    return next((_BY.sub("", name, count=1) for name in names if name and "://" not in name), "")


def _address(tree: HtmlElement, meta: Mapping[str, str], base: str) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            return web_address(link.get("href"), base=base)
    return web_address(meta.get("og:url"), base=base)


def _texts(node: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = node.get(name)
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str))


def _words(text: str) -> str:
    """Some sites put markup into a field for plain text."""
    return one_line(html_text(text)[0]) if "<" in text or "&" in text else one_line(text)


def _body(article: Mapping[str, Any]) -> str:
    text = json_ld.string(article, "articleBody", "text")[:200_000]
    if re.search(r"</?(?:p|div|br|span|a|b|i|em|strong)\b", text):
        return html_text(text)[0]
    return "\n\n".join(line for part in text.split("\n") if (line := shown(part)))
