"""Which section of config.yaml a story belongs to. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.domain.matching import matches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.config import SectionRule
    from newsletter.domain.item import Item
    from newsletter.domain.matching import Fact
    from newsletter.domain.segment import Rule
    from newsletter.domain.story import Story

FIELDS = (
    "title", "dek", "text", "source", "author", "language", "kind", "domain", "categories",
    "published", "outlets",
)  # fmt: skip
"""What `match:` may ask for; `outlets` counts who tells the story."""


@dataclass(frozen=True, slots=True)
class Place:
    """A section's rule, with its expression read."""

    rule: SectionRule
    match: Rule | None = None

    @property
    def asks(self) -> bool:
        """Whether it asks for something; a section that does not takes what is left."""
        rule = self.rule
        return bool(rule.sources or rule.categories or rule.keywords or rule.match)

    def takes(self, story: Story, origins: Mapping[str, str], now: datetime) -> bool:
        """Whether an item of the story fulfils one of the conditions.

        `origins` are the names of the sources in config.yaml by item: a file credits the site it
        was saved from, and is of the desk's folder all the same.
        """
        return any(self._takes(item, story, origins, now) for item in story.items)

    def _takes(self, item: Item, story: Story, origins: Mapping[str, str], now: datetime) -> bool:
        rule = self.rule
        if {item.source, origins.get(item.id)} & set(rule.sources):
            return True
        wanted = {name.casefold() for name in rule.categories}
        if wanted & {name.casefold() for name in item.categories}:
            return True
        if any(_holds(item, keyword) for keyword in rule.keywords):
            return True
        return self.match is not None and matches(self.match, _facts(item, story), now=now) is True


def _holds(item: Item, keyword: str) -> bool:
    """Whether a word of the item begins with the keyword, capitals aside: `ring` is in `Rings`."""
    text = f"{item.title}\n{item.dek}\n{item.text}"
    return re.search(rf"(?<!\w){re.escape(keyword)}", text, re.IGNORECASE) is not None


def _facts(item: Item, story: Story) -> dict[str, Fact | None]:
    host = urlsplit(item.url).hostname if item.url else None
    return {
        "title": item.title or None,
        "dek": item.dek or None,
        "text": item.text or None,
        "source": item.source,
        "author": item.author,
        "language": item.language,
        "kind": item.kind.value,
        "domain": host.removeprefix("www.") if host else None,
        "categories": ", ".join(item.categories) or None,
        "published": item.published,
        "outlets": story.outlets,
    }
