"""Readers' links: ours open, everything else does not (A78-A81)."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsletter.domain import token
from newsletter.domain.token import Keys, Purpose, derive_key, purpose_key, sign, sign_all, verify
from newsletter.errors import DeliveryError

SECRET = b"a secret of the workspace"
KEY = derive_key(SECRET, "unsubscribe")
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
ids = st.integers(min_value=0, max_value=2**48 - 1)
purposes = st.sampled_from(Purpose)
secrets = st.binary(min_size=16, max_size=80)


@given(ids, ids, purposes, purposes)
def test_a_word_opens_what_it_was_made_for_and_nothing_else(first, second, purpose, other):
    keys = Keys((SECRET,))
    word = keys.sign(purpose, first, second)
    assert keys.opened(purpose, word) == (first, second)
    assume(other is not purpose)
    assert keys.opened(other, word) is None


@given(ids, ids, st.integers(0, 24 * 8 - 1))
def test_no_flipped_bit_opens(subscription, delivery, bit):
    raw = bytearray(base64.urlsafe_b64decode(sign(KEY, subscription, delivery)))
    raw[bit // 8] ^= 1 << bit % 8
    assert verify(KEY, base64.urlsafe_b64encode(raw).decode()) is None


@given(ids, ids, st.data())
def test_no_other_character_and_no_other_spelling_opens(subscription, delivery, data):
    word = sign(KEY, subscription, delivery)
    place = data.draw(st.integers(0, len(word) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_+/é").filter(lambda char: char != word[place]))
    assert verify(KEY, word[:place] + other + word[place + 1 :]) is None
    standard = word.replace("-", "+").replace("_", "/")
    spellings = [word + "=", word + "\n", word + "!", " " + word, "é" + word[1:], word + "AAAA"]
    spellings += [standard] if standard != word else []
    assert [verify(KEY, spelling) for spelling in spellings] == [None] * len(spellings)


@given(ids, ids, st.integers(0, 31))
def test_no_part_of_a_word_opens(subscription, delivery, length):
    assert verify(KEY, sign(KEY, subscription, delivery)[:length]) is None


@given(st.text(max_size=80))
def test_noise_is_refused_quietly(noise):
    assert verify(KEY, noise) is None


@pytest.mark.parametrize("word", ["", "A" * 10_000, "é" * 32, "\0" * 32, "A" * 31 + "ſ"])
def test_what_no_link_has_is_refused_quietly(word):
    assert Keys((SECRET,)).opened(Purpose.UNSUBSCRIBE, word) is None


def test_a_payload_of_zeros_does_not_crash():
    assert verify(KEY, base64.urlsafe_b64encode(bytes(24)).decode()) is None
    assert verify(KEY, "A" * 64) is None


def test_a_word_of_another_reader_opens_only_theirs():
    keys = Keys((SECRET,))
    mine, theirs = keys.sign(Purpose.PREFERENCES, 1, 10), keys.sign(Purpose.PREFERENCES, 2, 20)
    mixed = mine[:16] + theirs[16:]  # numbers of the one, mark of the other
    assert keys.opened(Purpose.PREFERENCES, mixed) is None
    assert keys.opened(Purpose.PREFERENCES, theirs) == (2, 20)


@given(st.lists(st.tuples(ids, ids), max_size=5), st.binary(min_size=1, max_size=200))
def test_many_are_signed_as_one_is_and_as_the_standard_library_does(pairs, key):
    words = sign_all(key, pairs)
    assert words == [sign(key, *pair) for pair in pairs]
    for (first, second), word in zip(pairs, words, strict=True):
        numbers = first.to_bytes(6, "big") + second.to_bytes(6, "big")
        mark = hmac.digest(key, numbers, "sha256")[:12]
        assert word == base64.urlsafe_b64encode(numbers + mark).decode()


@pytest.mark.parametrize("pair", [(2**48, 1), (1, 2**48), (-1, 1), (1, -1), (2**64, 2**64)])
def test_a_number_a_link_cannot_carry_is_told_and_never_passes_for_another(pair):
    with pytest.raises(DeliveryError, match=r"cannot carry the number -?\d+: .* 0 to 2\*\*48 - 1"):
        sign_all(KEY, [(1, 1), pair])
    assert verify(KEY, sign(KEY, 2**48 - 1, 2**48 - 1)) == (2**48 - 1, 2**48 - 1)


@given(secrets, secrets, secrets, purposes, ids)
def test_a_new_key_signs_an_old_one_still_opens_and_a_dropped_one_does_not(
    old, new, stranger, purpose, number
):
    assume(len({old, new, stranger}) == 3)
    before, after = Keys((old,)), Keys((new, old))
    word = before.sign(purpose, number, 7)
    assert after.opened(purpose, word) == (number, 7)
    assert after.sign(purpose, number, 7) == Keys((new,)).sign(purpose, number, 7) != word
    assert Keys((new,)).opened(purpose, word) is None
    assert Keys((stranger, new)).opened(purpose, word) is None


def test_every_key_is_tried_whichever_opens(monkeypatch):
    """All words take the same time: neither a match nor a miss ends the search."""
    tried = []
    monkeypatch.setattr(token, "verify", lambda key, word: tried.append(key) or verify(key, word))
    keys = Keys((b"first secret of three", b"second secret of them", b"third secret of them"))
    words = [Keys((secret,)).sign(Purpose.CONFIRM, 1, 2) for secret in keys.secrets]
    for word in (*words, "A" * 32):
        tried.clear()
        keys.opened(Purpose.CONFIRM, word)
        assert tried == [purpose_key(secret, Purpose.CONFIRM) for secret in keys.secrets]


def test_marks_are_compared_as_bytes_of_one_length_by_the_compare_that_runs_to_its_end(monkeypatch):
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(
        token.hmac, "compare_digest", lambda *marks: compared.append(marks) or compare(*marks)
    )
    for word in (sign(KEY, 1, 2), "A" * 32, "_" * 32):
        verify(KEY, word)
    assert {(type(mark), len(mark)) for marks in compared for mark in marks} == {(bytes, 12)}
    assert len(compared) == 3


@given(ids, st.integers(0, int(WEEK.total_seconds())), purposes)
def test_a_word_with_a_moment_opens_for_as_long_as_it_lasts(number, age, purpose):
    keys = Keys((SECRET,))
    word = keys.sign_at(purpose, number, NOW)
    assert keys.opened_at(purpose, word, now=NOW + timedelta(seconds=age), lasts=WEEK) == (
        number,
        NOW,
    )
    assert keys.opened_at(
        purpose, word, now=NOW + WEEK + timedelta(seconds=1 + age), lasts=WEEK
    ) is None  # fmt: skip


def test_a_word_from_the_future_does_not_open_but_for_clocks_that_differ():
    keys = Keys((SECRET,))

    def opened(ahead):
        word = keys.sign_at(Purpose.CONFIRM, 5, NOW + timedelta(seconds=ahead))
        return keys.opened_at(Purpose.CONFIRM, word, now=NOW, lasts=WEEK) is not None

    assert [opened(ahead) for ahead in (0, 300, 301, 10**9)] == [True, True, False, False]
    largest = keys.sign(Purpose.CONFIRM, 5, 2**48 - 1)  # no moment there ever was
    assert keys.opened_at(Purpose.CONFIRM, largest, now=NOW, lasts=WEEK) is None


def test_an_unsubscribe_link_has_no_moment_in_it():
    """It opens for as long as the mail lies in a mailbox: CASL asks for 60 days, we for ever."""
    keys = Keys((SECRET,))
    assert keys.sign(Purpose.UNSUBSCRIBE, 3, 4) == sign(KEY, 3, 4)
