"""The weekly rhythm as a person writes it, and who is told what by the program itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    EmailStr,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from newsletter.config.values import Duration, Key, Line, Misplaced, Strict, WebAddress
from newsletter.domain.rhythm import Rhythm, Span, parse_every, parse_hour, parse_skip

LONGEST_GRACE = timedelta(days=3)
"""Shorter than any rhythm, so that never two issues of one schedule may go at once."""


def _hour(text: str) -> str:
    parse_hour(text)
    return text


def _every(text: str) -> str:
    parse_every(text)
    return text


def _span(value: Any) -> Span:
    return value if isinstance(value, Span) else parse_skip(str(value))


def _day(value: Any) -> Any:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"has “{value}”; write a date such as 2026-11-27") from None


def _several(value: Any) -> Any:
    """One alone needs no brackets."""
    return (value,) if isinstance(value, str | date) else value


Hour = Annotated[Line, AfterValidator(_hour)]
Days = Annotated[
    Span,
    BeforeValidator(_span),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string"}),
]


class Schedule(Strict):
    """When the issues of one list are gathered, remembered and sent, in the publication's zone.

    `grace`: how late an issue may still go by itself. `thin`: what follows from a thin week, in
    place of `gathering.thin_week.then`. List and segment are written into each new issue.
    """

    send: Hour
    gather: Hour | None = None
    remind: Hour | None = None
    every: Annotated[Line, AfterValidator(_every)] = "week"
    since: Annotated[date, BeforeValidator(_day)] | None = None
    skip: Annotated[tuple[Days, ...], BeforeValidator(_several)] = ()
    grace: Annotated[Duration, Field(json_schema_extra={"default": "6h"})] = timedelta(hours=6)
    thin: Literal["shorten", "widen", "skip"] | None = None
    list_key: Key | None = Field(default=None, alias="list")
    segment: Key | None = None

    @property
    def rhythm(self) -> Rhythm:
        """The same as the calendar understands it."""
        return Rhythm(
            send=parse_hour(self.send),
            gather=parse_hour(self.gather) if self.gather else None,
            remind=parse_hour(self.remind) if self.remind else None,
            every=parse_every(self.every),
            since=self.since,
            skip=self.skip,
        )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.grace > LONGEST_GRACE:
            raise Misplaced(f"should be at most {LONGEST_GRACE.days}d", "grace")
        _ = self.rhythm
        return self


class Notices(Strict):
    """Who is told when something goes wrong: by mail, and by a signed post to a web address."""

    mail_to: tuple[EmailStr, ...] = ()
    webhook: WebAddress | None = None
