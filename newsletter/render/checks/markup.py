"""The finished HTML: how large, nothing active, CSS that mail programs keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.render.checks.page import read_page
from newsletter.render.checks.rules import HTML, CheckedVersion, error, warning
from newsletter.render.stylesheet import at_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.render.checks.page import Element, Page

# Gmail cuts at 102 KB and hides the unsubscribe link with the rest.
HTML_LIMIT = 100_000
HTML_NEAR = 90_000
# Gmail drops style elements beyond about 16 KB in all.
CSS_LIMIT = 16_000
# A rewritten link as SendGrid's click tracking makes it: host and reader are 350 characters or
# so, and the address itself comes back encoded, a third longer.
REWRITTEN = 350

HTML_SIZE = error(
    "html-size",
    f"The HTML, its links rewritten for click tracking, is larger than {HTML_LIMIT:,} bytes; Gmail "
    "cuts it, the unsubscribe link included.",
    "Move briefs to another issue, or shorten them.",
)
HTML_SIZE_NEAR = warning(
    "html-size-near",
    f"The HTML, its links rewritten for click tracking, is larger than {HTML_NEAR:,} bytes, close "
    "to where Gmail cuts.",
    "Shorten the issue a little.",
)
CSS_SIZE = error(
    "css-size",
    f"The style elements hold more than {CSS_LIMIT:,} bytes; Gmail drops what is beyond.",
    "Shorten the theme's mj-style and mj-raw.",
)
STYLE_NESTED_AT = warning(
    "style-nested-at",
    "A style element has an @ rule inside another; Gmail drops the whole element.",
    "Write the two rules side by side in the theme.",
)
ACTIVE_CONTENT = error(
    "active-content",
    "The HTML holds something that runs, submits or loads; mail programs block such mail.",
    "Remove it from the theme.",
    safety=True,
)
RULES = (HTML_SIZE, HTML_SIZE_NEAR, CSS_SIZE, STYLE_NESTED_AT, ACTIVE_CONTENT)

_ACTIVE = {
    "script", "iframe", "frame", "form", "input", "button", "textarea", "select", "object", "embed",
    "applet", "base", "link", "audio", "video", "svg", "math",
}  # fmt: skip
_WORDS = {"alt", "title", "content", "aria-label", "summary"}
_ACTIVE_SCHEME = re.compile(r"(?:javascript|vbscript|data|file|blob):", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20]+")
_REMOTE_CSS = re.compile(r"@import|expression\s*\(|-moz-binding|behavior\s*:", re.IGNORECASE)


def check_size(version: CheckedVersion) -> Iterator[Finding]:
    """Below what Gmail shows whole (A105)."""
    bare, size = sizes(version.rendition.html, version.page)
    rule = HTML_SIZE if size > HTML_LIMIT else HTML_SIZE_NEAR if size > HTML_NEAR else None
    if rule:
        yield rule.broken(HTML, f"the HTML has {bare:,} bytes, {size:,} with its links rewritten")


def sizes(html: str, page: Page) -> tuple[int, int]:
    """Bytes of the HTML: as it is, and with its links rewritten for click tracking."""
    bare = len(html.encode())
    return bare, bare + sum(_growth(address) for address in _tracked(page))


def weighed(html: str) -> tuple[int, int]:
    """The same, of a page nobody has read yet."""
    return sizes(html, read_page(html))


def check_css(version: CheckedVersion) -> Iterator[Finding]:
    """Small enough, and flat enough, for Gmail."""
    styles = version.page.styles
    size = sum(len(style.encode()) for style in styles)
    if size > CSS_LIMIT:
        yield CSS_SIZE.broken(HTML, f"the style elements have {size:,} bytes")
    for style in styles:
        inside = {id(inner) for rule in at_rules(style) for inner in rule.rules or ()}
        if any(id(rule) in inside for rule in at_rules(style)):
            yield STYLE_NESTED_AT.broken(HTML, f"“{' '.join(style.split())[:60]}…”")


def check_active(version: CheckedVersion) -> Iterator[Finding]:
    """Nothing that runs, submits, redirects or loads; inside conditional comments too."""
    for element in version.page.elements:
        for what in _active(element):
            yield ACTIVE_CONTENT.broken(f"html:{element.line}", what)
    for style in version.page.styles:
        if found := _REMOTE_CSS.search(style):
            yield ACTIVE_CONTENT.broken(HTML, f"CSS with {found[0]}")


def _tracked(page: Page) -> Iterator[str]:
    for element in page.elements:
        address = element.attributes.get("href", "")
        if element.tag == "a" and address.startswith(("http:", "https:")):
            yield address


def _growth(address: str) -> int:
    return REWRITTEN + len(address) // 3


def _active(element: Element) -> Iterator[str]:
    if element.tag in _ACTIVE:
        yield f"<{element.tag}>"
    if element.tag == "meta" and element.attributes.get("http-equiv", "").lower() == "refresh":
        yield "<meta http-equiv=refresh>"
    for name, value in element.attributes.items():
        if name.startswith("on") or name == "srcdoc":
            yield f"the attribute {name} of <{element.tag}>"
        elif name == "style":
            if _REMOTE_CSS.search(value):
                yield f"CSS of <{element.tag}> that runs or loads"
        elif ":" in value and name not in _WORDS and _ACTIVE_SCHEME.match(_BLANKS.sub("", value)):
            yield f"an address of <{element.tag}> with {value.partition(':')[0][:20].strip()}:"
