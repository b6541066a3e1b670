"""Joining 10,000 items into stories, and remembering 200 past issues.

The limit reads the same words once and builds one inverted index of them, with nothing compared:
what any joining has to do first.
"""

from __future__ import annotations

import random
import re
import resource
import time
from datetime import UTC, date, datetime, timedelta
from itertools import product

from benchmarks.bar import Bar, interleaved
from newsletter.domain.issue import Brief
from newsletter.domain.item import Item, ItemKind
from newsletter.gather.memory import Past, ran_before
from newsletter.gather.stories import stories_of

ITEMS = 10_000
_WEEK = datetime(2026, 11, 20, tzinfo=UTC)
_FIRST = "Bar Cor Del Fen Gal Hal Jor Kel Lan Mol Nor Ost Per Quil Ros Sten Tor Ul Ver Wen"
_LAST = "nick dale mont row ard elli oux ster ham berg wick and ini ault eau stein ley court"
_NAMES = ["".join(parts) for parts in product(_FIRST.split(), "aeio", _LAST.split())]
_WORDS = [
    f"{first}{last}"
    for first in ("ba", "con", "de", "fra", "gli", "ho", "in", "lu", "mer", "no", "pra", "sto")
    for last in product(("dra", "fel", "gon", "lin", "mar", "nes", "pol"), ("d", "nt", "rk", "se"))
    for last in ("".join(last), "".join(last) + "ly", "".join(last) + "ness")
]


def items(count: int, *, seed: int = 7) -> list[Item]:
    """Two thirds of the items tell a story alone, the rest in twos and threes, each in other words
    around the same names and figures; 120 words a text, as feeds carry them.
    """
    source = random.Random(seed)
    made: list[Item] = []
    while len(made) < count:
        names, figure = source.sample(_NAMES, 3), source.randrange(100, 10**6)
        heading = source.sample(_WORDS, 5)
        for _ in range(source.choice((1, 1, 1, 1, 2, 3))):
            made.append(_item(len(made), names, figure, heading, source))
    return made[:count]


def _item(
    number: int, names: list[str], figure: int, heading: list[str], source: random.Random
) -> Item:
    prose = source.choices(_WORDS, k=110)
    for name in names:
        prose[source.randrange(30)] = name
    prose[source.randrange(30)] = f"${figure:,}"
    return Item(
        id=f"{number:012x}",
        kind=ItemKind.ARTICLE,
        source=f"Outlet {number % 40}",
        title=f"{names[0]} {' '.join(source.sample(heading, 4))}",
        text=" ".join(prose),
        url=f"https://outlet{number % 40}.example.com/{number}",
        published=_WEEK + timedelta(minutes=source.randrange(10_000)),
    )


def bars() -> list[Bar]:
    return [*_joined(items(ITEMS)), *_remembered()]


def _joined(many: list[Item]) -> list[Bar]:
    word = re.compile(r"[^\W_]+")

    def limit() -> None:
        index: dict[str, list[int]] = {}
        for place, item in enumerate(many):
            for one in word.findall(f"{item.title} {item.text}".casefold()):
                index.setdefault(one, []).append(place)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = stories_of(many)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    ours, bare = interleaved(lambda: stories_of(many), limit, rounds=3)
    detail = f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms"
    return [
        Bar(f"{ITEMS:,} items joined, seconds", ours, 5.0, True, f"{len(found):,} stories"),
        Bar("joining ÷ reading and indexing the same words", ours / bare, 20, True, detail),
        Bar(f"{ITEMS:,} items joined, peak MB more", grown, 250, True, "maximum resident size"),
    ]


def _remembered() -> list[Bar]:
    """A week of 200 items held against 200 issues of 20 briefs."""
    told, new = items(4_000, seed=1), items(200, seed=2)
    past = [
        Past(f"issue-{place // 20}", date(2026, 11, 13) - timedelta(weeks=place // 20), _brief(one))
        for place, one in enumerate(told)
    ]
    began = time.perf_counter()
    found = ran_before([*new, *told[:10]], past, lambda _: "")
    seconds = time.perf_counter() - began
    assert {item.id for item in told[:10]} <= found.keys()
    detail = "4,000 briefs, parsed already"
    return [Bar("200 items held against 200 past issues, seconds", seconds, 2.0, True, detail)]


def _brief(item: Item) -> Brief:
    return Brief(item.title, text=item.text[:300], link=item.url, item=item.id)
