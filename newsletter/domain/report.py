"""What readers did with one issue, as figures; `domain.trends` has those across issues.

No group of readers is told of by what fewer than `FEWEST` of them did: such a figure is None, and
so is whatever it could be had from by subtraction. What became of mails, and the sums over a whole
issue, are told as they are. A count is of people unless it says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.domain.correction import Correction
    from newsletter.domain.trial import TrialStatus

FEWEST = 5
"""Groups with fewer people are not broken down."""

HOURS = 48
"""How long after the first mail the curve goes."""

COMPARED = 10
"""Earlier issues that one is compared with."""

WARN_COMPLAINTS, MOST_COMPLAINTS = 0.001, 0.003
"""Shares of complaints that a sender of bulk mail should stay below, and must never reach.

https://support.google.com/a/answer/81126, https://senders.yahooinc.com/best-practices/
"""


class Level(StrEnum):
    """How a share of complaints stands beside what mailbox providers put up with."""

    FINE = "fine"
    NEAR = "near the limit"
    MANY = "too many"


class Verdict(StrEnum):
    """Who opened or clicked, as far as the evidence tells; see domain.visit."""

    HUMAN = "human"
    UNSURE = "unsure"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Shares:
    """People who did something, by who did it. Nobody is in two of them: who was there in person
    counts as human, whatever machines did beside; None is withheld.

    `because` tells, for those not human, how many show which sign (in words) of a machine.
    """

    human: int | None = 0
    unsure: int | None = 0
    machine: int | None = 0
    because: Mapping[str, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Part of an issue's readers: a version, a list or an audience (`weekly / retailers`), and what
    became of their mails. `name` is '' for the people of groups too small to be told apart.
    """

    name: str
    deliveries: int
    delivered: int
    bounced: int
    dropped: int
    complained: int | None
    unsubscribed: int | None
    opened: Shares
    clicked: Shares


@dataclass(frozen=True, slots=True)
class Place:
    """What was clicked: a link, a brief or a section, in the order of the issue as mailed.

    `number` is a link's `place` in the table of links, None of sections and briefs. `anonymous`
    counts clicks, not people: those of readers who did not consent to be counted one by one.
    `section` is a key, `brief` the id of a brief in a mail's links; '' where a link is in none.
    `leads_to` is where our own redirect leads now, '' of a link that is none.
    """

    number: int | None
    url: str
    section: str
    brief: str
    headline: str
    people: Shares
    anonymous: int | None
    leads_to: str = ""

    @property
    def page(self) -> str:
        """The page a reader comes to by a link."""
        return self.leads_to or self.url


@dataclass(frozen=True, slots=True)
class Step:
    """How many had done it by the end of an hour after the first mail (1 to 48), all in all.

    Hours in which fewer than five more people came are told with a later one.
    """

    hour: int
    people: int


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """What one mailbox provider did with an issue's mails: gmail, yahoo, microsoft, apple, others.

    `deferred` mails are still being tried. `level` is told also where the number of complaints is
    withheld. `issue` is '' of many issues together, `at` the moment of the first of them.
    """

    issue: str
    at: datetime
    provider: str
    delivered: int
    deferred: int
    bounced: int
    dropped: int
    complained: int | None
    level: Level

    @property
    def reported(self) -> int:
        """Mails of which the provider has said what became of them."""
        return self.delivered + self.deferred + self.bounced + self.dropped

    @property
    def complaints(self) -> float | None:
        """The share of delivered mails that were called spam, 0 to 1; None where it is withheld."""
        if self.complained is None:
            return None
        return self.complained / self.delivered if self.delivered else 0.0


@dataclass(frozen=True, slots=True)
class Complaints:
    """Complaints at one mailbox provider, of as many issues in a row as it takes for there to be
    five, or none: `first` to `last`.
    """

    provider: str
    first: str
    last: str
    delivered: int
    complained: int | None
    level: Level

    @property
    def share(self) -> float | None:
        """Of the delivered mails, 0 to 1; None where all issues together have fewer than five."""
        if self.complained is None:
            return None
        return self.complained / self.delivered if self.delivered else 0.0


@dataclass(frozen=True, slots=True)
class Compared:
    """One share (0 to 1) beside those of the last issues; without `issues`, the rest is None.

    `measure` is delivered, bounced, opened, clicked, complained or unsubscribed; opened and clicked
    are human. Delivered and bounced are of the mails reported on, opened and clicked of those
    delivered to consenting readers, the others of all delivered; `value` is None where it is
    withheld or there is nothing to divide by.
    """

    measure: str
    value: float | None
    median: float | None
    least: float | None
    greatest: float | None
    issues: int


@dataclass(frozen=True, slots=True)
class IssueReport:
    """What became of an issue, over all its campaigns: nobody has it twice, so people add up.

    submitted = delivered + deferred + bounced + dropped + accepted + silent, where `accepted` mails
    are on their way by the provider's word, and of `silent` ones nothing was heard. `excluded` and
    `bounces_by_cause` are by reason, `bounces_by_domain` by the recipient's domain, '' for those
    with fewer than five. `left_because` has '' for those who gave no reason. `opened` and `clicked`
    count people who consented to that, of whom `consenting` had the mail delivered; `opens` and
    `clicks` are events of all others, of whom nothing is kept. `began_at` is when the first mail
    was due or frozen. `concerns` are sentences.
    """

    issue: str
    at: datetime
    began_at: datetime
    candidates: int
    excluded: Mapping[str, int]
    deliveries: int
    submitted: int
    delivered: int
    deferred: int
    bounced: int
    dropped: int
    accepted: int
    silent: int
    complained: int
    unsubscribed: int
    left_because: Mapping[str, int | None]
    bounces_by_cause: Mapping[str, int]
    bounces_by_domain: Mapping[str, int]
    consenting: int
    opened: Shares
    clicked: Shares
    opens: Shares
    clicks: Shares
    providers: tuple[ProviderLine, ...]
    lists: tuple[Group, ...]
    audiences: tuple[Group, ...]
    versions: tuple[Group, ...]
    sections: tuple[Place, ...]
    briefs: tuple[Place, ...]
    links: tuple[Place, ...]
    opened_by_hour: tuple[Step, ...]
    clicked_by_hour: tuple[Step, ...]
    comparison: tuple[Compared, ...]
    corrections: tuple[Correction, ...]
    trials: tuple[TrialStatus, ...]
    method: tuple[str, ...]
    concerns: tuple[str, ...]
