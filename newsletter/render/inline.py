"""CSS inlining by premailer, with every way to the network and the disk closed.

premailer's only useful work here is the author's inline CSS: MJML's components carry their styles
already, and its own style blocks would come out harmed. So those are marked `ignore`.
"""

from __future__ import annotations

import functools
import logging
import re
from typing import TypeAlias

import cssutils
import premailer

cssutils.log.setLevel(logging.CRITICAL)
# Outlook needs all six digits of a colour.
cssutils.ser.prefs.minimizeColorHash = False  # codespell:ignore

# allow_network=False is not enough: cssutils itself loads `@import url(…)`, from files too.
_CSS = cssutils.CSSParser(
    fetcher=lambda _url: (None, b""), validate=False, loglevel=logging.CRITICAL
)
Rules: TypeAlias = tuple[list[object], list[object]]

_CONDITIONAL = re.compile(r"<!--\[if\b(?:(?!-->).)*?<!\[endif\]-->", re.DOTALL)
_PARKED = re.compile(r"<!--parked-(\d+)-->")
_STYLE = re.compile(r"<style(?![^>]*\bmedia=)", re.IGNORECASE)
# lxml writes these bare into attribute values, where Outlook might see a conditional comment; so
# they pass through it as private-use characters.
_ENTITIES = {"&lt;": "\ue000", "&gt;": "\ue001", "&quot;": "\ue002"}
# premailer overwrites these from CSS: width="576" would become width="100%", which Outlook obeys.
_OWN_ATTRIBUTES = ["width", "height", "align", "valign", "bgcolor"]


class SafePremailer(premailer.Premailer):  # type: ignore[misc]  # premailer has no types
    """premailer that reads nothing but what it is given."""

    def rules_of(self, css: str, index: int) -> Rules:
        """What premailer makes of a style sheet, whatever the page."""
        rules: Rules = super()._parse_style_rules(css, index)
        return rules

    def _parse_style_rules(self, css: str, index: int) -> Rules:
        return _rules(css, index)

    def _parse_css_string(self, css: str, validate: bool = True) -> object:  # noqa: ARG002
        return _CSS.parseString(css, validate=False)

    def _load_external(self, url: str) -> str:  # noqa: ARG002
        raise ValueError("external CSS is refused")


@functools.lru_cache(maxsize=8)
def _rules(css: str, index: int) -> Rules:
    """A theme's rules, read once: it is a fifth of a build, and they seldom change."""
    return _premailer("", css).rules_of(css, index)


def inline(html: str, css: str) -> str:
    """The page with `css` written into style attributes; its own style blocks stay as they are.

    Outlook's conditional comments wait outside meanwhile: inside them lie tags without partners.
    """
    parked: list[str] = []

    def park(found: re.Match[str]) -> str:
        parked.append(found[0])
        return f"<!--parked-{len(parked) - 1}-->"

    page = _STYLE.sub('<style data-premailer="ignore"', _CONDITIONAL.sub(park, html))
    for entity, stand_in in _ENTITIES.items():
        page = page.replace(entity, stand_in)
    page = str(_premailer(page, css).transform(pretty_print=False))
    for entity, stand_in in _ENTITIES.items():
        page = page.replace(stand_in, entity)
    return _PARKED.sub(lambda found: parked[int(found[1])], page)


def _premailer(page: str, css: str) -> SafePremailer:
    return SafePremailer(
        page,
        css_text=[css] if css.strip() else None,
        allow_network=False,
        allow_loading_external_files=False,
        base_url=None,
        keep_style_tags=False,
        strip_important=False,
        disable_leftover_css=False,
        exclude_pseudoclasses=True,
        include_star_selectors=False,
        disable_validation=True,
        disable_basic_attributes=_OWN_ATTRIBUTES,
        align_floating_images=False,
        remove_classes=False,
        remove_unset_properties=False,
        capitalize_float_margin=False,
        preserve_handlebar_syntax=False,
        cache_css_parsing=False,
        method="html",
    )
