"""An issue's report, from its sums and from what stands in the database. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Tracking
from newsletter.domain.report import Group, IssueReport, Verdict
from newsletter.domain.tally import Measure
from newsletter.domain.trial import without_subject
from newsletter.domain.visit import METHOD
from newsletter.reports import complaints
from newsletter.reports.curve import Standings, compared, steps
from newsletter.reports.lists import by_list
from newsletter.reports.places import clicked_of, places
from newsletter.reports.sums import Sums, shares_shown
from newsletter.reports.trials import trial_shown
from newsletter.reports.withhold import large_enough, parts_shown, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from newsletter.domain.campaign import Campaign
    from newsletter.domain.correction import Correction
    from newsletter.domain.tally import Key
    from newsletter.domain.trial import TrialStatus
    from newsletter.store.figures import LinkRow, Sent
    from newsletter.store.sums import Part

HONESTY = (
    (
        "Opens and clicks are of readers who agreed to be counted one by one; of all others only "
        "the number of opens and clicks is known, not of people."
    ),
    (
        "What one to four people of a group did is withheld, and whatever would give it away; what "
        "became of mails, and the sums over all readers, are told as they are."
    ),
)


SAID = (*METHOD, *HONESTY)
"""What is said beside every report."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of; all by campaign and version, where it can be. `leads_to` is where
    our own redirects lead, `noted` what the provider was asked to note.
    """

    issue: str
    at: datetime
    campaigns: Sequence[Campaign]
    candidates: int
    excluded: Mapping[str, int]
    sent: Mapping[Part, Sent]
    counts: Mapping[Part, Mapping[Key, int]]
    left: Mapping[Part, Counter[str]]
    links: Sequence[LinkRow]
    leads_to: Mapping[str, str]
    corrections: tuple[Correction, ...]
    trials: tuple[TrialStatus, ...]
    noted: Tracking
    earlier: Sequence[Standings] = ()
    concerns: tuple[str, ...] = ()

    @property
    def began_at(self) -> datetime:
        """When the first mail was due, or frozen."""
        return began_at(self.campaigns)


def began_at(campaigns: Iterable[Campaign]) -> datetime:
    """When the first of some campaigns was due, or frozen."""
    return min(campaign.send_at or campaign.frozen_at for campaign in campaigns)


def issue_report(material: Material) -> IssueReport:
    """The report of an issue that has been frozen at least once."""
    sums = Sums.of(material.counts.values())
    reasons: Counter[str] = sum(material.left.values(), Counter())
    submitted = sum(one.submitted for one in material.sent.values())
    clicked = clicked_of(material.campaigns, material.counts, material.links)
    audiences = _audiences(material)
    return IssueReport(
        issue=material.issue,
        at=material.at,
        began_at=material.began_at,
        candidates=material.candidates,
        excluded=material.excluded,
        deliveries=sum(one.deliveries for one in material.sent.values()),
        submitted=submitted,
        delivered=sums.total(Measure.DELIVERED),
        deferred=sums.total(Measure.DEFERRED),
        bounced=sums.total(Measure.BOUNCED),
        dropped=sums.total(Measure.DROPPED),
        accepted=sums.total(Measure.PROCESSED),
        silent=max(submitted - sums.reported, 0),
        complained=sums.total(Measure.COMPLAINED),
        unsubscribed=reasons.total(),
        left_because=parts_shown(reasons),
        bounces_by_cause=_most_first(sums.by(Measure.BOUNCE_CAUSE)),
        bounces_by_domain=_large_domains(sums.by(Measure.BOUNCE_DOMAIN)),
        consenting=sums.total(Measure.COHORT_DELIVERED),
        opened=sums.shares(Measure.OPENED, Measure.OPENED_BECAUSE),
        clicked=sums.shares(Measure.CLICKED, Measure.CLICKED_BECAUSE),
        opens=sums.shares(Measure.OPENS),
        clicks=sums.shares(Measure.CLICKS),
        providers=complaints.told(
            complaints.provider_lines(sums, material.issue, material.began_at)
        ),
        lists=by_list(material.campaigns, audiences),
        audiences=audiences,
        versions=_versions(material),
        sections=places(clicked.sections),
        briefs=places(clicked.briefs),
        links=places(clicked.links, material.leads_to),
        opened_by_hour=steps(sums.by(Measure.OPENED_HOUR), material.began_at),
        clicked_by_hour=steps(sums.by(Measure.CLICKED_HOUR), material.began_at),
        comparison=compared(Standings.of(sums, reasons.total(), Verdict.HUMAN), material.earlier),
        corrections=material.corrections,
        trials=tuple(map(trial_shown, material.trials)),
        method=(*_not_noted(material.noted), *SAID),
        concerns=material.concerns,
    )


def _not_noted(noted: Tracking) -> Iterator[str]:
    """What figures may not tell, for the provider was not asked for it; an account may note all."""
    missing = ~noted & (Tracking.OPENS | Tracking.CLICKS)
    if missing:
        yield (
            f"The provider was not asked to note {missing.words} of this issue: sending.tracking "
            "did not name them when it left."
        )


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _large_domains(counts: Mapping[str, int]) -> dict[str, int]:
    """Domains with five bounces or more, and '' for all others together."""
    named = {domain: count for domain, count in counts.items() if shown(count) is not None}
    others = sum(counts.values()) - sum(named.values())
    return _most_first(named) | ({"": others} if others else {})


def _audiences(material: Material) -> tuple[Group, ...]:
    names = {campaign.id: campaign.audience for campaign in material.campaigns}
    return _groups(material, lambda part: names[part[0]])


def _versions(material: Material) -> tuple[Group, ...]:
    return _groups(material, lambda part: without_subject(part[1]))


def _groups(material: Material, name_of: Callable[[Part], str]) -> tuple[Group, ...]:
    """Readers by some name of theirs, none of fewer than five."""
    parts: dict[str, list[Part]] = {}
    for part in material.sent:
        parts.setdefault(name_of(part), []).append(part)
    groups = large_enough(
        [_group(material, name, some) for name, some in parts.items()],
        lambda group: group.deliveries,
        lambda small: _merged(material, small, parts),
    )
    return _shown(groups)


def _merged(material: Material, small: list[Group], parts: Mapping[str, list[Part]]) -> Group:
    return _group(material, "", [part for group in small for part in parts[group.name]])


def _group(material: Material, name: str, parts: Sequence[Part]) -> Group:
    sums = Sums.of(material.counts.get(part, {}) for part in parts)
    return Group(
        name=name,
        deliveries=sum(material.sent[part].deliveries for part in parts),
        delivered=sums.total(Measure.DELIVERED),
        bounced=sums.total(Measure.BOUNCED),
        dropped=sums.total(Measure.DROPPED),
        complained=sums.total(Measure.COMPLAINED),
        unsubscribed=sum(material.left[part].total() for part in parts if part in material.left),
        opened=sums.shares(Measure.OPENED),
        clicked=sums.shares(Measure.CLICKED),
    )


def _shown(groups: Sequence[Group]) -> tuple[Group, ...]:
    left = parts_shown({place: group.unsubscribed or 0 for place, group in enumerate(groups)})
    complained = parts_shown({place: group.complained or 0 for place, group in enumerate(groups)})
    opened = shares_shown([group.opened for group in groups])
    clicked = shares_shown([group.clicked for group in groups])
    return tuple(
        replace(
            group,
            complained=complained[place],
            unsubscribed=left[place],
            opened=opened[place],
            clicked=clicked[place],
        )
        for place, group in enumerate(groups)
    )
