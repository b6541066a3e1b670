"""CSS read once for checks and client views: declarations, and rules with the media they are for.

Style attributes are many and alike, style elements few and seldom new: both are remembered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import tinycss2

if TYPE_CHECKING:
    from collections.abc import Iterator

_DECLARATION = re.compile(
    r"""\s*([-\w]+)\s*:\s*((?:[^;"'(]|"[^"]*"|'[^']*'|\((?:[^()"']|"[^"]*"|'[^']*'|\([^()]*\))*\))*)"""
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)


class Declaration(NamedTuple):
    """`name: value`, the name in lower case, the value without `!important`."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True)
class StyleRule:
    """Selectors and what they set. `conditions` are the `@` rules around it, outermost first."""

    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AtRule:
    """An `@` rule. `keyword` has no `@`; `rules` is None where it has no block of rules."""

    keyword: str
    prelude: str
    rules: tuple[StyleRule | AtRule, ...] | None
    text: str


_BLOCKS_OF_RULES = {"media", "supports", "layer", "container", "document", "-moz-document"}


@lru_cache(maxsize=2_048)
def declarations(text: str) -> tuple[Declaration, ...]:
    """The declarations of a style attribute or of a rule's block, in order."""
    if "/*" in text:
        text = _COMMENT.sub("", text)
    found: list[Declaration] = []
    for name, value in _DECLARATION.findall(text):
        if value.strip():
            bare = _IMPORTANT.sub("", value)
            found.append(Declaration(name.lower(), bare.strip(), len(bare) < len(value)))
    return tuple(found)


@lru_cache(maxsize=64)
def parsed(css: str) -> tuple[StyleRule | AtRule, ...]:
    """A style element's content; what no browser would understand is left out."""
    nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return tuple(_read(nodes, ()))


def rules(css: str) -> Iterator[StyleRule]:
    """Every rule of a style element, also those inside `@` rules."""
    yield from _flat(parsed(css))


def at_rules(css: str) -> Iterator[AtRule]:
    """Every `@` rule of a style element, outer ones first."""
    waiting = list(parsed(css))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, AtRule):
            yield node
            waiting[:0] = node.rules or ()


def written(nodes: tuple[StyleRule | AtRule, ...]) -> str:
    """The nodes as CSS again."""
    return "".join(_written(node) for node in nodes)


def written_declarations(found: tuple[Declaration, ...]) -> str:
    """The declarations as they stand in a style attribute."""
    return ";".join(
        f"{one.name}:{one.value}{' !important' if one.important else ''}" for one in found
    )


def _read(nodes: list[object], conditions: tuple[str, ...]) -> Iterator[StyleRule | AtRule]:
    for node in nodes:
        if isinstance(node, tinycss2.ast.QualifiedRule):
            yield StyleRule(
                tuple(_selectors(tinycss2.serialize(node.prelude))),
                declarations(tinycss2.serialize(node.content)),
                conditions,
            )
        elif isinstance(node, tinycss2.ast.AtRule):
            yield _at_rule(node, conditions)


def _at_rule(node: tinycss2.ast.AtRule, conditions: tuple[str, ...]) -> AtRule:
    prelude = tinycss2.serialize(node.prelude).strip()
    keyword = node.lower_at_keyword
    inside: tuple[StyleRule | AtRule, ...] | None = None
    if keyword in _BLOCKS_OF_RULES and node.content is not None:
        nodes = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
        inside = tuple(_read(nodes, (*conditions, f"@{keyword} {prelude}")))
    return AtRule(keyword, prelude, inside, node.serialize())


def _selectors(prelude: str) -> Iterator[str]:
    """The parts of a selector list; commas inside brackets and strings do not part it."""
    for part in re.findall(r"""(?:[^,"'(\[]|"[^"]*"|'[^']*'|\([^)]*\)|\[[^\]]*\])+""", prelude):
        if part.strip():
            yield " ".join(part.split())


def _flat(nodes: tuple[StyleRule | AtRule, ...]) -> Iterator[StyleRule]:
    for node in nodes:
        if isinstance(node, StyleRule):
            yield node
        else:
            yield from _flat(node.rules or ())


def _written(node: StyleRule | AtRule) -> str:
    if isinstance(node, StyleRule):
        return f"{','.join(node.selectors)}{{{written_declarations(node.declarations)}}}"
    if node.rules is None:
        return node.text
    return f"@{node.keyword} {node.prelude}{{{written(node.rules)}}}"
