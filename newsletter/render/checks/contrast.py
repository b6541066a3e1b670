"""Contrast of words on their ground, in light and in dark (WCAG 2.2, 1.4.3, level AA)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.render.checks.rules import CheckedVersion, Rule, warning
from newsletter.render.colours import contrast, hexadecimal
from newsletter.render.paint import has_dark_rules, painted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

ENOUGH = 4.5
ENOUGH_LARGE = 3.0

CONTRAST = warning(
    "contrast",
    "Words stand out too little from what is behind them (WCAG AA: 4.5 to 1, large ones 3 to 1).",
    "Choose a darker or lighter colour in theme.yaml.",
)
CONTRAST_DARK = warning(
    "contrast-dark",
    "In dark mode, words stand out too little from what is behind them (WCAG AA).",
    "Choose a lighter or darker one of the theme's dark colours.",
)
RULES = (CONTRAST, CONTRAST_DARK)


def check_contrast(version: CheckedVersion) -> Iterator[Finding]:
    """Each pair of colours once, at the first words that have it."""
    yield from _poor(version, CONTRAST, dark=False)
    if has_dark_rules(version.page.styles):
        yield from _poor(version, CONTRAST_DARK, dark=True)


def _poor(version: CheckedVersion, rule: Rule, *, dark: bool) -> Iterator[Finding]:
    page = version.page
    seen: set[tuple[object, ...]] = set()
    for words in painted(page.root, page.styles, dark=dark):
        pair = (words.ink, words.ground, words.large)
        if pair in seen:
            continue
        seen.add(pair)
        ratio = contrast(words.ink, words.ground)
        if ratio < (ENOUGH_LARGE if words.large else ENOUGH):
            shown = " ".join(words.text.split())[:40]
            colours = f"{hexadecimal(words.ink)} on {hexadecimal(words.ground)}"
            yield rule.broken(f"html:{words.line}", f"“{shown}” is {colours}, {ratio:.1f} to 1")
