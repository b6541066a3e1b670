"""What mail programs cannot show, by the data of caniemail.com, weighed by their readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.render.checks.rules import CheckedVersion, warning
from newsletter.render.clients import features
from newsletter.render.clients.catalogue import (
    CLIENTS,
    feature_titles,
    reader_shares,
    unsupported,
)
from newsletter.render.stylesheet import declarations, rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

MANY = 0.05
"""The share of readers from which on a missing feature is told."""

CLIENT_SUPPORT = warning(
    "client-support",
    "Something the mail needs to be read does not work in mail programs that many readers use.",
    "Lay it out with tables and pixels in the theme; the views of `--client` show the result.",
)
RULES = (CLIENT_SUPPORT,)

# Features whose loss moves or hides what is to be read. Rounded corners, web fonts, media queries
# and dark colours are meant to be lost where they are unknown.
_NEEDED = {
    "css-display-flex", "css-display-grid", "css-position", "css-left-right-top-bottom",
    "css-variables", "css-unit-calc", "css-unit-rem", "css-unit-vw", "css-unit-vh",
    "css-function-min", "css-function-max", "css-function-clamp", "css-function-light-dark",
    "css-modern-color", "css-flex-direction", "css-grid-template", "css-column-count",
    "css-margin-inline-block", "css-padding-inline-block", "css-inset", "css-clip-path",
    "css-filter", "css-transform", "css-visibility", "css-writing-mode", "css-text-orientation",
    "css-pseudo-class-checked", "css-pseudo-element-before", "css-pseudo-element-after",
    "css-mix-blend-mode", "css-nesting", "html-audio", "html-video", "html-svg", "html-object",
    "html-form", "html-select", "html-textarea", "html-dialog", "html-meter", "html-progress",
    "html-marquee", "html-ruby", "image-webp", "image-avif", "image-svg", "image-base64",
    "image-bmp", "image-tiff", "image-heif", "image-ico", "image-mp4", "image-apng",
}  # fmt: skip


def check_support(version: CheckedVersion) -> Iterator[Finding]:
    """Each feature once, with the programs that lack it and the share of readers they have."""
    shares = reader_shares(version.checked.known.shares)
    first: dict[str, int] = {}
    for feature, line in _used(version):
        if feature in _NEEDED:
            first.setdefault(feature, line)
    for feature, line in first.items():
        lacking = [client for client in CLIENTS if feature in unsupported(client.column)]
        share = sum(shares.get(client.key, 0.0) for client in lacking)
        if share >= MANY:
            names = ", ".join(client.title for client in lacking if client.key in shares)
            yield CLIENT_SUPPORT.broken(
                f"html:{line}",
                f"{feature_titles()[feature]} does not work in {names}: "
                f"about {share:.0%} of readers",
            )


def _used(version: CheckedVersion) -> Iterator[tuple[str, int]]:
    """(feature, line) of everything that holds for all; what is for Outlook alone is meant so."""
    for element in version.page.elements:
        if element.commented:
            continue
        feature = features.of_element(element.tag, element.attributes.get("type", ""))
        if feature:
            yield feature, element.line
        if element.tag == "img" and (
            kind := features.of_picture(element.attributes.get("src", ""))
        ):
            yield kind, element.line
        for one in declarations(element.attributes.get("style", "")):
            for feature in features.of_declaration(one.name, one.value):
                yield feature, element.line
    for rule in (rule for style in version.page.styles for rule in rules(style)):
        if not rule.conditions:
            for feature in _of_rule(rule.selectors, rule.declarations):
                yield feature, 1


def _of_rule(selectors: tuple[str, ...], found: tuple[tuple[str, str, bool], ...]) -> set[str]:
    used = {feature for selector in selectors for feature in features.of_selector(selector)}
    return used.union(*(features.of_declaration(name, value) for name, value, _ in found))
