"""Stories: each once, and each with a page to read on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import Checked, line, note, warning
from newsletter.render.markdown import addresses, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.domain.issue import Brief

ALIKE = 0.5
"""Two briefs are one story from this share of common words (Jaccard) on."""

DUPLICATE_LINK = warning(
    "duplicate-link",
    "Two briefs link to the same page.",
    "Remove one brief, or join the two.",
)
DUPLICATE_HEADLINE = warning(
    "duplicate-headline", "Two briefs have the same headline.", "Remove one, or tell them apart."
)
DUPLICATE_STORY = warning(
    "duplicate-story",
    "Two briefs seem to tell the same story in much the same words.",
    "Remove one brief, or join the two.",
)
BRIEF_WITHOUT_LINK = note(
    "brief-without-link",
    "A brief links nowhere.",
    "If there is a page to read on, end the brief with a line `[Source](https://…)`.",
)
RULES = (DUPLICATE_LINK, DUPLICATE_HEADLINE, DUPLICATE_STORY, BRIEF_WITHOUT_LINK)

_WORD = re.compile(r"[^\W_]{4,}")
_FEWEST_WORDS = 8
_WHOLE = {"quotation", "figure", "events", "jobs", "poll", "divider"}
"""Components whose briefs are complete without a page to read on."""


def check_repeats(checked: Checked) -> Iterator[Finding]:
    """No page, headline or story twice; the worst of the three is told."""
    links: dict[str, str] = {}
    headlines: dict[str, str] = {}
    told: list[tuple[frozenset[str], str]] = []
    for brief in checked.issue.briefs:
        place = line(brief)
        address = (brief.link or "").partition("#")[0].rstrip("/")
        headline = " ".join(brief.headline.casefold().split())
        words = _words(brief)
        same = headline in headlines or address in links
        if address and address in links:
            yield DUPLICATE_LINK.broken(place, f"{links[address]} has the same link")
        if headline in headlines:
            yield DUPLICATE_HEADLINE.broken(place, f"{headlines[headline]} has the same headline")
        if not same and (other := _alike(words, told)):
            yield DUPLICATE_STORY.broken(place, f"{other} tells much the same")
        if address:
            links.setdefault(address, place)
        headlines.setdefault(headline, place)
        told.append((words, place))


def check_briefs_link(checked: Checked) -> Iterator[Finding]:
    """Each brief leads somewhere; those that do not are told together, for a paste has many."""
    unlinked = [
        brief
        for section in checked.issue.sections
        for brief in section.briefs
        if (brief.component or section.component) not in _WHOLE and not _leads_on(brief)
    ]
    if len(unlinked) == 1:
        (brief,) = unlinked
        yield BRIEF_WITHOUT_LINK.broken(line(brief), f"“{brief.headline[:60]}” has no link")
    elif unlinked:
        lines = ", ".join(str(brief.line) for brief in unlinked)
        yield BRIEF_WITHOUT_LINK.broken(
            line(unlinked[0]), f"{len(unlinked)} briefs have no link, in lines {lines}"
        )


def _leads_on(brief: Brief) -> bool:
    if brief.link:
        return True
    if "](" not in brief.text and "<" not in brief.text:
        return False
    return any(kind == "link" for kind, _, _ in addresses(parse(brief.text)))


def _words(brief: Brief) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{brief.headline} {brief.text}".casefold()))


def _alike(words: frozenset[str], told: list[tuple[frozenset[str], str]]) -> str | None:
    """The place of an earlier brief with mostly the same words; short ones are alike by chance."""
    if len(words) < _FEWEST_WORDS:
        return None
    for others, place in told:
        if len(others) < _FEWEST_WORDS:
            continue
        common = len(words & others)
        if common >= ALIKE * (len(words) + len(others) - common):
            return place
    return None
