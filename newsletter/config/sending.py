"""How mail leaves: the provider, its account, the pace."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from functools import reduce
from operator import or_
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from newsletter.config.providers import SendGrid, Smtp
from newsletter.config.values import Duration, Strict, duration_text
from newsletter.domain.calendar_names import WEEKDAYS
from newsletter.domain.event import SOFT_BOUNCES
from newsletter.domain.hours import Quiet
from newsletter.domain.mailing import UNTRACKED, Tracking

RECALL_MARGIN = timedelta(minutes=10)
"""A mailing cannot be called back for certain any later than this before it leaves.

https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends
"""

SHORTEST_HOLD, LONGEST_HOLD = timedelta(minutes=15), timedelta(hours=71)
"""The margin and a few minutes to think; the 72 hours SendGrid keeps mail, less one for clocks."""

SHORTEST_FUSE = timedelta(minutes=30)
"""The margin, a request, 15 minutes in which late bytes may arrive, and four to spare."""

Domain = Annotated[
    str,
    StringConstraints(to_lower=True, pattern=r"^(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}$"),
]
Label = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9-]{1,63}$")]
Share = Annotated[float, Field(gt=0, le=1)]


QuietHours = Annotated[
    str,
    StringConstraints(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]$"),
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _percent(value: object) -> object:
    """`20%` as 0.2."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%", value) if isinstance(value, str) else None
    return float(match[1]) / 100 if match else value


class Pace(Strict):
    """How much may leave: mails a second, an hour, and an hour to one recipients' domain."""

    per_second: Annotated[float, Field(gt=0)] | None = None
    per_hour: Annotated[int, Field(ge=1)] | None = None
    domains: dict[Domain, Annotated[int, Field(ge=1)]] = Field(default={})


class WarmUp(Strict):
    """A cap a day from `start` on: `first_day` mails, and each day `growth` times as many."""

    start: date | None = None
    first_day: Annotated[int, Field(ge=1)] = 1000
    growth: Annotated[float, Field(ge=1, le=10)] = 2.0


class Canary(Strict):
    """The first `size` people of a campaign, and how long the others `wait` for what comes back."""

    size: Annotated[int, Field(ge=0)] = 0
    wait: Annotated[Duration, Field(json_schema_extra={"default": "20m"})] = timedelta(minutes=20)


class SubjectTest(Strict):
    """How subjects are tried: with which `share` of people, how long, judged `by` what, and how
    many clicks or opens are the `least` to choose by.
    """

    share: Annotated[float, BeforeValidator(_percent), Field(gt=0, le=0.5)] = 0.2
    after: Annotated[Duration, Field(json_schema_extra={"default": "4h"})] = timedelta(hours=4)
    by: Literal["clicks", "opens"] = "clicks"
    least: Annotated[int, Field(ge=1)] = 50


class Thresholds(Strict):
    """Shares of what was submitted that pause a campaign, once `after` mails were submitted.

    `errors` are mails the provider rejected or dropped.
    """

    bounces: Share = 0.05
    complaints: Share = 0.003
    errors: Share = 0.05
    after: Annotated[int, Field(ge=1)] = 200


class Authentication(Strict):
    """The names in the DNS that `doctor` looks up for the sender's domain.

    `selectors` are those of DKIM: s1 and s2 with SendGrid, the signature's own with SMTP.
    `return_path` is the domain bounces go to, `links` the one links are rewritten to, if they are.
    """

    selectors: tuple[Domain | Label, ...] = ()
    return_path: Domain | None = None
    links: Domain | None = None


class Sending(Strict):
    """How mail leaves. `concurrency` requests run at once; `grace` in seconds: how late a campaign
    may start by itself. An address that bounces softly in `soft_bounces` issues in a row is
    suppressed. `hold_for`: how long the provider keeps mail, so that it can be recalled. With
    `reader_time` an hour is meant by the clock of each reader. `tracking` is what the provider
    notes of readers who agreed to it.
    """

    provider: Literal["outbox", "sendgrid", "smtp"] = "outbox"
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 500
    concurrency: Annotated[int, Field(ge=1, le=32)] = 4
    grace: Annotated[int, Field(ge=0)] = 6 * 3600
    sendgrid: SendGrid = SendGrid()
    smtp: Smtp | None = None
    authentication: Authentication = Authentication()
    pace: Pace = Pace()
    warm_up: WarmUp = WarmUp()
    canary: Canary = Canary()
    subject_test: SubjectTest = SubjectTest()
    thresholds: Thresholds = Thresholds()
    soft_bounces: Annotated[int, Field(ge=1)] = SOFT_BOUNCES
    hold_for: Duration | None = None
    fuse: bool = False
    reader_time: bool = False
    quiet_hours: QuietHours | None = None
    quiet_days: tuple[Weekday, ...] = ()
    tracking: tuple[Literal["opens", "clicks"], ...] = ()

    @property
    def noted(self) -> Tracking:
        """`tracking` as a value."""
        return reduce(or_, (Tracking[word.upper()] for word in self.tracking), UNTRACKED)

    @property
    def quiet(self) -> Quiet:
        """When nobody is mailed, by the clocks of readers or of the publication."""
        start, _, end = (self.quiet_hours or "00:00-00:00").partition("-")
        days = frozenset(WEEKDAYS["en"].index(day) for day in self.quiet_days)
        return Quiet(time.fromisoformat(start), time.fromisoformat(end), days)

    @model_validator(mode="after")
    def _some_time_is_not_quiet(self) -> Self:
        if len(set(self.quiet_days)) == len(WEEKDAYS["en"]):
            raise ValueError("quiet_days names every day, so nobody would be mailed; leave one out")
        if self.quiet_hours and self.quiet.start == self.quiet.end:
            raise ValueError(
                "quiet_hours begins when it ends; write it as in 21:00-07:00, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _server_is_named(self) -> Self:
        if self.provider == "smtp" and self.smtp is None:
            raise ValueError("has provider: smtp and no mail server; add smtp: {host: …}")
        return self

    @model_validator(mode="after")
    def _tracking_is_possible(self) -> Self:
        if self.tracking and self.provider != "sendgrid":
            raise ValueError(
                "tracking needs provider: sendgrid; a mail server and the outbox note no opens "
                "and clicks, so leave it out"
            )
        return self

    @model_validator(mode="after")
    def _undo_is_possible(self) -> Self:
        if self.fuse and (self.hold_for is None or self.hold_for < SHORTEST_FUSE):
            raise ValueError(f"fuse needs hold_for: {duration_text(SHORTEST_FUSE)} or longer")
        if self.hold_for is None:
            return self
        if self.provider != "sendgrid":
            raise ValueError("hold_for needs provider: sendgrid, which alone can recall mail")
        if not SHORTEST_HOLD <= self.hold_for <= LONGEST_HOLD:
            raise ValueError(
                f"hold_for should be {duration_text(SHORTEST_HOLD)} to "
                f"{duration_text(LONGEST_HOLD)}: SendGrid keeps mail for 72 hours at most, and "
                f"recalls none in its last {duration_text(RECALL_MARGIN)}"
            )
        return self
