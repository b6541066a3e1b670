"""What MJML may hold here: tags, where they stand, and their attributes.

PyPI mjml 0.12 validates nothing; each rule here stands for a crash or for output that is silently
wrong, unsafe or dead in Gmail and Outlook. Which attributes there are, the installed compiler says.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import TYPE_CHECKING

from mjml.core.registry import components, register_core_components

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CONTENT = frozenset(
    {
        "mj-text",
        "mj-button",
        "mj-image",
        "mj-divider",
        "mj-spacer",
        "mj-table",
        "mj-social",
        "mj-raw",
    }
)
_HEAD = frozenset(
    {"mj-title", "mj-preview", "mj-style", "mj-attributes", "mj-font", "mj-breakpoint", "mj-raw"}
)

# Which tags may stand in which; a tag that is no key holds HTML or nothing.
INSIDE: Mapping[str, frozenset[str]] = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": _HEAD,
    "mj-body": frozenset({"mj-wrapper", "mj-section", "mj-hero", "mj-raw"}),
    "mj-wrapper": frozenset({"mj-section", "mj-hero", "mj-raw"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-social": frozenset({"mj-social-element"}),
}
HTML_INSIDE = frozenset(
    {"mj-text", "mj-button", "mj-table", "mj-raw", "mj-social-element", "mj-preview"}
)
TEXT_INSIDE = frozenset({"mj-title", "mj-style"})
TAGS = frozenset(INSIDE) - {""} | HTML_INSIDE | TEXT_INSIDE | _CONTENT | _HEAD
_BODY = TAGS - _HEAD - {"mjml", "mj-head"}
DEFAULTS = TAGS | {"mj-all", "mj-class"}

_UNWELCOME = {
    "mj-include": "includes are refused because they read any file; use Jinja's {% include %}",
    "mj-navbar": "menus and carousels are dead in Gmail and Outlook; write plain links",
    "mj-carousel": "menus and carousels are dead in Gmail and Outlook; show one picture",
    "mj-accordion": "accordions are dead in Gmail and Outlook; write the text out",
}
_BUILT_IN_FONTS = {"open sans", "droid sans", "lato", "roboto", "ubuntu"}
_SHORT_COLOUR = re.compile(r"#[0-9a-f]{3}\Z", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-f]{6}\Z|[a-z]+\Z|rgba?\([\d.,%\s]+\)\Z", re.IGNORECASE)
# These hold an address or words; all others end up in CSS.
_WORDS = {"href", "src", "alt", "title", "name", "css-class", "mj-class", "background-url",
          "background-image", "srcset", "rel", "target", "lang", "dir", "path"}  # fmt: skip
_CSS_BREAKERS = re.compile(r"[;{}<>]|url\(|expression\(|/\*", re.IGNORECASE)


def wrong_tag(tag: str, parent: str) -> str | None:
    """What is wrong with a tag at its place, or None."""
    if tag in _UNWELCOME:
        return f"<{tag}>: {_UNWELCOME[tag]}"
    if tag not in DEFAULTS | {"mjml"}:
        return f"<{tag}> is not known here; known are {', '.join(sorted(TAGS))}"
    if parent == "mj-attributes":
        return None if tag in DEFAULTS else f"<{tag}> cannot have defaults"
    if tag not in INSIDE.get(parent, ()):
        place = f"inside <{parent}>" if parent else "outside of <mjml>"
        return f"<{tag}> must not stand {place}"
    return None


def wrong_attributes(tag: str, attributes: Mapping[str, str], *, default: bool) -> Iterator[str]:
    """Everything wrong with a tag's attributes; `default` inside mj-attributes."""
    for name, value in attributes.items():
        if wrong := _wrong_name(tag, name) or _wrong_value(name, value):
            yield f"<{tag} {name}>: {wrong}"
    if not default:
        yield from _wrong_combination(tag, attributes)


@cache
def supported() -> Mapping[str, frozenset[str]]:
    """The attributes of each tag, as the compiler declares them; it drops any other in silence."""
    register_core_components()
    declared = {
        tag: frozenset(found.allowed_attrs()) | frozenset(found.default_attrs())
        for tag, found in components.items()
    }
    body = {tag: declared[tag] | {"css-class", "mj-class"} for tag in _BODY}
    every = frozenset[str]().union(*body.values())
    return (
        declared
        | body
        | {
            "mjml": frozenset({"lang", "dir"}),
            "mj-all": every,
            "mj-class": every | {"name"},
        }
    )


def _wrong_name(tag: str, name: str) -> str | None:
    known = supported().get(tag)
    if known is None or name in known:
        return None
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]}?" if close else "remove it, or style it with a css-class"
    return f"is not an attribute it has; {remedy}"


def _wrong_value(name: str, value: str) -> str | None:
    if name == "inner-border":
        return "crashes the compiler; write inner-border-top, -right, -bottom and -left"
    if name.endswith("color"):
        if _SHORT_COLOUR.match(value):
            return f"Outlook needs all six digits; write #{''.join(2 * d for d in value[1:])}"
        if value and not _COLOUR.match(value):
            return "is no colour; write it as #rrggbb"
    elif name not in _WORDS and _CSS_BREAKERS.search(value):
        return "holds characters that would end the CSS it becomes part of; remove them"
    return None


def _wrong_combination(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    if tag == "mjml" and not attributes.get("lang"):
        yield '<mjml> has no lang; screen readers need it, as in lang="en"'
    if tag == "mj-image" and "alt" not in attributes:
        yield '<mj-image> has no alt; describe the picture, or write alt="" if it only decorates'
    if tag == "mj-hero" and not {"background-height", "background-width"} <= set(attributes):
        yield "<mj-hero> needs both background-height and background-width"
    if tag == "mj-font" and attributes.get("name", "").lower() in _BUILT_IN_FONTS:
        yield "<mj-font> names a font MJML has built in; name it in font-family only"
    network = attributes.get("name", "").removesuffix("-noshare")
    if tag == "mj-social-element" and network == "x" and not attributes.get("src"):
        yield '<mj-social-element name="x"> has no icon of its own; give it a src'
