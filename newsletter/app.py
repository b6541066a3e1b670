"""The composition root: a workspace's settings become an engine, a provider, a fetcher, a clock."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter import __version__, config
from newsletter.domain.mailing import Mailbox
from newsletter.domain.token import Keys
from newsletter.errors import ConfigError, WorkspaceError
from newsletter.isolation import shared
from newsletter.jobs.local import LocalJobs
from newsletter.providers.outbox import OutboxProvider
from newsletter.providers.sendgrid.activity import SendGridWithActivity
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.smtp.provider import SmtpProvider
from newsletter.providers.smtp.signature import signer
from newsletter.store import attributes
from newsletter.store.commits import SharedCommits
from newsletter.store.engine import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Engine

    from newsletter.gather.fetch import GuardedFetcher
    from newsletter.gather.sandbox import Sandbox
    from newsletter.gather.shelf import Shelf
    from newsletter.isolation import Isolation
    from newsletter.ports import Clock, EmailProvider, JobRunner, Randomness


class SystemClock:
    """The machine's clock; the only place that asks it."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that may

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class SystemRandomness:
    """The machine's source of unguessable identifiers."""

    def token(self) -> str:
        """32 hexadecimal digits."""
        return secrets.token_hex(16)


@dataclass(frozen=True)
class Workspace:
    """A folder with config.yaml, templates/ and issues/, and everything made from its settings."""

    root: Path
    settings: config.Settings
    clock: Clock = field(default_factory=SystemClock)
    randomness: Randomness = field(default_factory=SystemRandomness)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Read a workspace's settings; ConfigError where they are missing or wrong."""
        return cls(root=root, settings=config.load(root))

    @property
    def issues(self) -> Path:
        """The folder of issues."""
        return self.root / "issues"

    @property
    def state(self) -> Path:
        """The folder of machine state, which git ignores."""
        return self.root / ".newsletter"

    @property
    def theme(self) -> Path:
        """The theme's folder; WorkspaceError when it is missing."""
        path = self.root / "templates" / self.settings.theme
        if not path.is_dir():
            raise WorkspaceError(
                f"there is no theme “{self.settings.theme}” in templates/; "
                "set `theme:` in config.yaml to a folder that is there"
            )
        return path

    @property
    def section_keys(self) -> dict[str, str]:
        """Section titles in lower case → keys, for reading issue files."""
        return {rule.title.casefold(): rule.key for rule in self.settings.sections}

    @property
    def sender(self) -> Mailbox:
        """Who every mail is from."""
        sender = self.settings.publication.sender
        return Mailbox(email=sender.email, name=sender.name)

    @cached_property
    def secret(self) -> bytes:
        """The workspace secret; ConfigError when the environment has none."""
        return config.secret_key(self.environment)

    @cached_property
    def keys(self) -> Keys:
        """What signs and opens readers' links: the secret, and former ones that still open them."""
        secrets = self.secret, *config.old_secret_keys(self.environment)
        return Keys(tuple(dict.fromkeys(secrets)))

    @property
    def isolation(self) -> Isolation:
        """Child processes for whatever others wrote."""
        return shared()

    @cached_property
    def shelf(self) -> Shelf:
        """What fetching remembers from one run to the next."""
        from newsletter.gather.shelf import Shelf  # noqa: PLC0415  # most commands fetch nothing

        return Shelf(self.state / "fetched", clock=self.clock)

    @cached_property
    def fetcher(self) -> GuardedFetcher:
        """The one door to the web."""
        from newsletter.gather.fetch import GuardedFetcher  # noqa: PLC0415  # as above
        from newsletter.gather.robots import Robots  # noqa: PLC0415

        gathering = self.settings.gathering
        robots = Robots(self.shelf, self.isolation) if gathering.robots else None
        return GuardedFetcher(gathering, user_agent=self.user_agent, robots=robots)

    @property
    def sandbox(self) -> Sandbox:
        """Where what was fetched is parsed: children of its own, with tighter limits."""
        from newsletter.gather.sandbox import Sandbox, children  # noqa: PLC0415  # as above

        return Sandbox(children())

    @cached_property
    def engine(self) -> Engine:
        """The database, made and migrated where needed, with an index for each attribute that is
        declared.
        """
        url = self.settings.database or f"sqlite:///{self.state / 'newsletter.db'}"
        engine = open_store(url, clock=self.clock, randomness=self.randomness)
        attributes.ensure(
            engine, {name: rule.type for name, rule in self.settings.attributes.items()}
        )
        return engine

    @cached_property
    def commits(self) -> SharedCommits:
        """Where many readers' small writes share commits."""
        return SharedCommits(self.engine)

    @cached_property
    def jobs(self) -> JobRunner:
        """How work is spread; ConfigError where config.yaml wants a package that is missing."""
        if self.settings.jobs == "local":
            return LocalJobs(self.engine)
        from newsletter.jobs.procrastinate import ProcrastinateJobs  # noqa: PLC0415 - seldom wanted

        return ProcrastinateJobs(self.engine)

    @cached_property
    def provider(self) -> EmailProvider:
        """The provider config.yaml names; ConfigError when a key or password is missing."""
        sending = self.settings.sending
        if sending.smtp is not None and sending.provider == "smtp":
            return self._mail_server(sending.smtp)
        if sending.provider == "sendgrid":
            kind = SendGridWithActivity if sending.sendgrid.activity else SendGridProvider
            return kind(
                config.sendgrid_key(self.environment),
                host=sending.sendgrid.host,
                options=sending.sendgrid,
                clock=self.clock,
                connections=sending.concurrency,
            )
        return OutboxProvider(self.state / "outbox", clock=self.clock)

    def _mail_server(self, server: config.Smtp) -> SmtpProvider:
        return SmtpProvider(
            server,
            password=config.smtp_password(self.environment) if server.user else None,
            sender=self.sender.email,
            clock=self.clock,
            sign=signer(server.dkim, self._key_of(server.dkim)) if server.dkim else bytes,
        )

    def _key_of(self, dkim: config.Dkim) -> bytes:
        try:
            return (self.root / dkim.key_file).read_bytes()
        except OSError as error:
            raise ConfigError(
                f"sending.smtp.dkim.key_file {dkim.key_file} cannot be read ({error.strerror})",
                file=config.CONFIG_FILE,
            ) from None

    def close(self) -> None:
        """Let go of the database and of the provider's connections, where they were opened."""
        made = vars(self)
        if isinstance(made.get("provider"), SendGridProvider | SmtpProvider):
            made["provider"].close()
        if "engine" in made:
            made["engine"].dispose()

    @property
    def user_agent(self) -> str:
        """How this program introduces itself to the sites it reads."""
        about = [f"+{self.settings.publication.website}", self.settings.gathering.contact]
        return f"newsletter/{__version__} ({'; '.join(filter(None, about))})"
