"""Which words of a page stand in which colour on which ground, in light and in dark. Pure.

Inlined mail needs little of the cascade: style attributes, `bgcolor`, and the rules of the style
elements that hold on any screen, or in the scheme asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import cssselect
from lxml import etree

from newsletter.render.colours import BLACK, WHITE, Colour, colour, over
from newsletter.render.stylesheet import Declaration, StyleRule, declarations, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAINTING = {
    "color", "background", "background-color", "background-image", "display", "visibility",
    "font-size", "font-weight", "opacity", "max-height",
}  # fmt: skip
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark", re.IGNORECASE)
_ANY_SCREEN = re.compile(r"@media\s+(?:only\s+)?(?:all|screen)\s*\Z", re.IGNORECASE)
_SCHEME_ALONE = re.compile(
    r"@media\s+(?:(?:only\s+)?(?:all|screen)\s+and\s+)?\(\s*prefers-color-scheme\s*:\s*(dark|light)"
    r"\s*\)\s*\Z",
    re.IGNORECASE,
)
_SIZE = re.compile(r"([\d.]+)(px|pt|em|rem|%)\Z")
_COLOUR_WORD = re.compile(r"#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([^)]*\)|[a-z]+", re.IGNORECASE)
_UNPAINTED = {"head", "style", "script", "title"}
_BOLD = {"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
_LINK_BLUE = Colour(0.0, 0.0, 238 / 255)
_NIGHT = Colour(18 / 255, 18 / 255, 18 / 255)

_CLASS = re.compile(r"\.([A-Za-z_][\w-]*)")

_Weighed: TypeAlias = tuple[tuple[int, ...], Declaration]
_Matched: TypeAlias = "dict[etree._Element, list[_Weighed]]"  # noqa: SLF001 - lxml's own name


@dataclass(frozen=True, slots=True)
class Words:
    """Words as they are seen; `large` as WCAG means it (18 points, or 14 bold)."""

    text: str
    ink: Colour
    ground: Colour
    large: bool
    line: int


class _Paint(NamedTuple):
    """What an element hands down. `ground` is None where a picture is behind it."""

    ink: Colour
    ground: Colour | None
    size: float = 16.0
    bold: bool = False


class _Change(NamedTuple):
    """What a style makes of what was handed down; None leaves it. `picture` hides the ground."""

    hidden: bool
    ink: tuple[Colour, float] | None
    ground: tuple[Colour, float] | None
    picture: bool
    size: tuple[float, str] | None
    bold: bool | None


def has_dark_rules(styles: Sequence[str]) -> bool:
    """Whether a page says how it looks in the dark."""
    return any(_DARK.search(style) for style in styles)


def painted(root: etree._Element, styles: Sequence[str], *, dark: bool) -> Iterator[Words]:
    """Every piece of text that is seen, in reading order of its elements."""
    matched = _matched(root, styles, dark=dark)
    canvas = _Paint(WHITE, _NIGHT) if dark else _Paint(BLACK, WHITE)
    waiting: list[tuple[etree._Element, _Paint]] = [(root, canvas)]
    while waiting:
        element, around = waiting.pop()
        if element.tag in _UNPAINTED:
            continue
        change = _change(_style(element, matched))
        if change.hidden:
            continue
        paint = _changed(element, around, change)
        line = element.sourceline or 0
        if paint.ground is not None:
            texts = (element.text, *(child.tail for child in element))
            yield from _words(texts, paint, paint.ground, line)
        waiting.extend((child, paint) for child in reversed(element) if isinstance(child.tag, str))


def _words(
    texts: tuple[str | None, ...], paint: _Paint, ground: Colour, line: int
) -> Iterator[Words]:
    for text in texts:
        if text and any(map(str.isalnum, text)):
            large = paint.size >= 24 or (paint.bold and paint.size >= 18.66)
            yield Words(text, paint.ink, ground, large, line)


def _changed(element: etree._Element, around: _Paint, change: _Change) -> _Paint:
    ink, ground, size, bold = around
    if element.tag == "a" and element.get("href"):
        ink = _LINK_BLUE
    elif element.tag in _BOLD:
        bold = True
    if change.ground is not None:
        ground = over(*change.ground, ground or WHITE)
    elif change.picture:
        ground = None
    if change.ink is not None:
        ink = over(*change.ink, ground or WHITE)
    if change.size is not None:
        size = change.size[0] * _size_of(change.size[1], around.size)
    return _Paint(ink, ground, size, bold if change.bold is None else change.bold)


def _size_of(unit: str, around: float) -> float:
    """A unit of `font-size` in pixels."""
    return {"px": 1.0, "pt": 4 / 3, "rem": 16.0, "em": around, "%": around / 100}[unit]


_Style: TypeAlias = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1_024)
def _change(style: _Style) -> _Change:
    told = dict(style)
    size = _SIZE.match(told.get("font-size", ""))
    weight = told.get("font-weight")
    behind = f"{told.get('background', '')} {told.get('background-image', '')}"
    ground = told.get("background-color") or told.get("background") or told.get("bgcolor", "")
    return _Change(
        hidden=_is_hidden(told),
        ink=colour(told["color"]) if "color" in told else None,
        ground=next(
            (found for word in _COLOUR_WORD.findall(ground) if (found := colour(word))), None
        ),
        # Until it is loaded, the colour stands in for it.
        picture="url(" in behind or "gradient(" in behind,
        size=(float(size[1]), size[2]) if size else None,
        bold=None if weight is None else _is_bold(weight),
    )


def _is_bold(weight: str) -> bool:
    return weight in {"bold", "bolder"} or (weight.isdigit() and int(weight) >= 700)


def _is_hidden(told: dict[str, str]) -> bool:
    return (
        told.get("display") == "none"
        or told.get("visibility") == "hidden"
        or told.get("opacity") in {"0", "0.0"}
        or told.get("max-height") in {"0", "0px"}
        or told.get("font-size") == "1px"
    )


def _style(element: etree._Element, matched: _Matched) -> _Style:
    """The painting declarations that hold, later and stronger ones over the others."""
    own, ground = element.get("style"), element.get("bgcolor")
    others = matched.get(element)
    if not others:
        inline = _inline(own) if own else ()
        return (("bgcolor", ground), *inline) if ground else inline
    found = [*others, *(((one.important, 1), one) for one in declarations(own or ""))]
    ordered = (one for _, one in sorted(found, key=lambda weighed: weighed[0]))
    return (("bgcolor", ground or ""), *_set(ordered))


@lru_cache(maxsize=2_048)
def _inline(text: str) -> _Style:
    return _set(sorted(declarations(text), key=lambda one: one.important))


def _set(ordered: Iterable[Declaration]) -> _Style:
    """The last of each name; `background` sets the colour and the picture too."""
    style: dict[str, str] = {}
    for one in ordered:
        if one.name == "background":
            style |= {"background-color": "", "background-image": ""}
        if one.name in _PAINTING:
            style[one.name] = one.value.lower()
    return tuple(style.items())


def _matched(root: etree._Element, styles: Sequence[str], *, dark: bool) -> _Matched:
    """Element → (weight, declaration) from the style elements."""
    matched: _Matched = defaultdict(list)
    classes = {name for held in root.xpath("//@class") for name in held.split()}
    for order, rule in enumerate(rule for style in styles for rule in rules(style)):
        if not _holds(rule, dark=dark):
            continue
        for selector in rule.selectors:
            # Asking for what is not there costs as much as asking for what is.
            if "[data-ogs" in selector or not classes.issuperset(_CLASS.findall(selector)):
                continue
            for xpath, weight in _compiled(selector):
                for element in xpath(root):
                    matched[element] += [
                        ((one.important, 0, *weight, order), one) for one in rule.declarations
                    ]
    return matched


def _holds(rule: StyleRule, *, dark: bool) -> bool:
    if not any(one.name in _PAINTING for one in rule.declarations):
        return False
    for condition in rule.conditions:
        scheme = _SCHEME_ALONE.match(condition)
        if scheme is None and not _ANY_SCREEN.match(condition):
            return False
        if scheme is not None and (scheme[1].lower() == "dark") != dark:
            return False
    return True


@lru_cache(maxsize=512)
def _compiled(selector: str) -> tuple[tuple[etree.XPath, tuple[int, int, int]], ...]:
    """Selectors as XPath with their specificity; none for what only a mail program knows."""
    translator = cssselect.HTMLTranslator()
    try:
        return tuple(
            (etree.XPath(translator.selector_to_xpath(one)), one.specificity())
            for one in cssselect.parse(selector)
        )
    except (cssselect.SelectorError, etree.XPathError):
        return ()
