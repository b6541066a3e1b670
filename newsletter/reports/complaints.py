"""What mailbox providers did with mails, and complaints beside the shares they put up with. Pure.

How many complained is withheld where they are few. How near that is to what the providers allow is
told all the same: an operator must hear of four complaints in eight hundred mails.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.mailbox import MailboxProvider
from newsletter.domain.report import (
    FEWEST,
    MOST_COMPLAINTS,
    WARN_COMPLAINTS,
    Complaints,
    Level,
    ProviderLine,
)
from newsletter.domain.tally import Measure
from newsletter.reports.sums import ARRIVED
from newsletter.reports.withhold import parts_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from newsletter.reports.sums import Sums


def level(complained: int, delivered: int) -> Level:
    """How so many complaints stand beside the thresholds."""
    share = complained / delivered if delivered else 0.0
    if share >= MOST_COMPLAINTS:
        return Level.MANY
    return Level.NEAR if share >= WARN_COMPLAINTS else Level.FINE


def provider_lines(sums: Sums, issue: str, at: datetime) -> tuple[ProviderLine, ...]:
    """A line for each mailbox provider that anything was reported of; nothing is withheld yet."""
    found = [sums.by(measure) for measure in (*ARRIVED, Measure.COMPLAINED)]
    return tuple(
        _line(issue, at, provider, [counts.get(provider, 0) for counts in found])
        for provider in MailboxProvider
        if any(provider in counts for counts in found)
    )


def _line(issue: str, at: datetime, provider: str, counts: Sequence[int]) -> ProviderLine:
    delivered, deferred, bounced, dropped, complained = counts
    return ProviderLine(
        issue=issue,
        at=at,
        provider=provider,
        delivered=delivered,
        deferred=deferred,
        bounced=bounced,
        dropped=dropped,
        complained=complained,
        level=level(complained, delivered),
    )


def told(lines: Sequence[ProviderLine]) -> tuple[ProviderLine, ...]:
    """The lines of one issue, or of all together, without the complaints of a few."""
    counts = parts_shown({line.provider: line.complained or 0 for line in lines})
    return tuple(replace(line, complained=counts[line.provider]) for line in lines)


def spans(lines: Iterable[ProviderLine]) -> tuple[Complaints, ...]:
    """Lines of many issues, the oldest first, by provider: as many issues together as have five
    complaints or none, so that every share may be told and none is of a lucky issue alone. What
    `told` withholds of a provider's issues together is withheld here, too.
    """
    by_provider: dict[str, list[ProviderLine]] = {}
    for line in lines:
        by_provider.setdefault(line.provider, []).append(line)
    counts = parts_shown({name: _complained(some) for name, some in by_provider.items()})
    return tuple(
        _span(provider, part, hidden=counts[provider] is None)
        for provider, some in by_provider.items()
        for part in ([some] if counts[provider] is None else _parts(some))
    )


def _parts(lines: Sequence[ProviderLine]) -> list[list[ProviderLine]]:
    parts: list[list[ProviderLine]] = []
    part: list[ProviderLine] = []
    for line in lines:
        part.append(line)
        if not 0 < _complained(part) < FEWEST:
            parts.append(part)
            part = []
    while part and parts and _complained(part) < FEWEST:
        part = [*parts.pop(), *part]
    return [*parts, part] if part else parts


def _span(provider: str, lines: Sequence[ProviderLine], *, hidden: bool) -> Complaints:
    delivered, complained = sum(line.delivered for line in lines), _complained(lines)
    return Complaints(
        provider=provider,
        first=lines[0].issue,
        last=lines[-1].issue,
        delivered=delivered,
        complained=None if hidden else complained,
        level=level(complained, delivered),
    )


def _complained(lines: Iterable[ProviderLine]) -> int:
    return sum(line.complained or 0 for line in lines)
