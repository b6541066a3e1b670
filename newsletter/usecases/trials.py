"""The trials L1 to L9: what each does to a real SendGrid account, and what to look for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Recipient
from newsletter.errors import ProviderError, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.domain.mailing import Mailing
    from newsletter.ports import Clock
    from newsletter.providers.sendgrid.client import SendGridProvider

AHEAD = timedelta(minutes=20)
"""How far ahead mail is scheduled: twice the margin in which a recall is not promised."""

PATIENCE = timedelta(minutes=5)
"""How long after its moment a mail may still come."""

MOST_CANCELS = 12

_NO_MAIL = "No mail with this trial's number arrives in either mailbox."


@dataclass(frozen=True, slots=True)
class Account:
    """What a trial works with: the provider, and a mailing to the operator's own mailboxes."""

    provider: SendGridProvider
    clock: Clock
    mailing: Mailing

    def submit(self, recall: str = "", *, later: bool = True, again: bool = False) -> None:
        """Submit the mailing, to leave a while later; `again` marks it as another attempt."""
        send_at = self.clock.now() + AHEAD if later else None
        attempt = self.mailing.attempt[::-1] if again else self.mailing.attempt
        self.provider.submit(replace(self.mailing, send_at=send_at, recall=recall, attempt=attempt))

    def confirmed(self, recall: str) -> tuple[str, bool | None]:
        """What is told of a cancel: False where the provider does not confirm it."""
        if self.provider.discarded(recall):
            return "the cancel is confirmed", None
        return "the cancel is not confirmed", False


@dataclass(frozen=True, slots=True)
class Trial:
    """One question. `begin` returns what the API told, and whether that settles it already."""

    code: str
    title: str
    does: str
    look: str
    wait: timedelta
    begin: Callable[[Account], tuple[str, bool | None]]


def _cancelled(account: Account) -> tuple[str, bool | None]:
    recall = account.provider.new_recall()
    account.submit(recall)
    account.provider.discard(recall)
    return account.confirmed(recall)


def _submitted_again(account: Account) -> tuple[str, bool | None]:
    told = _cancelled(account)
    account.submit(account.provider.new_recall(), again=True)
    return told


def _cancelled_first(account: Account) -> tuple[str, bool | None]:
    recall = account.provider.new_recall()
    account.provider.discard(recall)
    account.submit(recall)
    return account.confirmed(recall)


def _many_cancels(account: Account) -> tuple[str, bool | None]:
    for number in range(MOST_CANCELS):
        try:
            account.provider.discard(account.provider.new_recall())
        except ProviderError as error:
            return f"{number} at once; then: {error.message}", number >= 8
    return f"{MOST_CANCELS} and more at once", True


def _sent_now(account: Account) -> tuple[str, bool | None]:
    account.submit(later=False)
    return "submitted", None


def _sent_later(account: Account) -> tuple[str, bool | None]:
    account.submit()
    return "submitted for later", None


def _one_bad_address(account: Account) -> tuple[str, bool | None]:
    first, last = account.mailing.recipients
    bad = Recipient("live-bad", "no-address", (), first.unsubscribe_url)
    try:
        account.provider.submit(replace(account.mailing, recipients=(first, bad, last)))
    except Rejected as error:
        named = error.positions == (1,)
        return f"refused, naming {error.positions or 'nobody'}", None if named else False
    return "accepted in spite of a bad address", False


def _nothing(_account: Account) -> tuple[str, bool | None]:
    return "nothing is submitted", None


TRIALS = (
    Trial(
        "L1",
        "Is scheduled mail that is cancelled thrown away?",
        "Submits a mail for 20 minutes later, and cancels it at once.",
        _NO_MAIL,
        AHEAD + PATIENCE,
        _cancelled,
    ),
    Trial(
        "L2",
        "After a cancel, does a second submission under a new id arrive once?",
        "Submits a mail for 20 minutes later, cancels it, and submits it again.",
        "Exactly one mail with this trial's number arrives in each mailbox.",
        AHEAD + PATIENCE,
        _submitted_again,
    ),
    Trial(
        "L3",
        "Is mail thrown away that arrives after its id was cancelled?",
        "Cancels an id, and submits a mail under it for 20 minutes later.",
        _NO_MAIL,
        AHEAD + PATIENCE,
        _cancelled_first,
    ),
    Trial(
        "L5",
        "Does the signature cover both unsubscribe headers, and is there one of each?",
        "Submits a mail now.",
        "Save it with all its headers; `newsletter doctor --mail FILE` finds nothing wrong.",
        timedelta(),
        _sent_now,
    ),
    Trial(
        "L6",
        "When is “processed” told of scheduled mail, and do all its events carry our ids?",
        "Submits a mail for 20 minutes later.",
        "The events carry newsletter_attempt; note whether “processed” came at once or later.",
        AHEAD + PATIENCE,
        _sent_later,
    ),
    Trial(
        "L7",
        "Does a suppression that comes after the submission still count?",
        "Submits a mail for 20 minutes later; add the first mailbox to SendGrid's global "
        "unsubscribes before then, and take it out afterwards.",
        "The mail arrives in the second mailbox only.",
        AHEAD + PATIENCE,
        _sent_later,
    ),
    Trial(
        "L8",
        "Does one bad address refuse the whole request, and is it named rightly?",
        "Submits a mail to a bad address between your two.",
        _NO_MAIL,
        PATIENCE,
        _one_bad_address,
    ),
    Trial(
        "L9",
        "Is a post of events signed anew each time it is tried again?",
        "Nothing. Stop `newsletter serve` for ten minutes after L5, with a web server before it "
        "that writes X-Twilio-Email-Event-Webhook-Timestamp to its log.",
        "The timestamps of one post's tries differ.",
        timedelta(),
        _nothing,
    ),
    Trial(
        "L4",
        "How many ids can be cancelled at one time?",
        "Cancels up to 12 empty ids, last of all, for they fill the account's places for a while.",
        "At least 8 (the fuse uses no more); run `doctor --live` tomorrow to see places free up.",
        timedelta(),
        _many_cancels,
    ),
)
"""In the order they are best done."""
