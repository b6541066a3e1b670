"""Items as JSON: how children hand them over, and how they are kept on disk."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from newsletter.domain.item import Dated, Item, ItemKind, Link

if TYPE_CHECKING:
    from collections.abc import Iterable

_KINDS = {kind.value: kind for kind in ItemKind}
_DATED = {dated.value: dated for dated in Dated}


def json_of(items: tuple[Item, ...]) -> bytes:
    """The items as a JSON array of objects."""
    return orjson.dumps(items)


def items_of_json(text: bytes) -> tuple[Item, ...]:
    """The items of what `json_of` made. ValueError, TypeError or KeyError for anything else."""
    return items_from(orjson.loads(text))


def items_from(parts: Iterable[dict[str, Any]]) -> tuple[Item, ...]:
    """The items of the parsed JSON, whose objects are used up."""
    return tuple([_item(part) for part in parts])


def _item(part: dict[str, Any]) -> Item:
    part["kind"] = _KINDS[part["kind"]]
    if part["published"]:
        part["published"] = datetime.fromisoformat(part["published"])
    if part["dated"]:
        part["dated"] = _DATED[part["dated"]]
    part["categories"] = tuple(part["categories"])
    part["links"] = tuple([Link(**link) for link in part["links"]])
    return Item(**part)
