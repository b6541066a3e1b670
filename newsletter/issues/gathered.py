"""gathered/<id>.md: an item as it was fetched, kept so that claims can be held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.domain.item import Item


def gathered_file(item: Item, *, fetched_at: datetime) -> str:
    """Front matter (source, address, times …) and then the full text, untouched."""
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
        "language": item.language,
        "links": [{"text": link.text, "url": link.url} for link in item.links],
        "fetched": fetched_at.isoformat(),
    }
    known = {key: value for key, value in front.items() if value}
    head = yaml.safe_dump(known, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{head}---\n{item.text}\n"
