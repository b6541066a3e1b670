"""The workspace secret and those it replaced, from the environment alone."""

from __future__ import annotations

import pytest

from newsletter.config import OLD_SECRET_KEYS, SECRET_KEY, old_secret_keys
from newsletter.domain.token import Purpose
from newsletter.errors import ConfigError

ONE, TWO = "1" * 64, "2" * 64


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ("", ()),
        (" , \n", ()),
        (ONE, (ONE,)),
        (f"{ONE},{TWO}", (ONE, TWO)),
        (f"{ONE}\n{TWO}\n", (ONE, TWO)),
        (f" {ONE} , {TWO} ,{ONE}", (ONE, TWO)),
    ],
)
def test_old_keys_stand_with_commas_or_line_breaks_between(value, keys):
    assert old_secret_keys({OLD_SECRET_KEYS: value}) == tuple(key.encode() for key in keys)


def test_no_variable_is_no_old_key():
    assert old_secret_keys({}) == ()


def test_a_short_one_is_refused_without_being_shown():
    with pytest.raises(ConfigError, match=OLD_SECRET_KEYS) as caught:
        old_secret_keys({OLD_SECRET_KEYS: f"{ONE},shortkey"})
    assert "shortkey" not in str(caught.value)


def test_a_link_of_the_old_key_opens_after_a_rotation_and_not_once_it_is_dropped(open_workspace):
    before = open_workspace(**{SECRET_KEY: ONE})
    rotated = open_workspace(**{SECRET_KEY: TWO, OLD_SECRET_KEYS: ONE})
    dropped = open_workspace(**{SECRET_KEY: TWO})
    word = before.keys.sign(Purpose.UNSUBSCRIBE, 3, 4)
    assert rotated.keys.opened(Purpose.UNSUBSCRIBE, word) == (3, 4)
    assert dropped.keys.opened(Purpose.UNSUBSCRIBE, word) is None
    assert rotated.keys.sign(Purpose.UNSUBSCRIBE, 3, 4) == dropped.keys.sign(
        Purpose.UNSUBSCRIBE, 3, 4
    )


def test_the_same_key_old_and_new_counts_once(open_workspace):
    assert len(open_workspace(**{SECRET_KEY: ONE, OLD_SECRET_KEYS: ONE}).keys.secrets) == 1
