"""gathered/<id>.md: an item as it was fetched, kept so that claims can be held against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from newsletter.domain.item import Dated, Item, ItemKind, Link
from newsletter.errors import IssueError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class Kept:
    """An item, when it was fetched, and what `gather` made of it.

    `also` are the ids of its story's other items where it leads one. `written` is the digest of the
    brief that `gather` wrote of it, '' while it was not offered; see blocks.digest.
    """

    item: Item
    fetched: datetime
    also: tuple[str, ...] = ()
    written: str = ""


def gathered_file(kept: Kept) -> str:
    """Front matter (source, address, times …) and then the full text, untouched."""
    item = kept.item
    front = {
        "id": item.id,
        "kind": item.kind.value,
        "source": item.source,
        "url": item.url,
        "title": item.title,
        "dek": item.dek,
        "dateline": item.dateline,
        "author": item.author,
        "published": item.published.isoformat() if item.published else None,
        "dated": item.dated.value if item.dated else None,
        "language": item.language,
        "image": item.image,
        "categories": list(item.categories),
        "links": [{"text": link.text, "url": link.url} for link in item.links],
        "fetched": kept.fetched.isoformat(),
        "also": list(kept.also),
        "written": kept.written,
    }
    known = {key: value for key, value in front.items() if value}
    head = yaml.dump(known, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{head}---\n{item.text}\n"


def read_gathered(text: str, *, file: str) -> Kept:
    """What `gathered_file` wrote; IssueError naming the file where somebody has damaged it."""
    try:
        head, _, body = text.removeprefix("---\n").partition("\n---\n")
        front: dict[str, Any] = yaml.load(head, Loader=_LOADER)  # noqa: S506 - a safe loader
        return Kept(
            item=_item(front, body.removesuffix("\n")),
            fetched=datetime.fromisoformat(front["fetched"]),
            also=tuple(map(str, front.get("also", ()))),
            written=str(front.get("written", "")),
        )
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        raise IssueError(
            "is damaged; delete it, and `newsletter gather` fetches it again", file=file
        ) from None


def _item(front: dict[str, Any], text: str) -> Item:
    published, dated = front.get("published"), front.get("dated")
    return Item(
        id=str(front["id"]),
        kind=ItemKind(front["kind"]),
        source=str(front["source"]),
        title=str(front.get("title", "")),
        text=text,
        dek=str(front.get("dek", "")),
        dateline=str(front.get("dateline", "")),
        url=front.get("url"),
        author=front.get("author"),
        published=datetime.fromisoformat(published) if published else None,
        dated=Dated(dated) if dated else None,
        language=front.get("language"),
        image=front.get("image"),
        categories=tuple(front.get("categories", ())),
        links=tuple(Link(link["text"], link.get("url")) for link in front.get("links", ())),
    )
