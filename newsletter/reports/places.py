"""Who clicked where: links, briefs and sections, over all campaigns of an issue. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from newsletter.domain.report import Place, Verdict
from newsletter.domain.tally import Measure
from newsletter.reports.sums import Sums, shares_of, shares_shown
from newsletter.reports.withhold import parts_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.domain.campaign import Campaign
    from newsletter.domain.report import Shares
    from newsletter.domain.tally import Key
    from newsletter.store.figures import LinkRow
    from newsletter.store.sums import Part

_Path = tuple[str, ...]
"""A section; a section and a brief; or both and an address."""


@dataclass(slots=True)
class _Clicks:
    first: LinkRow
    people: Counter[str] = field(default_factory=Counter)
    anonymous: int = 0


@dataclass(slots=True)
class Clicked:
    """Adds up campaigns: the same link, brief or section of several is one."""

    links: dict[_Path, _Clicks] = field(default_factory=dict)
    briefs: dict[_Path, _Clicks] = field(default_factory=dict)
    sections: dict[_Path, _Clicks] = field(default_factory=dict)

    def add(self, rows: Sequence[LinkRow], counts: Mapping[Key, int]) -> None:
        """Add a campaign: its links in reading order, and its sums."""
        own: dict[str, int] = {}
        added: set[_Path] = set()
        for row in rows:
            own.setdefault(row.url, row.place)
            anonymous = counts.get((Measure.CLICKS_LINK, str(own[row.url])), 0)
            for level, path, measure in self._levels(row):
                known = level.setdefault(path, _Clicks(row))
                if path not in added:
                    added.add(path)
                    place = own[row.url] if measure is Measure.LINK else row.place
                    for verdict in Verdict:
                        known.people[verdict] += counts.get((measure, f"{verdict} {place}"), 0)
                if (*path, row.url, "anonymous") not in added:
                    added.add((*path, row.url, "anonymous"))
                    known.anonymous += anonymous

    def _levels(self, row: LinkRow) -> list[tuple[dict[_Path, _Clicks], _Path, Measure]]:
        path = (row.section, row.brief, row.url)
        levels: list[tuple[dict[_Path, _Clicks], _Path, Measure]]
        levels = [(self.links, path, Measure.LINK)]
        if row.brief:
            levels.append((self.briefs, path[:2], Measure.BRIEF))
        if row.section:
            levels.append((self.sections, path[:1], Measure.SECTION))
        return levels


def clicked_of(
    campaigns: Iterable[Campaign],
    counts: Mapping[Part, Mapping[Key, int]],
    links: Iterable[LinkRow],
) -> Clicked:
    """Who clicked where, over these campaigns of one issue."""
    clicked, rows = Clicked(), list(links)
    for campaign in campaigns:
        own = Sums.of(tally for (number, _), tally in counts.items() if number == campaign.id)
        clicked.add([row for row in rows if row.campaign == campaign.id], own.counts)
    return clicked


def places(
    level: Mapping[_Path, _Clicks], leads_to: Mapping[str, str] = MappingProxyType({})
) -> tuple[Place, ...]:
    """One level's places in reading order; together they are a whole that is known. `leads_to` is
    where our own redirects lead.
    """
    shares = shares_shown([shares_of(dict(found.people)) for found in level.values()])
    anonymous = parts_shown({path: found.anonymous for path, found in level.items()})
    return tuple(
        _place(path, found.first, people, anonymous[path], leads_to)
        for (path, found), people in zip(level.items(), shares, strict=True)
    )


def _place(
    path: _Path,
    first: LinkRow,
    people: Shares,
    anonymous: int | None,
    leads_to: Mapping[str, str],
) -> Place:
    inside = len(path) > 1
    link = len(path) > 2
    return Place(
        number=first.place if link else None,
        url=first.url if link else "",
        section=first.section,
        brief=first.brief if inside else "",
        headline=first.headline if inside else "",
        people=people,
        anonymous=anonymous,
        leads_to=leads_to.get(first.url, "") if link else "",
    )
