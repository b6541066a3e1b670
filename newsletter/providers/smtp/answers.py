"""What a mail server's answers to the mails of one mailing mean for its recipients (pure).

A mail server answers for each mail. 250 to the end of the content is an acceptance; a 4xx or 5xx is
none, for certain (RFC 5321, 4.2.1); a connection lost once content was under way proves nothing
(RFC 1047). What may have been accepted is Uncertain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Receipt
from newsletter.errors import Busy, Partly, ProviderError, Refusal, Rejected, Uncertain

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_A_ROW = 3
"""So many mails without an acceptance between them are the server's or the issue's fault, not each
reader's own: the mailing stops there, and nobody is given up for it."""

MOST_DOUBTED = 3
"""Answers lost in one mailing before it stops."""

_PRIVATE = re.compile(r"\S*@\S*")
_BAD_MAILBOX = re.compile(r"5\.1\.[0-36]\b")  # RFC 3463: the address itself is at fault
_ACCOUNT_CODES = (530, 534, 535, 538)  # RFC 4954, 6: who asks must authenticate first


class Fate(StrEnum):
    """What became of one mail."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"  # not accepted, and worth another try
    DOUBTED = "doubted"  # its content left, its answer did not come


class Step(StrEnum):
    """Where in the conversation an answer was given."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    START = "DATA"
    CONTENT = "the content"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer that decided about one mail; code 0 where none came."""

    fate: Fate
    code: int = 0
    text: str = ""
    step: Step = Step.CONTENT

    @property
    def told(self) -> str:
        """The server's own words, without addresses."""
        words = " ".join(_PRIVATE.sub("[…]", self.text).split())[:200]
        return f"{self.code} {words}".strip() if self.code else words

    @property
    def is_the_readers(self) -> bool:
        """Whether the address itself is at fault, whatever is said of the mails around it."""
        return self.step is Step.RECIPIENT and bool(_BAD_MAILBOX.search(self.text))


def refused_or_deferred(step: Step, code: int, text: str) -> Answer:
    """The answer to a mail of which no content has left; every code but 5xx may be tried again."""
    return Answer(Fate.REFUSED if 500 <= code <= 599 else Fate.DEFERRED, code, text, step)


def answer_to_content(code: int, text: str) -> Answer:
    """The answer to a whole mail.

    421 announces that the server is going away, and may cross with the mail it has just taken; a
    code that RFC 5321 (4.3.2) does not give here comes from who knows where. Both prove nothing.
    """
    if code == 250:
        return Answer(Fate.ACCEPTED, code, text)
    if 400 <= code <= 599 and code != 421:
        return refused_or_deferred(Step.CONTENT, code, text)
    return Answer(Fate.DOUBTED, code, text)


def must_stop(answers: Sequence[Answer]) -> bool:
    """Whether a mailing should go no further after these answers."""
    last = answers[-1]
    return (
        (last.fate is Fate.REFUSED and last.step is Step.SENDER)
        or len(_without_acceptance(answers)) >= IN_A_ROW
        or sum(answer.fate is Fate.DOUBTED for answer in answers) >= MOST_DOUBTED
    )


def receipt(answers: Sequence[Answer], recipients: int, trouble: ProviderError | None) -> Receipt:
    """The receipt of a mailing that everybody was accepted of; what else happened is raised.

    `answers` stand in the order of its recipients and may be fewer: `trouble` says why, where it
    was not the answers themselves. Raises one of ports.EmailProvider.
    """
    parts = _parts(answers, recipients, trouble)
    accepted = [answer for answer in answers if answer.fate is Fate.ACCEPTED]
    if not parts:
        return Receipt(reference=accepted[-1].told, status=accepted[-1].code)
    if len(parts) == 1 and not accepted:
        raise parts[0]
    raise Partly(
        f"{len(accepted)} of {recipients} were accepted; "
        + "; ".join(f"of {len(part.positions)}: {part.message}" for part in parts),
        parts=tuple(parts),
        reference=accepted[-1].told if accepted else "",
    )


def _parts(
    answers: Sequence[Answer], recipients: int, trouble: ProviderError | None
) -> list[ProviderError]:
    """Who was not accepted, by what follows from it."""
    blamed = _blamed_on_all(answers)
    refused = [place for place in _places(answers, Fate.REFUSED) if place not in blamed]
    doubted = _places(answers, Fate.DOUBTED)
    deferred = [place for place in _places(answers, Fate.DEFERRED) if place not in blamed]
    untried = list(range(len(answers), recipients))
    parts: list[ProviderError] = []
    if refused:
        parts.append(_rejected(answers[refused[0]], Refusal.RECIPIENTS, refused))
    if doubted:
        parts.append(_uncertain(answers[doubted[0]], doubted))
    if again := sorted([*deferred, *blamed, *untried]):
        parts.append(_to_be_tried_again(answers, again, blamed, trouble))
    return parts


def _to_be_tried_again(
    answers: Sequence[Answer],
    places: list[int],
    blamed: Sequence[int],
    trouble: ProviderError | None,
) -> ProviderError:
    if blamed and all(answers[place].fate is Fate.REFUSED for place in blamed):
        last = answers[blamed[-1]]
        account = last.code in _ACCOUNT_CODES
        return _rejected(last, Refusal.ACCOUNT if account else Refusal.MESSAGE, places)
    if trouble is not None:
        trouble.positions = tuple(places)
        return trouble
    told = next(
        (answers[place].told for place in places if place < len(answers)), "its answers got lost"
    )
    return Busy(
        f"the mail server takes no more for now: {told}; it is tried again in a while",
        status=next((answers[place].code for place in places if place < len(answers)), None),
        positions=tuple(places),
    )


def _blamed_on_all(answers: Sequence[Answer]) -> list[int]:
    """Places of the last answers that speak of the issue, the account or the server."""
    if not answers:
        return []
    if answers[-1].fate is Fate.REFUSED and answers[-1].step is Step.SENDER:
        return [len(answers) - 1]
    row = _without_acceptance(answers)
    return row if len(row) >= IN_A_ROW else []


def _without_acceptance(answers: Sequence[Answer]) -> list[int]:
    """Places of refusals and deferrals since the last acceptance, but for bad addresses."""
    since = takewhile(
        lambda place: answers[place].fate is not Fate.ACCEPTED, reversed(range(len(answers)))
    )
    return sorted(
        place
        for place in since
        if answers[place].fate is not Fate.DOUBTED and not answers[place].is_the_readers
    )


def _places(answers: Sequence[Answer], fate: Fate) -> list[int]:
    return [place for place, answer in enumerate(answers) if answer.fate is fate]


def _rejected(answer: Answer, refusal: Refusal, places: list[int]) -> Rejected:
    remedy = {
        Refusal.RECIPIENTS: "correct those subscribers",
        Refusal.MESSAGE: "correct the issue, its sender or sending.smtp, then resume",
        Refusal.ACCOUNT: "check sending.smtp.user and NEWSLETTER_SMTP_PASSWORD, then resume",
    }[refusal]
    return Rejected(
        f"the mail server refused {answer.step.value} ({answer.told}); {remedy}",
        refusal=refusal,
        status=answer.code,
        positions=tuple(places),
    )


def _uncertain(answer: Answer, places: list[int]) -> Uncertain:
    told = answer.told or "the connection was lost"
    return Uncertain(
        f"the mail server did not confirm a mail it was given ({told}); "
        "look into its log for the attempt’s id",
        status=answer.code or None,
        positions=tuple(places),
    )
