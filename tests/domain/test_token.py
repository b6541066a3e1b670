"""Readers' links: ours open, everything else does not (A78-A80)."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.token import derive_key, sign, verify

KEY = derive_key(b"a secret of the workspace", "unsubscribe")
ids = st.integers(min_value=0, max_value=2**48 - 1)


@given(ids, ids)
def test_a_word_gives_its_numbers_back(subscription, delivery):
    word = sign(KEY, subscription, delivery)
    assert verify(KEY, word) == (subscription, delivery)
    assert verify(derive_key(b"a secret of the workspace", "confirm"), word) is None


@given(ids, ids, st.data())
def test_no_flipped_bit_and_no_other_spelling_opens(subscription, delivery, data):
    word = sign(KEY, subscription, delivery)
    place = data.draw(st.integers(0, len(word) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_").filter(lambda char: char != word[place]))
    assert verify(KEY, word[:place] + other + word[place + 1 :]) is None
    for spelling in (word + "=", word + "\n", word + "!", " " + word, word[:-1], "é" + word[1:]):
        assert verify(KEY, spelling) is None


@given(st.text(max_size=80))
def test_noise_is_refused_quietly(noise):
    assert verify(KEY, noise) is None


def test_a_payload_of_zeros_does_not_crash():
    assert verify(KEY, base64.urlsafe_b64encode(bytes(24)).decode()) is None
    assert verify(KEY, "A" * 64) is None
