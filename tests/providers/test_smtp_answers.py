"""What answers mean: every reader in one part, and nobody who may have the mail is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Busy, Partly, ProviderError, Refusal, Rejected, Uncertain
from newsletter.providers.smtp.answers import (
    IN_A_ROW,
    Answer,
    Fate,
    Step,
    answer_to_content,
    must_stop,
    receipt,
    refused_or_deferred,
)

ACCEPTED = Answer(Fate.ACCEPTED, 250, "Ok")
REFUSED = Answer(Fate.REFUSED, 550, "no")
BAD_MAILBOX = Answer(Fate.REFUSED, 550, "5.1.1 no such user", Step.RECIPIENT)
DEFERRED = Answer(Fate.DEFERRED, 450, "later")
DOUBTED = Answer(Fate.DOUBTED)
SENDER = Answer(Fate.REFUSED, 553, "not yours", Step.SENDER)
ANSWERS = [ACCEPTED, REFUSED, BAD_MAILBOX, DEFERRED, DOUBTED]


def outcome(answers, recipients=None, trouble=None):
    """(what was raised or None, its parts)."""
    try:
        receipt(answers, recipients or len(answers), trouble)
    except Partly as partly:
        return partly, partly.parts
    except ProviderError as error:
        return error, (error,)
    return None, ()


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (250, Fate.ACCEPTED),
        (251, Fate.DOUBTED),
        (354, Fate.DOUBTED),
        (421, Fate.DOUBTED),
        (450, Fate.DEFERRED),
        (452, Fate.DEFERRED),
        (550, Fate.REFUSED),
        (554, Fate.REFUSED),
        (600, Fate.DOUBTED),
        (-1, Fate.DOUBTED),
    ],
)
def test_code_after_the_content(code, fate):
    assert answer_to_content(code, "").fate is fate


@pytest.mark.parametrize(("code", "fate"), [(450, Fate.DEFERRED), (550, Fate.REFUSED)])
def test_code_before_the_content(code, fate):
    assert refused_or_deferred(Step.RECIPIENT, code, "").fate is fate


@given(
    st.lists(st.sampled_from(ANSWERS), max_size=12),
    st.integers(0, 5),
    st.sampled_from([None, "busy", "account"]),
)
def test_everybody_is_accounted_for_and_only_the_accepted_are_in_no_part(answers, untried, kind):
    if not answers and not untried:
        return
    trouble = {
        None: None,
        "busy": Busy("no server"),
        "account": Rejected("no login", refusal=Refusal.ACCOUNT),
    }[kind if untried else None]
    _, parts = outcome(answers, len(answers) + untried, trouble)
    named = [place for part in parts for place in part.positions]
    accepted = [place for place, answer in enumerate(answers) if answer.fate is Fate.ACCEPTED]
    doubted = [place for place, answer in enumerate(answers) if answer.fate is Fate.DOUBTED]
    assert sorted(named + accepted) == list(range(len(answers) + untried))
    uncertain = [part for part in parts if isinstance(part, Uncertain)]
    assert [place for part in uncertain for place in part.positions] == doubted


@given(st.lists(st.sampled_from(ANSWERS), max_size=12))
def test_nobody_is_given_up_for_a_row_that_is_not_theirs(answers):
    row = [*answers, ACCEPTED, *[REFUSED] * IN_A_ROW]
    _, parts = outcome(row, len(row) + 1)
    given_up = {
        place
        for part in parts
        if isinstance(part, Rejected) and part.refusal is Refusal.RECIPIENTS
        for place in part.positions
    }
    assert given_up.isdisjoint(range(len(row) - IN_A_ROW, len(row) + 1))


def test_all_accepted_is_a_receipt():
    assert outcome([ACCEPTED] * 3) == (None, ())


def test_one_part_for_all_is_raised_as_it_is():
    error, _ = outcome([DEFERRED, DEFERRED])
    assert isinstance(error, Busy)
    error, _ = outcome([BAD_MAILBOX])
    assert isinstance(error, Rejected)
    assert (error.refusal, error.positions) == (Refusal.RECIPIENTS, (0,))


def test_mixed_row_without_acceptance_is_the_servers_trouble():
    _, (part,) = outcome([REFUSED, DEFERRED, REFUSED], 9)
    assert isinstance(part, Busy)
    assert part.positions == tuple(range(9))


def test_code_that_asks_for_a_login_is_the_accounts():
    _, (part,) = outcome([Answer(Fate.REFUSED, 530, "5.7.0 authenticate", Step.SENDER)], 4)
    assert part.refusal is Refusal.ACCOUNT
    assert part.positions == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("answers", "stop"),
    [
        ([SENDER], True),
        ([REFUSED, REFUSED], False),
        ([REFUSED, DEFERRED, REFUSED], True),
        ([REFUSED, BAD_MAILBOX, REFUSED], False),
        ([BAD_MAILBOX] * 20, False),
        ([REFUSED, REFUSED, ACCEPTED], False),
        ([DOUBTED, ACCEPTED, DOUBTED, ACCEPTED], False),
        ([DOUBTED, ACCEPTED, DOUBTED, ACCEPTED, DOUBTED], True),
    ],
)
def test_when_a_mailing_goes_no_further(answers, stop):
    assert must_stop(answers) is stop


def test_servers_words_lose_their_addresses():
    told = Answer(Fate.REFUSED, 550, "<ada@example.com>:\n  no such\tuser").told
    assert told == "550 […] no such user"
