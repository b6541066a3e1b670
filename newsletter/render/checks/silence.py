"""Findings an editor silences for one issue, with a reason; levels a publication sets for all."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.errors import ConfigError
from newsletter.render.checks.rules import HEADER_PLACE, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from newsletter.domain.finding import Finding, Level
    from newsletter.render.checks.rules import Rule

SILENCE_WITHOUT_REASON = warning(
    "silence-without-reason",
    "A check is silenced for this issue without a reason, so it is not.",
    "Say why behind the code: `silence: {link-http: the partner has no https}`.",
)
SILENCE_UNKNOWN = warning(
    "silence-unknown",
    "`silence:` names a check that does not exist.",
    "Take the code from the finding.",
)
SILENCE_REFUSED = warning(
    "silence-refused",
    "A check that guards readers or the law cannot be silenced.",
    "Mend what it finds, and remove the line.",
)
SILENCE_IDLE = warning(
    "silence-idle",
    "A check is silenced for this issue that finds nothing in it.",
    "Remove the line.",
)
_FILE = "config.yaml"
RULES = (SILENCE_WITHOUT_REASON, SILENCE_UNKNOWN, SILENCE_REFUSED, SILENCE_IDLE)


def with_levels(
    found: Iterable[Finding], rules: Mapping[str, Rule], levels: Mapping[str, Level | None]
) -> Iterator[Finding]:
    """The findings at the publication's levels, without what it switched off.

    ConfigError for a code that does not exist or whose level is not the publication's to set.
    """
    for code in levels:
        if code not in rules:
            raise ConfigError(f"checks: unknown check “{code}”{_nearest(code, rules)}", file=_FILE)
        if rules[code].safety:
            raise ConfigError(f"checks: “{code}” guards readers; its level stays", file=_FILE)
    for finding in found:
        level = levels.get(finding.code, finding.level)
        if level is not None:
            yield finding if level is finding.level else replace(finding, level=level)


def without_silenced(
    found: Iterable[Finding], rules: Mapping[str, Rule], silence: Iterable[tuple[str, str]]
) -> Iterator[Finding]:
    """The findings that are left, and what is wrong with the silences themselves."""
    told = tuple(found)
    codes = {finding.code for finding in told}
    silenced: set[str] = set()
    for code, reason in silence:
        wrong = _wrong(code, reason, codes, rules)
        if wrong is None:
            silenced.add(code)
        else:
            yield wrong
    yield from (finding for finding in told if finding.code not in silenced)


def _wrong(code: str, reason: str, codes: set[str], rules: Mapping[str, Rule]) -> Finding | None:
    if code not in rules:
        return SILENCE_UNKNOWN.broken(HEADER_PLACE, f"“{code}”{_nearest(code, rules)}")
    if rules[code].safety:
        return SILENCE_REFUSED.broken(HEADER_PLACE, f"“{code}” stays")
    if not reason.strip():
        return SILENCE_WITHOUT_REASON.broken(HEADER_PLACE, f"“{code}” has no reason")
    if code not in codes:
        return SILENCE_IDLE.broken(HEADER_PLACE, f"“{code}” finds nothing here")
    return None


def _nearest(code: str, rules: Mapping[str, Rule]) -> str:
    close = difflib.get_close_matches(code, rules, n=1)
    return f"; did you mean “{close[0]}”?" if close else ""
