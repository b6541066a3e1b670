"""Which story comes first: a new one, of a valued source, told by many, such as the desk takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from newsletter.domain.story import Story

_OUTLETS = 0.4
_TASTE = 0.6


@dataclass(frozen=True, slots=True)
class Taste:
    """What the desk made of earlier candidates: how many of each source it was offered, and ran."""

    offered: Mapping[str, int] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)

    def share(self, source: str) -> float:
        """The share that ran, 0 to 1; a half where nothing is known, and near it with little."""
        return (self.taken.get(source, 0) + 2) / (self.offered.get(source, 0) + 4)


@dataclass(frozen=True, slots=True)
class Ranking:
    """By what stories are ranked. `weights` are those of config.yaml, by item; `liked` is, by
    source, what readers' clicks on earlier briefs make of it, where 1 is as good as others.
    """

    now: datetime
    look_back: timedelta
    weights: Mapping[str, float] = field(default_factory=dict)
    liked: Mapping[str, float] = field(default_factory=dict)
    taste: Taste = field(default_factory=Taste)

    def key(self, story: Story) -> tuple[bool, float, str]:
        """Sorts the best first, the undated last, and ties always alike.

        Each term is about one: a week of age, a doubled weight, two and a half doublings of the
        outlets, a source of which everything is taken against one of which nothing is.
        """
        moments = [item.published for item in story.items if item.published is not None]
        weight = max(
            self.weights.get(item.id, 1.0) * self.liked.get(item.source, 1.0)
            for item in story.items
        )
        share = max(self.taste.share(item.source) for item in story.items)
        score = math.log2(weight) + _OUTLETS * math.log2(story.outlets) + _TASTE * share
        if moments:
            score -= (self.now - max(moments)) / self.look_back
        return not moments, -score, story.lead.id
