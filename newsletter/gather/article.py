"""Which paragraphs of a page are its article.

trafilatura says where the article is; which characters it is made of, the page's own tree says.
So text stays exact, and what trafilatura leaves out inside an article is put back.
"""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from newsletter.gather.frame import is_related_line, link_share
from newsletter.gather.headline import is_about
from newsletter.gather.passages import passages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

    from newsletter.gather.passages import Passage

_LETTERS = re.compile(r"[\W_]+")
_MOST_OF_IT = 0.8
_PROSE = 60  # characters that no label or button has
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def article_passages(
    tree: HtmlElement, *, base: str, headline: str, told: Sequence[str] = ()
) -> tuple[Passage, ...]:
    """The article's paragraphs in a tree without its frame.

    What stands before the headline is left out, and so are the lines in `told`, which are kept
    elsewhere, and those about author and date.
    """
    found = passages(tree, base=base)
    place = next((at for at, one in enumerate(found) if one.lines[0] == headline), None)
    found = found if place is None else _one_article(found[place], found[place + 1 :])
    chosen = _chosen(tree, found)
    if not chosen:
        return ()
    scope = _scope([found[at] for at in chosen])
    first, last = chosen[0], chosen[-1]
    votes = set(chosen)
    inside = [
        one
        for at, one in enumerate(found)
        if at in votes or (_within(one.element, scope) and _goes_on(found, at, first, last))
    ]
    text = [one for one in inside if _is_text(one, {headline, *told})]
    # Some pages hold their article twice, once for phones.
    return _without_ends(list({_identity(one): one for one in reversed(text)}.values())[::-1])


def _one_article(headline: Passage, rest: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """What stands before the next headline of the same make: some pages go on with more stories."""
    tag, names = headline.element.tag, headline.element.get("class")
    ends = (
        at
        for at, one in enumerate(rest)
        if one.element.tag == tag
        and one.element.get("class") == names
        and one.text != headline.text
    )
    alike = tag == "h1" or (tag in _HEADINGS and names)
    return rest[: next(ends, len(rest))] if alike else rest


def _chosen(tree: HtmlElement, found: Sequence[Passage]) -> list[int]:
    """Where trafilatura's text stands among the passages; the densest place where it gives none."""
    import trafilatura  # noqa: PLC0415  # half a second that other commands need not wait for

    got: Any = trafilatura.bare_extraction(
        deepcopy(tree), include_comments=False, include_tables=True, with_metadata=False
    )
    body = _bare("".join(got.body.itertext())) if got is not None and got.body is not None else ""
    chosen = [at for at, one in enumerate(found) if (bare := _bare(one.text)) and bare in body]
    if sum(len(found[at].text) for at in chosen if len(found[at].text) >= _PROSE):
        return chosen
    return _densest(found)


def _densest(found: Sequence[Passage]) -> list[int]:
    """The passages of the element that holds most prose directly below it."""
    weight: Counter[HtmlElement] = Counter()
    for one in found:
        if link_share(one.element) < 0.5:
            for element in (one.element, *list(one.element.iterancestors())[:2]):
                weight[element] += len(one.text)
    if not weight:
        return []
    most = max(weight.values())
    best = next(one.element for one in found if max(
        weight[element] for element in (one.element, *list(one.element.iterancestors())[:2])
    ) == most)  # fmt: skip
    scope = max((best, *list(best.iterancestors())[:2]), key=lambda one: weight[one])
    return [at for at, one in enumerate(found) if _within(one.element, scope)]


def _scope(chosen: Sequence[Passage]) -> HtmlElement:
    """The innermost element that holds most of the chosen text."""
    held: Counter[HtmlElement] = Counter()
    for one in chosen:
        for element in (one.element, *one.element.iterancestors()):
            held[element] += len(one.text)
    whole = sum(len(one.text) for one in chosen)
    # Ancestors come after what they hold, so the last one that reaches the share is innermost.
    return min(
        (element for element, sum_ in held.items() if sum_ >= _MOST_OF_IT * whole),
        key=lambda element: (held[element], -sum(1 for _ in element.iterancestors())),
    )


def _goes_on(found: Sequence[Passage], at: int, first: int, last: int) -> bool:
    """Whether a passage nobody chose stands between chosen ones, or beside them like one."""
    if first <= at <= last:
        return True
    edge = found[first if at < first else last].element
    one = found[at]
    alike = one.element.tag == edge.tag and one.element.getparent() is edge.getparent()
    return (alike or one.element is edge) and len(one.text) >= _PROSE


def _is_text(one: Passage, told: set[str]) -> bool:
    if one.element.tag == "tr":
        return True
    text = one.text
    if text in told or is_related_line(text):
        return False
    if is_about(text):
        return False
    return len(text) >= _PROSE * 2 or not one.links or link_share(one.element) < 0.9


def _identity(one: Passage) -> object:
    return one.text if len(one.text) >= _PROSE else one.element


def _without_ends(chosen: list[Passage]) -> tuple[Passage, ...]:
    """A heading that nothing follows opens what was left out."""
    while chosen and chosen[-1].element.tag in _HEADINGS:
        chosen.pop()
    return tuple(chosen)


def _within(element: HtmlElement, scope: HtmlElement) -> bool:
    return element is scope or any(parent is scope for parent in element.iterancestors())


def _bare(text: str) -> str:
    return _LETTERS.sub("", text).casefold()
