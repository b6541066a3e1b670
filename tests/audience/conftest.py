"""A file of people, read as an import reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from newsletter.audience.fields import Terms
from newsletter.audience.mapping import read_renamed
from newsletter.audience.rows import people_file
from newsletter.config.audience import AttributeRule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from newsletter.audience.mapping import Plan

RULES = {
    "doors": AttributeRule(type="number"),
    "since": AttributeRule(type="date"),
    "guild": AttributeRule(type="flag"),
    "role": AttributeRule(values=("retailer", "press")),
}


@pytest.fixture
def terms() -> Callable[..., Terms]:
    """Terms of the morning of 27 November 2026."""

    def make(*list_keys: str) -> Terms:
        at = datetime(2026, 11, 27, 9, tzinfo=UTC)
        return Terms(at, frozenset({"weekly", "gems"}), list_keys, RULES)

    return make


@pytest.fixture
def taken(tmp_path: Path, terms: Callable[..., Terms]) -> Callable[..., tuple[Plan, list[object]]]:
    """The plan and the rows of a file of this content and name."""

    def take(
        content: str,
        *list_keys: str,
        name: str = "people.csv",
        preset: str | None = None,
        maps: tuple[str, ...] = (),
    ) -> tuple[Plan, list[object]]:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        with people_file(path, preset=preset, renamed=read_renamed(maps)) as file:
            return file.plan, list(file.rows(terms(*list_keys)))

    return take
