"""What only a real SendGrid account can answer, asked step by step, the answers kept.

Each trial mails nobody but the operator's own two mailboxes. What the API tells is judged at once;
for the rest a person looks, some of it half an hour later, so that a trial is begun and answered in
two sittings. Answers lie in .newsletter/live.json, which holds no address.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from newsletter.audience.addresses import parse_address
from newsletter.domain.mailing import Mailing, Message, Recipient
from newsletter.errors import DeliveryError, ProviderError, WorkspaceError
from newsletter.issues.files import write_atomically
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.usecases.trials import TRIALS, Account

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.usecases.trials import Trial


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one trial. `told` are the API's words, `passed` what came of it in the end.

    Until `ask_at` there is nothing to see yet.
    """

    code: str
    begun_at: datetime
    ask_at: datetime
    told: str
    passed: bool | None = None
    note: str = ""


def records(workspace: Workspace) -> dict[str, Record]:
    """What was recorded, by code; WorkspaceError where the file is not ours."""
    try:
        kept = orjson.loads(_file(workspace).read_bytes())
        return {one["code"]: _record(one) for one in kept}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError):
        raise WorkspaceError(
            f"{_file(workspace)} is no record of live trials; move it away to begin anew"
        ) from None


def mailboxes(given: tuple[str, ...]) -> tuple[str, str]:
    """The operator's own two; DeliveryError where it is not two different ones."""
    addresses = tuple(dict.fromkeys(parse_address(one).mailed for one in given))
    if len(addresses) != 2:
        raise DeliveryError("live trials need two mailboxes of your own; name each with --to")
    return addresses[0], addresses[1]


def begin(workspace: Workspace, trial: Trial, to: tuple[str, str]) -> Record:
    """Do what a trial does, now, and record it. DeliveryError unless mail leaves by SendGrid."""
    provider = workspace.provider
    if not isinstance(provider, SendGridProvider):
        raise DeliveryError(
            f"live trials are of SendGrid, and sending.provider is {provider.name}; "
            "set it to sendgrid in config.yaml"
        )
    account = Account(provider, workspace.clock, _mailing(workspace, trial, to))
    try:
        told, passed = trial.begin(account)
    except ProviderError as error:
        told, passed = error.message, False
    now = workspace.clock.now()
    return _keep(workspace, Record(trial.code, now, now + trial.wait, told, passed))


def answer(workspace: Workspace, record: Record, *, passed: bool, note: str = "") -> Record:
    """Record what a person saw; what the API refuted stays so."""
    good = passed and record.passed is not False
    return _keep(workspace, replace(record, passed=good, note=note))


def _keep(workspace: Workspace, record: Record) -> Record:
    known = records(workspace) | {record.code: record}
    ordered = [asdict(known[trial.code]) for trial in TRIALS if trial.code in known]
    write_atomically(_file(workspace), orjson.dumps(ordered, option=orjson.OPT_INDENT_2))
    return record


def _record(kept: dict[str, object]) -> Record:
    moments = {name: datetime.fromisoformat(str(kept[name])) for name in ("begun_at", "ask_at")}
    return Record(**{**kept, **moments})  # type: ignore[arg-type]


def _file(workspace: Workspace) -> Path:
    return workspace.state / "live.json"


def _mailing(workspace: Workspace, trial: Trial, to: tuple[str, str]) -> Mailing:
    """A mail that says which trial it belongs to, to both mailboxes."""
    said = f"{trial.title} {trial.look}"
    message = Message(
        campaign="live",
        sender=workspace.sender,
        subject=f"Live trial {trial.code} of newsletter",
        html=f"<p>{said}</p>",
        text=f"{said}\n",
        tokens=(),
        list_id=f"<live.{workspace.sender.email.rpartition('@')[2]}>",
    )
    link = f"{workspace.settings.web.base_url}/u/live"
    people = tuple(Recipient(f"live-{place}", one, (), link) for place, one in enumerate(to))
    return Mailing(workspace.randomness.token(), message, people)
