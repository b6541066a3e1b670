"""What may be set, of which kind, with which default; docs/configuration.md says it to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import EmailStr, Field, StringConstraints, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.config.audience import AttributeRule, ListRule, Privacy, Signup
from newsletter.config.design import Design
from newsletter.config.gathering import Gathering, SectionRule, Source
from newsletter.config.reports import Reports
from newsletter.config.schedule import Notices, Schedule
from newsletter.config.sending import Sending
from newsletter.config.values import (
    AttributeName,
    CheckLevel,
    Key,
    Misplaced,
    Name,
    Strict,
    TimeZone,
    WebAddress,
)

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource


class Sender(Strict):
    """Who the mail is from."""

    name: Name
    email: EmailStr

    @model_validator(mode="after")
    def _mailable(self) -> Self:
        if any(char in self.name for char in ',;<>"'):
            raise ValueError("a sender's name must not hold , ; < > or quotation marks")
        return self


class Publication(Strict):
    """Who publishes: shown in every issue, and required by law in its footer."""

    name: Name
    website: WebAddress
    sender: Sender = Field(alias="from")
    postal_address: Name
    reply_to: EmailStr | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    timezone: TimeZone = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which dates and hours of this publication are meant."""
        return ZoneInfo(self.timezone)


class Web(Strict):
    """Where readers find the public pages: unsubscribe links point below `base_url`.

    `archive` is where an issue stands as a web page, with `{issue}` for its name; '' has none.
    `images` is the folder its pictures are published in; '' leaves that to `newsletter serve`.
    """

    base_url: WebAddress
    images: WebAddress | Literal[""] = ""
    archive: WebAddress | Literal[""] = ""


class Links(Strict):
    """What links tell the sites they lead to, as utm_ words; without `source`, nothing.

    With `redirect` an issue's links lead by way of web.base_url, where they can be corrected.
    """

    source: Name | Literal[""] = ""
    medium: Name = "email"
    campaign: Name = "{issue}"
    redirect: bool = False


class Settings(BaseSettings):
    """All of config.yaml."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="NEWSLETTER_", env_nested_delimiter="__"
    )

    publication: Publication
    web: Web
    links: Links = Links()
    theme: Key = "digest"
    design: Design | None = None
    sources: tuple[Source, ...] = ()
    sections: tuple[SectionRule, ...] = ()
    lists: dict[Key, ListRule] = Field(min_length=1)
    attributes: dict[AttributeName, AttributeRule] = {}
    signup: Signup = Signup()
    privacy: Privacy = Privacy()
    segments: dict[Key, str] = {}
    checks: dict[Key, CheckLevel] = {}
    clients: dict[Key, Annotated[float, Field(ge=0)]] = {}
    gathering: Gathering = Gathering()
    sending: Sending = Sending()
    schedule: dict[Key, Schedule] = {}
    editors: tuple[EmailStr, ...] = ()
    notices: Notices = Notices()
    reports: Reports = Reports()
    database: str | None = None
    jobs: Literal["local", "procrastinate"] = "local"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the order of arguments is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_more: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose content comes as keyword arguments."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _jobs_have_a_place(self) -> Self:
        if self.jobs == "procrastinate" and not (self.database or "").startswith("postgresql"):
            raise ValueError(
                "jobs: procrastinate needs PostgreSQL; set database: to "
                "postgresql+psycopg://user@host/name, or jobs: local"
            )
        return self

    @field_validator("schedule", mode="before")
    @classmethod
    def _schedules_have_names(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and set(value) & set(Schedule.model_fields):
            raise ValueError(
                "holds hours and no name for them; write them below one, as in "
                "schedule: {weekly: {send: friday 08:00}}"
            )
        return value

    @model_validator(mode="after")
    def _schedules_name_what_there_is(self) -> Self:
        for name, schedule in self.schedule.items():
            for key, there in (("list", self.lists), ("segment", self.segments)):
                named = schedule.list_key if key == "list" else schedule.segment
                if named is not None and named not in there:
                    known = ", ".join(there) or "none"
                    told = f"has “{named}”; there are: {known}"
                    raise Misplaced(told, "schedule", name, key)
        return self

    @model_validator(mode="after")
    def _unique_names(self) -> Self:
        for what, names in (
            ("source", [source.name for source in self.sources]),
            ("section", [section.key for section in self.sections]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"two entries of {what}s are called “{twice}”")
        return self
