"""config.yaml and the environment, as one checked value.

Any setting may come from the environment: `NEWSLETTER_SENDING__PROVIDER=sendgrid` stands for
`sending: {provider: sendgrid}` and wins over the file. Secrets come only from the environment.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails
    from pydantic_settings import PydanticBaseSettingsSource

CONFIG_FILE = "config.yaml"
SECRET_KEY = "NEWSLETTER_SECRET_KEY"  # noqa: S105 - the name of the variable, not its value
SENDGRID_KEY = "SENDGRID_API_KEY"
WEBHOOK_KEY = "SENDGRID_WEBHOOK_PUBLIC_KEY"


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")) or any(char.isspace() for char in value):
        raise ValueError("should be a web address such as https://example.com")
    return value.rstrip("/")


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("should be a time zone such as America/New_York")
    return value


def _one_line(value: str) -> str:
    if any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029" for char in value):
        raise ValueError("should be one line without control characters")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_one_line)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Sender(_Strict):
    """Who the mail is from."""

    name: Name
    email: EmailStr

    @model_validator(mode="after")
    def _mailable(self) -> Self:
        if any(char in self.name for char in ',;<>"'):
            raise ValueError("a sender's name must not hold , ; < > or quotation marks")
        return self


class Publication(_Strict):
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


class Source(_Strict):
    """Where news comes from: exactly one of feed, page and folder."""

    name: Name
    feed: WebAddress | None = None
    page: WebAddress | None = None
    folder: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.feed, self.page, self.folder)) != 1:
            raise ValueError("a source has exactly one of feed, page and folder")
        return self


class SectionRule(_Strict):
    """A section of each issue, filled by `gather` up to `max` briefs."""

    key: Key
    title: Name
    max: Annotated[int, Field(ge=1, le=200)] | None = None


class ListRule(_Strict):
    """A list people subscribe to."""

    title: Name
    description: Line = ""


class Gathering(_Strict):
    """Limits of outbound requests. `allow_private` names hosts on private networks to be read."""

    allow_private: tuple[str, ...] = ()
    deadline: Annotated[float, Field(gt=0, le=300)] = 30.0


class SendGrid(_Strict):
    """The SendGrid account; the key itself is in the environment (SENDGRID_API_KEY)."""

    host: WebAddress = "https://api.sendgrid.com"


class Sending(_Strict):
    """How mail leaves. `concurrency` requests run at once; `grace` in seconds: how late a campaign
    may start by itself.
    """

    provider: Literal["outbox", "sendgrid"] = "outbox"
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 500
    concurrency: Annotated[int, Field(ge=1, le=32)] = 4
    grace: Annotated[int, Field(ge=0)] = 6 * 3600
    sendgrid: SendGrid = SendGrid()


class Web(_Strict):
    """Where readers find the public pages: unsubscribe links point below `base_url`."""

    base_url: WebAddress


class Settings(BaseSettings):
    """All of config.yaml."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="NEWSLETTER_", env_nested_delimiter="__"
    )

    publication: Publication
    web: Web
    theme: Key = "digest"
    sources: tuple[Source, ...] = ()
    sections: tuple[SectionRule, ...] = ()
    lists: dict[Key, ListRule] = Field(min_length=1)
    segments: dict[Key, str] = {}
    gathering: Gathering = Gathering()
    sending: Sending = Sending()
    database: str | None = None

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
    def _unique_names(self) -> Self:
        for what, names in (
            ("source", [source.name for source in self.sources]),
            ("section", [section.key for section in self.sections]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"two entries of {what}s are called “{twice}”")
        return self


def load(workspace: Path) -> Settings:
    """The settings of a workspace.

    Raises ConfigError with file and line for a missing file, broken YAML, an unknown key (naming
    the nearest right one) or a value that is not allowed.
    """
    path = workspace / CONFIG_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{workspace} is not a workspace: it has no {CONFIG_FILE}; "
            f"make one with `newsletter init {workspace}`, or name another with -C"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=CONFIG_FILE) from error
    root, values = _parsed(text)
    try:
        return Settings(**values)
    except ValidationError as error:
        # An unknown name often explains the one that is missing, so it is told first.
        mistakes = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise _explained(mistakes[0], root, len(mistakes)) from None


def secret_key(environment: Mapping[str, str] = os.environ) -> bytes:
    """The workspace secret; ConfigError when it is unset or short."""
    secret = environment.get(SECRET_KEY, "")
    if len(secret) < 16:
        raise ConfigError(
            f"the environment has no {SECRET_KEY} of at least 16 characters; make one with "
            f"`openssl rand -hex 32`, keep it safe, and export it: links and tokens depend on it"
        )
    return secret.encode()


def sendgrid_key(environment: Mapping[str, str] = os.environ) -> SecretStr:
    """The SendGrid API key; ConfigError when it is unset."""
    if not environment.get(SENDGRID_KEY):
        raise ConfigError(
            f"sending.provider is sendgrid, but the environment has no {SENDGRID_KEY}; export it, "
            "or set sending.provider to outbox to write .eml files instead"
        )
    return SecretStr(environment[SENDGRID_KEY])


def _parsed(text: str) -> tuple[yaml.Node | None, dict[str, Any]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ConfigError(
            f"broken YAML: {error.problem or error.context}", file=CONFIG_FILE, line=line
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"broken YAML: {error}", file=CONFIG_FILE) from None
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError(
            "should hold settings such as `publication:`, `lists:` and `web:`",
            file=CONFIG_FILE,
            line=1,
        )
    return root, values


def _explained(error: ErrorDetails, root: yaml.Node | None, total: int) -> ConfigError:
    path = tuple(error["loc"])
    name = ".".join(str(part) for part in path) or "the settings"
    variable = "NEWSLETTER_" + "__".join(str(part) for part in path).upper()
    if error["type"] == "extra_forbidden":
        message = f"unknown setting “{name}”{_nearest(path)}"
    elif error["type"] == "missing":
        message = f"“{name}” is missing; add it"
    else:
        message = f"“{name}” {error['msg'].removeprefix('Value error, ')}"
    if total > 1:
        message += f" ({total - 1} more after this one)"
    if path and variable in os.environ:
        return ConfigError(f"{message} (set by the environment variable {variable})")
    return ConfigError(message, file=CONFIG_FILE, line=_line(root, path))


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int | None:
    """The line of the deepest part of `path` that stands in the file."""
    line = None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _nearest(path: tuple[int | str, ...]) -> str:
    """`; did you mean “…”?` with the nearest name allowed at that place."""
    names = _names_at(Settings, path[:-1])
    close = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.5)
    return f"; did you mean “{close[0]}”?" if close else f"; known here: {', '.join(names)}"


def _names_at(annotation: Any, path: tuple[int | str, ...]) -> list[str]:
    """The names a mapping at `path` may hold."""
    fields = getattr(annotation, "model_fields", None)
    if fields is None:  # a dict or tuple of models: its keys and positions are free
        return _names_at(
            annotation.__args__[-1 if path and isinstance(path[0], str) else 0], path[1:]
        )
    if not path:
        return [field.alias or name for name, field in fields.items()]
    inner = next(
        field.annotation for name, field in fields.items() if path[0] in (name, field.alias)
    )
    return _names_at(inner, path[1:])
