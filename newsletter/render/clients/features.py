"""Which features of caniemail.com a piece of CSS or HTML needs.

A feature's name there (`css-border-radius`) mostly says which property it is about; the tables here
hold those where it does not.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from newsletter.render.clients.catalogue import feature_titles

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIDES = ("top", "right", "bottom", "left")
_PROPERTIES = {
    "css-left-right-top-bottom": _SIDES,
    "css-border": (
        *(f"border-{side}" for side in _SIDES),
        *(f"border-{part}" for part in ("width", "style", "color")),
        *(f"border-{side}-{part}" for side in _SIDES for part in ("width", "style", "color")),
    ),
    "css-border-radius": tuple(
        f"border-{up}-{across}-radius" for up in ("top", "bottom") for across in ("left", "right")
    ),
    "css-margin": tuple(f"margin-{side}" for side in _SIDES),
    "css-padding": tuple(f"padding-{side}" for side in _SIDES),
    "css-gap": ("row-gap", "column-gap"),
    "css-overflow": ("overflow-x", "overflow-y"),
    "css-animation": ("animation-name", "animation-duration"),
    "css-transition": ("transition-property", "transition-duration"),
    "css-grid-template": (
        "grid-template-areas", "grid-template-columns", "grid-template-rows",
    ),
    "css-column-layout-properties": (
        "columns", "column-fill", "column-rule", "column-span", "column-width",
    ),
    "css-block-inline-size": ("block-size",),
    "css-margin-inline-block": ("margin-inline", "margin-block"),
    "css-padding-inline-block": ("padding-inline", "padding-block"),
}  # fmt: skip
_VALUES = tuple(
    (slug, re.compile(pattern, re.IGNORECASE))
    for slug, pattern in {
        "css-linear-gradient": r"\blinear-gradient\(",
        "css-radial-gradient": r"\bradial-gradient\(",
        "css-conic-gradient": r"\bconic-gradient\(",
        "css-rgba": r"\brgba\(|\brgb\([^)]*/",
        "css-unit-calc": r"\bcalc\(",
        "css-function-clamp": r"\bclamp\(",
        "css-function-min": r"(?<![-\w])min\(",
        "css-function-max": r"(?<![-\w])max\(",
        "css-function-light-dark": r"\blight-dark\(",
        "css-modern-color": r"\b(?:ok)?(?:lch|lab)\(",
        "css-variables": r"\bvar\(",
        "css-intrinsic-size": r"\b(?:fit|min|max)-content\b",
    }.items()
)
_UNIT = re.compile(
    r"(?<![\w#.-])[-+]?[\d.]+(rem|ch|ex|vh|vw|vmin|vmax|cm|mm|in|pc)\b", re.IGNORECASE
)
_DISPLAYS = {
    "flex": "css-display-flex",
    "inline-flex": "css-display-flex",
    "grid": "css-display-grid",
    "inline-grid": "css-display-grid",
    "none": "css-display-none",
}
_NOT_A_PROPERTY = re.compile(
    r"css-(?:at|pseudo|selector|unit|function|display)-|css-(?:comments|important|nesting|variables"
    r"|modern-color|intrinsic-size|rgba?|inert-attribute|.*-gradient)\Z"
)
_MEDIA = (
    ("css-at-media-prefers-color-scheme", "prefers-color-scheme"),
    ("css-at-media-prefers-reduced-motion", "prefers-reduced-motion"),
    ("css-at-media-orientation", "orientation"),
    ("css-at-media-device-pixel-ratio", "device-pixel-ratio"),
    ("css-at-media-hover", "hover"),
)
_AT_RULES = {
    "font-face": "css-at-font-face",
    "import": "css-at-import",
    "keyframes": "css-at-keyframes",
    "-webkit-keyframes": "css-at-keyframes",
    "supports": "css-at-supports",
}
_PSEUDO = re.compile(r"(::?)([-a-z]+)(?:\([^()]*\))?", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\[[^\]]*\]")
_OLD_PSEUDO_ELEMENTS = {"before", "after", "first-letter", "first-line"}
_COMBINATORS = (
    ("css-selector-child", re.compile(r">")),
    ("css-selector-adjacent-sibling", re.compile(r"\+")),
    ("css-selector-general-sibling", re.compile(r"~")),
    ("css-selector-universal", re.compile(r"\*")),
    ("css-selector-chaining", re.compile(r"[.#][\w-]+[.#]")),
    ("css-selector-class", re.compile(r"\.")),
    ("css-selector-id", re.compile(r"#")),
    ("css-selector-descendant", re.compile(r"[\w\])*-]\s+[\w.#\[*]")),
)
_SEMANTIC = (
    "article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark",
    "nav", "section", "summary", "time",
)  # fmt: skip
_ELEMENTS = {
    **dict.fromkeys(_SEMANTIC, "html-semantics"),
    **dict.fromkeys(("ul", "ol", "dl"), "html-lists"),
    **{f"h{level}": "html-h1-h6" for level in range(1, 7)},
    "button": "html-button-submit",
}
# Taking these away would leave no page, or says nothing of how it looks.
_NEVER = {"html-body", "html-div", "html-doctype", "html-comments", "html-base", "html-width"}
_ATTRIBUTES = {
    "srcset": "html-srcset",
    "sizes": "html-srcset",
    "loading": "html-loading-attribute",
    "inert": "css-inert-attribute",
    **{
        name: f"html-{name}"
        for name in (
            "align", "aria-describedby", "aria-hidden", "aria-label", "aria-labelledby",
            "aria-live", "background", "cellpadding", "cellspacing", "dir", "height", "hidden",
            "lang", "popover", "required", "role", "target", "valign",
        )
    },
}  # fmt: skip
_PICTURE = re.compile(
    r"\.(apng|avif|bmp|gif|heif|ico|jpe?g|mp4|png|svg|tiff|webp)\Z", re.IGNORECASE
)


@cache
def _by_property() -> dict[str, str]:
    """Property → feature."""
    named = {slug[4:]: slug for slug in feature_titles() if _is_property(slug)}
    return named | {name: slug for slug, names in _PROPERTIES.items() for name in names}


def _is_property(slug: str) -> bool:
    return slug.startswith("css-") and not _NOT_A_PROPERTY.match(slug)


@lru_cache(maxsize=4_096)
def of_declaration(name: str, value: str) -> frozenset[str]:
    """The features a declaration needs."""
    if name.startswith("--"):
        return frozenset(("css-variables",))
    bare = re.sub(r"\A-(?:webkit|moz|ms)-", "", name)
    found = {_by_property()[bare]} if bare in _by_property() else set()
    if name == "display":
        found |= {_DISPLAYS[value]} if value in _DISPLAYS else set()
    found.update(slug for slug, pattern in _VALUES if pattern.search(value))
    found.update(f"css-unit-{unit.lower()}" for unit in _UNIT.findall(value))
    return frozenset(found)


@lru_cache(maxsize=1_024)
def of_selector(selector: str) -> frozenset[str]:
    """The features one selector of a list needs."""
    bare = _ATTRIBUTE.sub("", selector)
    found = {"css-selector-attribute"} if bare != selector else set()
    for colons, name in _PSEUDO.findall(bare):
        element = len(colons) == 2 or name in _OLD_PSEUDO_ELEMENTS
        found.add(f"css-pseudo-{'element' if element else 'class'}-{name.lower()}")
    bare = _PSEUDO.sub("", bare)
    found.update(slug for slug, pattern in _COMBINATORS if pattern.search(bare))
    return frozenset(found)


def of_at_rule(keyword: str, prelude: str) -> frozenset[str]:
    """The features an `@` rule needs by itself, whatever it holds."""
    if keyword == "media":
        found = {slug for slug, feature in _MEDIA if feature in prelude.lower()}
        return frozenset(found | {"css-at-media"})
    return frozenset({_AT_RULES[keyword]} if keyword in _AT_RULES else ())


@lru_cache(maxsize=256)
def of_element(tag: str, kind: str = "") -> str | None:
    """The feature an element is; `kind` is the type of an `input`."""
    slug = f"html-input-{kind or 'text'}" if tag == "input" else _ELEMENTS.get(tag, f"html-{tag}")
    return slug if slug in feature_titles() and slug not in _NEVER else None


def of_attributes(names: Iterator[str]) -> Iterator[tuple[str, str]]:
    """(attribute, feature) of those that are one."""
    for name in names:
        if name in _ATTRIBUTES:
            yield name, _ATTRIBUTES[name]


def of_picture(address: str) -> str | None:
    """The feature a picture's format is, by its name."""
    if address.startswith("data:"):
        return "image-base64"
    ending = _PICTURE.search(re.split(r"[?#]", address, maxsplit=1)[0])
    return f"image-{ending[1].lower().replace('jpeg', 'jpg')}" if ending else None
