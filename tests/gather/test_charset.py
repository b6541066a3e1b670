from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.gather.charset import decoded

TEXT = "Crème brûlée for “€5”"
LONG_JAPANESE = (
    "日本真珠輸出会は、十月の輸出額が前年同月比で減少したと発表した。大珠は品薄が続く。" * 5
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1", "no-such-thing"])
def test_the_bytes_are_believed_before_what_is_said_of_them(encoding, charset):
    assert decoded(TEXT.encode(encoding), charset=charset) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_seen(encoding):
    page = f"<html><body>{TEXT}</body></html>"
    assert decoded(page.encode(encoding)) == page


@pytest.mark.parametrize(
    ("encoding", "label"),
    [("cp1251", "windows-1251"), ("cp1255", "windows-1255"), ("cp932", "Shift_JIS"),
     ("euc_jp", "euc-jp"), ("gb18030", "gb2312"), ("big5", "big5"), ("iso8859_2", "latin2")],
)  # fmt: skip
def test_a_pages_own_word_counts_where_the_server_says_nothing(encoding, label):
    words = {"cp1251": "Золото", "cp1255": "יהלום", "iso8859_2": "Łódź"}.get(encoding, "真珠")
    page = f'<meta charset="{label}"><p>{words}</p>'
    assert decoded(page.encode(encoding)) == page


def test_windows_digits_in_rings_are_read_in_shift_jis():
    assert decoded("①真珠".encode("cp932"), charset="shift_jis") == "①真珠"


def test_japanese_without_a_word_about_it_is_recognised():
    assert decoded(LONG_JAPANESE.encode("cp932")) == LONG_JAPANESE


@given(
    st.text(st.characters(exclude_characters="\0")),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
@example("0\\", "utf-8")
def test_what_was_encoded_comes_back(text, encoding):
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:  # half a surrogate pair
        return
    if not text.startswith("\ufeff"):
        assert decoded(content) == text


@given(st.binary(max_size=100), st.none() | st.text(max_size=10))
def test_any_bytes_are_some_text(content, charset):
    assert isinstance(decoded(content, charset=charset), str)
