"""People's side of the settings: lists, attributes, signing up, and how long things are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from newsletter.config.values import Duration, Line, Name, Strict
from newsletter.domain.event import KEPT


class ListRule(Strict):
    """A list people subscribe to. Only `public` ones are offered on pages and in forms.

    With `double_opt_in`, whoever signs up is on it once they confirm by mail.
    """

    title: Name
    description: Line = ""
    public: bool = True
    double_opt_in: bool = True


class AttributeRule(Strict):
    """What is known of people under a name: its type, and perhaps the only values there are.

    `public` ones are asked for in the sign-up form and on the preferences page.
    """

    type: Literal["text", "number", "date", "flag"] = "text"
    title: Line = ""
    values: tuple[Name, ...] = ()
    public: bool = False

    @model_validator(mode="after")
    def _values_are_text(self) -> Self:
        if self.values and self.type != "text":
            raise ValueError("only an attribute of type text has a list of values")
        return self


class Signup(Strict):
    """What keeps the sign-up form from being abused, and the words people agree to.

    One confirmation an address a day and `mails` in all until it is confirmed; so many an hour from
    one network (an IPv4 address, an IPv6 /64) and for the whole site; nobody fills in a form within
    `least_seconds`.
    """

    consent: Line = ""
    mails: Annotated[int, Field(ge=1, le=10)] = 3
    per_network: Annotated[int, Field(ge=1)] = 20
    per_site: Annotated[int, Field(ge=1)] = 500
    least_seconds: Annotated[float, Field(ge=0, le=60)] = 2.0
    forwarded_by: tuple[str, ...] = ()


class Privacy(Strict):
    """How long things are kept: events of each reader, sign-ups nobody confirmed, posts of events
    that could not be read, and network addresses in proofs of consent.
    """

    events: Annotated[Duration, Field(json_schema_extra={"default": "400d"})] = KEPT
    unconfirmed: Annotated[Duration, Field(json_schema_extra={"default": "7d"})] = timedelta(days=7)
    dead_letters: Annotated[Duration, Field(json_schema_extra={"default": "30d"})] = timedelta(
        days=30
    )
    networks: Annotated[Duration, Field(json_schema_extra={"default": "1095d"})] = timedelta(
        days=1095
    )
