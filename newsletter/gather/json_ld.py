"""What a page says of its article in JSON-LD, for search engines (schema.org/Article)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_ARTICLES = ("Article", "BlogPosting", "Report", "SocialMediaPosting")
_MOST_NODES = 2_000


def article_node(tree: HtmlElement) -> Mapping[str, Any]:
    """The properties of the page's article; an empty mapping where none is told of.

    An author given as a reference to another node is that node.
    """
    found = list(nodes(tree))
    article = next((node for node in found if _is_article(node)), None)
    if article is None:
        return {}
    by_id = {node["@id"]: node for node in found if "name" in node and "@id" in node}
    told = dict(article)
    authors = told.get("author")
    told["author"] = [
        by_id.get(one.get("@id"), one) if isinstance(one, Mapping) else one
        for one in (authors if isinstance(authors, list) else [authors])
    ]
    return told


def nodes(tree: HtmlElement) -> Iterator[Mapping[str, Any]]:
    """Every object in the page's JSON-LD, the outer ones first; broken scripts are passed over."""
    waiting: list[Any] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or ""):
            try:
                waiting.append(json.loads(script.text or "", strict=False))
            except (ValueError, RecursionError):
                continue
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, Mapping):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def string(node: Mapping[str, Any], *names: str) -> str:
    """The first of these properties that is text, or holds a text as `url`, `@id` or `name`."""
    for name in names:
        value = node.get(name)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, Mapping):
            value = value.get("url") or value.get("name") or value.get("@id")
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def person_names(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of `author`, which may be texts, objects, or a list of both."""
    people = node.get("author")
    people = people if isinstance(people, list) else [people]
    names = (one.get("name") if isinstance(one, Mapping) else one for one in people)
    return tuple(name.strip() for name in names if isinstance(name, str) and name.strip())


def _is_article(node: Mapping[str, Any]) -> bool:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.endswith(_ARTICLES) for kind in kinds)
