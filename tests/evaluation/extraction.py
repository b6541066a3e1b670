"""How well the readers read: text, teasers, and what is told about a story."""

from __future__ import annotations

import re
from collections import Counter
from statistics import mean
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from newsletter.errors import GatherError
from newsletter.gather.listing import read_listing
from newsletter.gather.mail import read_mail
from newsletter.gather.page import read_page
from newsletter.gather.reading import read_any
from tests.evaluation.figures import Figure
from tests.evaluation.samples import Sample, Truth, samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from newsletter.domain.item import Item

_WORD = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W\u3040-\u30ff\u4e00-\u9fff]+")
Pair: TypeAlias = "tuple[Truth, Item | None]"


def measure() -> Iterator[Figure]:
    """Articles, then listings, then feeds and mails."""
    articles = [(sample, _matched(sample)) for sample in samples("pages")]
    yield _split("extraction F1", articles, _f1, goal=0.93)
    yield _split("text exactness", articles, _exactness, goal=0.999)
    yield from _facts("articles", articles)
    listings = [(sample, read(sample)) for sample in samples("listings")]
    yield _split("teaser recall", listings, _recall, goal=1.0)
    yield _split("teaser precision", listings, _precision, goal=0.98)
    yield _split("teaser texts and dates", listings, _teaser_facts)
    feeds = [(one, _matched(one)) for kind in ("feeds", "mails") for one in samples(kind)]
    yield _split("feeds and mails, text exactness", feeds, _exactness, goal=0.999)
    yield from _facts("feeds and mails", feeds)


def read(sample: Sample) -> tuple[Item, ...]:
    """What the reader for this kind of sample makes of it; nothing where it gives up."""
    try:
        if sample.kind == "mails":
            return read_mail(sample.content, source="S")
        if sample.kind == "listings":
            return read_listing(sample.content, url=sample.url, source="S", charset=sample.charset)
        reader = read_page if sample.kind == "pages" else read_any
        return reader(sample.content, url=sample.url, source="S", charset=sample.charset)
    except GatherError:
        return ()


def _matched(sample: Sample) -> list[Pair]:
    """Each truth with the item that tells of it."""
    items = read(sample)
    if len(sample.truths) == 1:
        return [(sample.truths[0], items[0] if items else None)]
    by_title = {item.title: item for item in items}
    return [(truth, by_title.get(truth.title)) for truth in sample.truths]


def _split(
    name: str,
    read_samples: list[tuple[Sample, object]],
    score: Callable[..., float | None],
    goal: float | None = None,
) -> Figure:
    """A score's mean over the tuned samples and over those held out, and the worst three."""
    scores: dict[bool, list[float]] = {False: [], True: []}
    worst: list[tuple[float, str]] = []
    for sample, found in read_samples:
        value = score(sample, found)
        if value is not None:
            scores[sample.held].append(value)
            if value < 1 and not sample.held:
                worst.append((value, sample.name))
    told = ", ".join(f"{name} {value:.2f}" for value, name in sorted(worst)[:3])
    return Figure(
        name,
        mean(scores[False] or [1.0]),
        mean(scores[True] or [1.0]),
        goal,
        f"{len(scores[False])} and {len(scores[True])} samples" + (f"; {told}" if told else ""),
    )


def _facts(what: str, found: list[tuple[Sample, list[Pair]]]) -> Iterator[Figure]:
    """Shares of titles, deks, authors, days and links that are right, none invented."""
    checks: dict[str, Callable[[Truth, Item], bool]] = {
        "title": lambda truth, item: item.title == truth.title,
        "dek": lambda truth, item: item.dek == truth.dek,
        "author": lambda truth, item: item.author == truth.author,
        "date": lambda truth, item: (
            (item.published and item.published.date()) == truth.day
            and (truth.dated is None or item.dated == truth.dated)
        ),
        "language": lambda truth, item: (
            not truth.language or (item.language or "").partition("-")[0] == truth.language
        ),
        "address": lambda truth, item: truth.url is None or item.url == truth.url,
        "links": lambda truth, item: (
            not truth.links or tuple((link.text, link.url) for link in item.links) == truth.links
        ),
    }
    for name, check in checks.items():
        yield _split(f"{what}, {name}", found, _share(check))


def _share(check: Callable[[Truth, Item], bool]) -> Callable[[Sample, list[Pair]], float]:
    def score(_sample: Sample, pairs: list[Pair]) -> float:
        return mean(float(item is not None and bool(check(truth, item))) for truth, item in pairs)

    return score


def _f1(_sample: Sample, pairs: list[Pair]) -> float:
    """The token F1 of the text, as article extractors are compared."""
    ((truth, item),) = pairs
    true = Counter(_WORD.findall(" ".join(truth.paragraphs)))
    found = Counter(_WORD.findall(item.text if item else ""))
    common = (true & found).total()
    return 2 * common / (true.total() + found.total()) if common else 0.0


def _exactness(_sample: Sample, pairs: list[Pair]) -> float | None:
    """Of the true paragraphs that were returned at all, those that are right to the character."""
    exact = near = 0
    for truth, item in pairs:
        found = item.text.split("\n\n") if item else []
        for paragraph in truth.paragraphs:
            if paragraph in found:
                exact += 1
            else:
                near += any(_alike(paragraph, other) for other in found)
    return exact / (exact + near) if exact + near else None


def _alike(one: str, other: str) -> bool:
    first, second = Counter(_WORD.findall(one)), Counter(_WORD.findall(other))
    return (first & second).total() >= 0.6 * max(min(first.total(), second.total()), 1)


def _recall(sample: Sample, items: tuple[Item, ...]) -> float:
    found = {_teaser(item.title, item.dek or item.text, item.url) for item in items}
    return mean(float(true in found) for true in _true_teasers(sample))


def _precision(sample: Sample, items: tuple[Item, ...]) -> float:
    true = set(_true_teasers(sample))
    wanted = [_teaser(item.title, item.dek or item.text, item.url) in true for item in items]
    return mean(map(float, wanted)) if wanted else 0.0


def _teaser_facts(sample: Sample, items: tuple[Item, ...]) -> float:
    """Of the true teasers, those whose second line and day are right, too."""
    said = {(item.title, item.dek or item.text, item.published and item.published.date())
            for item in items}  # fmt: skip
    return mean(float((one.title, one.dek, one.day) in said) for one in sample.truths)


def _true_teasers(sample: Sample) -> Iterable[tuple[str, str]]:
    return [_teaser(truth.title, truth.dek, truth.url) for truth in sample.truths]


def _teaser(title: str, words: str, url: str | None) -> tuple[str, str]:
    """The headline, or the teaser where there is none, and where it leads."""
    parts = urlsplit(url or "")
    return title or words, f"{parts.netloc}{parts.path}"
