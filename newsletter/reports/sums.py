"""Sums of several versions and campaigns, as what a report tells. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.domain.report import Shares, Verdict
from newsletter.domain.tally import Measure
from newsletter.domain.visit import WORDS
from newsletter.reports.withhold import parts_shown, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.domain.tally import Key


@dataclass(slots=True)
class Sums:
    """What the tallies of some versions come to together."""

    counts: Counter[Key] = field(default_factory=Counter)

    @classmethod
    def of(cls, tallies: Iterable[Mapping[Key, int]]) -> Sums:
        """All of these."""
        sums = cls()
        for tally in tallies:
            sums.counts.update(tally)
        return sums

    def by(self, measure: Measure) -> dict[str, int]:
        """Subject → count, of one measure."""
        return {
            subject: count
            for (kind, subject), count in self.counts.items()
            if kind is measure and count
        }

    def total(self, *measures: Measure) -> int:
        """All subjects of some measures."""
        return sum(count for (kind, _), count in self.counts.items() if kind in measures)

    @property
    def reported(self) -> int:
        """Mails of which anything was reported."""
        return self.total(*ARRIVED, Measure.PROCESSED)

    def shares(self, measure: Measure, because: Measure | None = None) -> Shares:
        """People, or events, by who it was."""
        counts: Mapping[str, int | None] = self.by(measure)
        signs = self.by(because) if because else {}
        return shares_of(
            counts,
            because={
                words: shown(signs[str(sign.value)])
                for sign, words in WORDS.items()
                if str(sign.value) in signs
            },
        )


ARRIVED = (Measure.DELIVERED, Measure.DEFERRED, Measure.BOUNCED, Measure.DROPPED)
"""In the order of domain.report.ProviderLine."""


def shares_of(
    counts: Mapping[str, int | None], because: Mapping[str, int | None] | None = None
) -> Shares:
    """Shares by verdict."""
    return Shares(
        human=counts.get(Verdict.HUMAN, 0),
        unsure=counts.get(Verdict.UNSURE, 0),
        machine=counts.get(Verdict.MACHINE, 0),
        because=because,
    )


def shares_shown(lines: Sequence[Shares]) -> list[Shares]:
    """The shares of parts of a whole, none of which tells of a few people."""
    columns = {
        verdict: parts_shown(
            {place: getattr(line, verdict) or 0 for place, line in enumerate(lines)}
        )
        for verdict in Verdict
    }
    return [
        shares_of({verdict: column[place] for verdict, column in columns.items()}, line.because)
        for place, line in enumerate(lines)
    ]
