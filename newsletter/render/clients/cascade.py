"""The style elements a mail program keeps, without the rules it does not understand. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.render.clients import features
from newsletter.render.clients.catalogue import unsupported
from newsletter.render.stylesheet import AtRule, StyleRule, parsed, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.render.clients.catalogue import Client

_SCHEME = re.compile(
    r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)(?:\s*and\s*)?", re.IGNORECASE
)
_TRAILING_AND = re.compile(r"\s+and\s*\Z", re.IGNORECASE)


@lru_cache(maxsize=64)
def shown_style(css: str, client: Client) -> str:
    """A style element's content as the program applies it; '' where it drops it whole."""
    lacking = unsupported(client.column)
    nodes = parsed(css)
    if "html-style" in lacking or (client.style_limit is not None and _nested(nodes)):
        return ""
    return written(tuple(_kept(nodes, client, lacking)))


def _nested(nodes: tuple[StyleRule | AtRule, ...]) -> bool:
    """Gmail drops an element with an `@` rule in another (github.com/hteumeuleu/email-bugs, 21)."""
    return any(
        isinstance(inner, AtRule)
        for node in nodes
        if isinstance(node, AtRule)
        for inner in node.rules or ()
    )


def _kept(
    nodes: tuple[StyleRule | AtRule, ...], client: Client, lacking: frozenset[str]
) -> Iterator[StyleRule | AtRule]:
    for node in nodes:
        kept = (
            _rule(node, lacking) if isinstance(node, StyleRule) else _at_rule(node, client, lacking)
        )
        if kept is not None:
            yield kept


def _rule(rule: StyleRule, lacking: frozenset[str]) -> StyleRule | None:
    selectors = tuple(
        selector for selector in rule.selectors if not lacking & features.of_selector(selector)
    )
    kept = tuple(
        one
        for one in rule.declarations
        if not lacking & features.of_declaration(one.name, one.value)
        # The view itself says which scheme it shows.
        and one.name not in {"color-scheme", "supported-color-schemes"}
    )
    return replace(rule, selectors=selectors, declarations=kept) if selectors and kept else None


def _at_rule(rule: AtRule, client: Client, lacking: frozenset[str]) -> AtRule | None:
    if lacking & features.of_at_rule(rule.keyword, rule.prelude):
        return None
    scheme = _SCHEME.search(rule.prelude)
    if scheme and (scheme[1].lower() == "dark") != client.dark:
        return None
    prelude = _TRAILING_AND.sub("", _SCHEME.sub("", rule.prelude)).strip()
    if scheme and prelude.lower() in {"", "screen", "only screen"}:
        prelude = "all"
    if rule.rules is None:
        return rule
    return replace(rule, prelude=prelude, rules=tuple(_kept(rule.rules, client, lacking)))
