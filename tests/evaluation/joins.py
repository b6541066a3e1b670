"""How well items are joined into stories: pairs of items, held against what a person joined."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from newsletter.domain.item import Item, ItemKind, item_id
from newsletter.gather.stories import stories_of
from tests.evaluation.figures import Figure

FOLDER = Path(__file__).parents[1] / "data" / "gather" / "stories"
PRECISION, RECALL = 0.98, 0.90


def labelled(name: str) -> tuple[list[Item], dict[str, str]]:
    """The items of a file, and the story of each by its id.

    A line is `source | time | headline | text`; `# story` begins a story.
    """
    items: list[Item] = []
    truth: dict[str, str] = {}
    story = ""
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            story = line.removeprefix("# ")
        elif line:
            items.append(_item(line, f"https://{name}.example.com/{len(items)}"))
            truth[items[-1].id] = story
    return items, truth


def _item(line: str, url: str) -> Item:
    source, published, title, text = line.split(" | ", 3)
    return Item(
        id=item_id(source=source, url=url, title=title, text=text),
        kind=ItemKind.ARTICLE,
        source=source,
        title=title,
        text=text,
        url=url,
        published=datetime.fromisoformat(published).replace(tzinfo=UTC),
    )


def joins(items: list[Item], truth: dict[str, str]) -> tuple[float, float]:
    """The share of joined pairs that are one story, and of such pairs that are joined."""
    made = {
        frozenset(pair)
        for story in stories_of(items)
        for pair in combinations([item.id for item in story.items], 2)
    }
    ids = [item.id for item in items]
    meant = {frozenset(pair) for pair in combinations(ids, 2) if len({*map(truth.get, pair)}) == 1}
    right = len(made & meant)
    return right / len(made or {1}), right / len(meant or {1})


def measure() -> tuple[Figure, ...]:
    """Both shares, on the items that the rules were tuned on and on those held out."""
    samples = {name: labelled(name) for name in ("tuned", "held-out")}
    (precise, complete), (held_precise, held_complete) = (
        joins(items, truth) for items, truth in samples.values()
    )
    count = sum(len(items) for items, _ in samples.values())
    stories = sum(len({*truth.values()}) for _, truth in samples.values())
    detail = f"{count} items in {stories} stories"
    return (
        Figure("story joins, precision", precise, held_precise, PRECISION, detail),
        Figure("story joins, recall", complete, held_complete, RECALL, detail),
    )
