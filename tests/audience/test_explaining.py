from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.audience.explaining import explain
from newsletter.audience.segments import parse_segment

# Blocks with an empty line between them: an expression, and below it what it says.
GOLDEN = Path(__file__).parents[1] / "golden" / "audience" / "explained.txt"
BLOCKS = GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_a_rule_is_told_in_words(block: str) -> None:
    expression, _, words = block.partition("\n")
    assert explain(parse_segment(expression)) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not (a = 1 or b = 2)", "not a = 1 and not b = 2"),
        ("not (a = 1 and b = 2)", "not a = 1 or not b = 2"),
        ("not not a = 1", "a = 1"),
        ("not a < 1", "a >= 1"),
        ("a not in ('x')", "not a = 'x'"),
    ],
)
def test_what_means_the_same_is_told_the_same(one: str, other: str) -> None:
    assert explain(parse_segment(one)) == explain(parse_segment(other))
