"""A mail in the lists of mail programs: cut where they cut, and nothing else lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.inbox import MAIL_LISTS, cut, inbox_rows, width

TEXTS = st.text(st.sampled_from("abc é 金\u0301 "), max_size=200)


def rows(subject="Gold holds", preheader="Also this", sender="The Loupe"):
    found = inbox_rows(sender=sender, subject=subject, preheader=preheader)
    return {row.where.key: row for row in found}


def test_what_fits_is_whole_everywhere():
    for row in rows().values():
        assert (row.sender, row.subject, row.preheader) == ("The Loupe", "Gold holds", "Also this")
        assert row.lost == ()


def test_a_long_subject_is_cut_on_a_phone_and_not_on_a_desk():
    found = rows(subject="Gold holds its floor as shops place their last orders of the year")
    assert found["gmail-app"].subject == "Gold holds its floor as shops plac…"
    assert found["gmail-app"].lost == (("subject", 31),)
    assert found["gmail-web"].lost == ()


def test_in_a_shared_line_a_long_subject_leaves_the_preheader_no_room():
    found = rows(subject="x" * 105, preheader="Also this")
    assert (found["gmail-web"].preheader, found["gmail-web"].lost) == ("", (("preheader", 9),))


def test_a_wide_character_takes_two_columns_and_an_accent_none():
    assert (width("金"), width("e\u0301"), width("é")) == (2, 1, 1)


@given(TEXTS, st.integers(0, 60))
def test_what_is_shown_fits_and_is_where_the_text_begins(text, room):
    shown = cut(text, room)
    assert width(shown) <= room
    assert shown == text or text.startswith(shown.removesuffix("…"))


@given(TEXTS, TEXTS, TEXTS)
def test_every_list_shows_a_row_within_its_bounds(sender, subject, preheader):
    found = inbox_rows(sender=sender, subject=subject, preheader=preheader)
    assert [row.where for row in found] == list(MAIL_LISTS)
    for row in found:
        assert width(row.sender) <= row.where.sender
        if row.where.shared and row.preheader:
            assert width(row.subject) + 3 + width(row.preheader) <= row.where.subject
