"""Texts that are much the same: runs of three words, compared by how many two texts share. Pure.

Only every fourth run is kept, chosen by its own checksum and so alike in all texts: the share of
common runs is estimated just as well, at a quarter of the memory and time.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from itertools import chain, combinations, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_KEPT = 4
_COMMON = 40
"""A run in more texts than this is a phrase everybody uses, or a template."""
_FEWEST = 5
"""Texts with fewer kept runs are too short to be told apart by them."""

Shingles = frozenset[int]


def shingles(words: Sequence[str], checksums: dict[str, int]) -> Shingles:
    """The kept runs of a text; `checksums` remembers those of words between calls."""
    numbers = [
        checksums.get(word) or checksums.setdefault(word, zlib.crc32(word.encode()))
        for word in words
    ]
    runs = {
        (first * 31 + second) * 31 + third
        for first, second, third in zip(numbers, numbers[1:], numbers[2:], strict=False)
    }
    return frozenset(run for run in runs if run % _KEPT == 0)


def likeness(first: Shingles, second: Shingles) -> tuple[float, float]:
    """The share of common runs in both (Jaccard), and in the shorter of the two."""
    common = len(first & second)
    if min(len(first), len(second)) < _FEWEST:
        return 0.0, 0.0
    return common / (len(first) + len(second) - common), common / min(len(first), len(second))


def alike(texts: Mapping[str, Shingles], *, least: float) -> Iterable[tuple[str, str]]:
    """Pairs of ids that share at least that part of the shorter text's runs, by an inverted index.

    The work grows with the number of texts, not with its square: common runs point nowhere, and of
    texts that are the same each is paired with the next.
    """
    same: dict[Shingles, list[str]] = defaultdict(list)
    for name in sorted(texts):
        if texts[name]:
            same[texts[name]].append(name)
    for names in same.values():
        yield from pairwise(names)
    counts = Counter(chain.from_iterable(texts.values()))
    index: dict[int, list[str]] = {run: [] for run, count in counts.items() if 1 < count <= _COMMON}
    for name in sorted(texts):
        for run in texts[name] & index.keys():
            index[run].append(name)
    shared = Counter(pair for names in index.values() for pair in combinations(names, 2))
    for (first, second), count in shared.items():
        if count >= least * min(len(texts[first]), len(texts[second])):
            yield first, second
