"""Mails a notice to each of its people; who has it, or was refused, is not mailed again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from newsletter.delivery.compose import compose_recipients
from newsletter.domain.address import address_digest
from newsletter.domain.campaign import PlannedDelivery
from newsletter.domain.mailing import Mailing
from newsletter.domain.notice import Channel, NoticeKind, NoticeState
from newsletter.domain.token import Purpose, derive_key
from newsletter.errors import ConfigError, Partly, ProviderError, Refusal, Rejected, Uncertain
from newsletter.store.engine import pepper, reading
from newsletter.usecases.notice_letters import LABEL, letter
from newsletter.usecases.proofs import proof
from newsletter.usecases.report_letter import report_letter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from newsletter.app import Workspace
    from newsletter.domain.mailing import Message, Recipient
    from newsletter.domain.notice import Notice


SUBJECTS = {
    NoticeKind.PROOF: "Proof of {issue}",
    NoticeKind.REMINDER: "{issue} waits for its approval",
    NoticeKind.THIN: "No issue this week: {issue}",
    NoticeKind.UNAPPROVED: "{issue} was not sent, for it is not approved",
    NoticeKind.MISSED: "{issue} was missed",
    NoticeKind.FAILED: "{issue} could not be done",
    NoticeKind.TROUBLE: "The send of {issue} needs you",
    NoticeKind.REPORT: "How {issue} did",
}


@dataclass(slots=True)
class Mailed:
    """What came of a mail: how it ended, by the digest of each address; `left` are who may be tried
    again, for they did certainly not get it; `trouble` is why not everybody did.
    """

    left: list[str]
    endings: dict[str, NoticeState] = field(default_factory=dict)
    trouble: str = ""


def mail_notice(workspace: Workspace, notice: Notice) -> Mailed:
    """Mail a notice to whom it is for, but for those with whom it has ended.

    ConfigError where nobody is named any more.
    """
    people = {
        digest: address
        for digest, address in _people(workspace, notice.channel).items()
        if digest not in notice.endings
    }
    mailed, message = Mailed(list(people)), _message(workspace, notice)
    while mailed.left:
        asked = tuple(mailed.left)
        recipients = _recipients(workspace, message, [people[digest] for digest in asked])
        mailing = Mailing(workspace.randomness.token(), message, recipients)
        try:
            workspace.provider.submit(mailing)
        except ProviderError as error:
            _judge(mailed, asked, error)
            if _at_once(error, asked):
                continue  # for the others, of whom nobody was accepted
        else:
            _end(mailed, asked, NoticeState.TOLD)
        break
    return mailed


def _message(workspace: Workspace, notice: Notice) -> Message:
    subject = SUBJECTS[notice.kind].format(issue=notice.issue)
    if notice.kind is NoticeKind.PROOF:
        return proof(workspace, subject, notice)
    if notice.kind is NoticeKind.REPORT:
        made = report_letter(workspace, notice.issue)
        return replace(letter(workspace, subject, made.text), html=made.html)
    return letter(workspace, subject, notice.text)


def _people(workspace: Workspace, channel: Channel) -> dict[str, str]:
    """Digest → address of everybody on a channel."""
    settings = workspace.settings
    addresses = {
        Channel.EDITORS: settings.editors,
        Channel.OPERATORS: settings.notices.mail_to,
        Channel.REPORTS: settings.reports.mail_to,
    }[channel]
    if not addresses:
        raise ConfigError("nobody is named in config.yaml to be told of this any more")
    with reading(workspace.engine) as connection:
        key = pepper(connection)
    return {address_digest(key, address.lower()): address for address in addresses}


def _recipients(
    workspace: Workspace, message: Message, people: Sequence[str]
) -> tuple[Recipient, ...]:
    """Each with links that open nothing: these mails come by no list."""
    nobody = [PlannedDelivery(0, 0, address, {}) for address in people]
    made = compose_recipients(
        message.tokens,
        nobody,
        base_url=workspace.settings.web.base_url,
        key=derive_key(workspace.secret, Purpose.UNSUBSCRIBE),
    )
    return tuple(one._replace(delivery=f"{LABEL}-{place}") for place, one in enumerate(made))


def _judge(mailed: Mailed, asked: Sequence[str], error: ProviderError) -> None:
    """Write down what a provider's answer means for each of the people."""
    mailed.trouble = str(error)
    unnamed = set(asked)
    for part, people in _parts(error, asked):
        unnamed.difference_update(people)
        if isinstance(part, Uncertain):
            _end(mailed, people, NoticeState.UNCERTAIN)
        elif isinstance(part, Rejected) and part.refusal is not Refusal.ACCOUNT:
            _end(mailed, people, NoticeState.FAILED)
    if isinstance(error, Partly):  # whoever no part of it names was accepted
        _end(mailed, unnamed, NoticeState.TOLD)


def _parts(
    error: ProviderError, asked: Sequence[str]
) -> Iterator[tuple[ProviderError, Collection[str]]]:
    for part in error.parts if isinstance(error, Partly) else (error,):
        yield part, [asked[place] for place in part.positions] or asked


def _at_once(error: ProviderError, asked: Sequence[str]) -> bool:
    """Whether a few addresses alone kept the others from being mailed."""
    few = 0 < len(error.positions) < len(asked)
    return few and isinstance(error, Rejected) and error.refusal is Refusal.RECIPIENTS


def _end(mailed: Mailed, people: Collection[str], ending: NoticeState) -> None:
    mailed.endings |= dict.fromkeys(people, ending)
    mailed.left = [one for one in mailed.left if one not in mailed.endings]
