"""What a page shows around its stories: navigation, boxes, adverts, comments, captions.

Removed from a tree in place. An element that holds the headline is never frame, whatever its names
say: sites call whole articles `newsletter-post` or `with-sidebar`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.gather.passages import UNSEEN, shown
from newsletter.gather.paste_words import LIST_HEADING, RELATED_HEADING, RELATED_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TAGS = frozenset(
    {"nav", "aside", "footer", "form", "dialog", "figcaption", "caption", "menu", "amp-ad",
     "amp-sidebar", "label", "input"}
)  # fmt: skip
_ROLES = frozenset(
    {"navigation", "banner", "complementary", "contentinfo", "search", "dialog", "alertdialog"}
)
# A part of a class or an id between hyphens and underscores.
_FRAME = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|navigation|navi|menu|breadcrumbs?|crumbs|footer|sidebar|side-?bar"
    r"|widget|share|sharing|share-?bar|sharedaddy|social|socialbar|related(?:posts|-posts)?"
    r"|recommend(?:ed|ations?)?|more-(?:news|from|stories)|see-also|read-?(?:more|next)|most-?read"
    r"|meistgelesen|lesen-sie-auch|a-lire|correlati|popular|most-popular|trending|promo"
    r"|advert\w*|ads?|ad-slot|adslot|sponsor(?:ed)?|newsletter|sign-?up|subscribe|subscription"
    r"|paywall|gate|barrier|consent|cookies?|onetrust|comments?|kommentare?|disqus|respond"
    r"|pagination|pager|tags|topics|toolbar|caption|photo-credit|pull-?quote|bookmark-card|popup"
    r"|modal|overlay|recent-posts|masthead|skip-link|visually-hidden|screen-reader-text|sr-only"
    r"|copyright|imprint|carousel|backlink|twitter-tweet|instagram-media|embed|video|video-title"
    r"|product-(?:box|card|list|widget))"
    r"(?:$|[-_\s])",
    re.IGNORECASE,
)
_BARRIER = re.compile(
    r".*\b(?:keep|continue|go on) reading\b.*|.*\b(?:story|article) is (?:only )?for (?:our )?"
    r"(?:members|subscribers)\b.*|.*\b(?:réservé|accessible)e?s? (?:qu’)?aux (?:seuls )?abonnés\b.*"
    r"|.*\bweiterlesen mit\b.*|.*\bnur für (?:abonnenten|mitglieder)\b.*|.*\bsolo para "
    r"(?:suscriptores|socios)\b.*|.*\briservato agli abbonati\b.*",
    re.IGNORECASE,
)
_OPENERS = (LIST_HEADING, RELATED_HEADING, _BARRIER)
_BODY = re.compile(
    r"(?:^|[-_\s])(?:entry|post|article|story|page|node|main|body|e|gh|rich|text|news)[-_]{0,2}"
    r"(?:content|body|text)(?:$|[-_\s])|articlebody|available-content",
    re.IGNORECASE,
)


def drop_unseen(tree: HtmlElement) -> None:
    """Remove what no reader sees: scripts, styles, hidden elements."""
    for element in list(tree.iter("*")):
        hidden = element.get("hidden") is not None or _HIDDEN.search(element.get("style") or "")
        if (element.tag in UNSEEN and element.tag != "button") or hidden:
            drop(element)


def drop_frame(tree: HtmlElement, headline: HtmlElement | None) -> None:
    """Remove the frame around the article below `headline`."""
    spared = set() if headline is None else {headline, *headline.iterancestors()}
    for element in list(tree.iter("*")):
        if element not in spared and is_frame(element):
            drop(element)
    for heading in list(_list_headings(tree)):
        _drop_box(heading, spared)


def is_frame(element: HtmlElement) -> bool:
    """Whether an element's tag, role or names say that it is no part of a story."""
    if element.tag in ("html", "body"):
        return False
    if element.tag in _TAGS or element.get("role") in _ROLES or element.tag == "button":
        return True
    names = names_of(element)
    return bool(names and _FRAME.search(names) and not _BODY.search(names))


def names_of(element: HtmlElement) -> str:
    """The class names and the id of an element, spaces between."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".strip()


def link_share(element: HtmlElement) -> float:
    """The share of an element's text that is links, from 0 to 1."""
    whole = len(shown(element.text_content()))
    linked = sum(len(shown(link.text_content())) for link in element.iter("a"))
    return min(linked / whole, 1.0) if whole else 0.0


def drop(element: HtmlElement) -> None:
    """Remove an element and everything in it; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    try:
        element.drop_tree()
    except ValueError:  # lxml reads control characters, but joins no text that holds one
        parent.text = _fit(parent.text)
        for node in parent:
            node.tail = _fit(node.tail)
        element.drop_tree()


def _fit(text: str | None) -> str | None:
    return text and _UNFIT.sub(" ", text)


def _list_headings(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Headings over lists of other stories, such as “Related”, and over offers to subscribe."""
    for element in tree.iter("h2", "h3", "h4", "h5", "h6", "p", "div", "b", "strong", "span"):
        if len(element) > 2:
            continue
        text = shown(element.text_content()).rstrip(" :»›")
        if 0 < len(text) <= 80 and any(words.fullmatch(text) for words in _OPENERS):
            yield element


def _drop_box(heading: HtmlElement, spared: set[HtmlElement]) -> None:
    """The box a heading opens: its parent, or where that holds more, what follows of links."""
    parent = heading.getparent()
    if parent is None:
        return
    barrier = _BARRIER.fullmatch(shown(heading.text_content()))
    in_box = parent not in spared and not _BODY.search(names_of(parent))
    if in_box and (barrier or _mostly_links(parent)):
        drop(parent)
        return
    for following in list(heading.itersiblings()):
        if following.tag not in ("ul", "ol", "div", "a", "br") or link_share(following) < 0.5:
            break
        drop(following)
    drop(heading)


def _mostly_links(element: HtmlElement) -> bool:
    """Whether a box holds no more prose than a list of teasers does."""
    prose = sum(1 for one in element.iter("p") if len(shown(one.text_content())) > 80)
    links = element.find(".//a") is not None
    return prose == 0 or link_share(element) > 0.3 or (not links and prose == 1)


def is_related_line(text: str) -> bool:
    """Whether a paragraph is “Read also: a headline”."""
    return bool(RELATED_LINE.fullmatch(text))
