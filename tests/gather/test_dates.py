from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.gather.dates import address_day, feed_moment, written_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wed, 18 Nov 2026 09:00:00 EST", datetime(2026, 11, 18, 14, tzinfo=UTC)),
        ("Wed, 18 Nov 2026 09:00:00 +0100", datetime(2026, 11, 18, 8, tzinfo=UTC)),
        ("2026-11-18T09:00:00Z", datetime(2026, 11, 18, 9, tzinfo=UTC)),
        ("2026-11-18", datetime(2026, 11, 18, tzinfo=UTC)),
        ("18 Nov 9999 09:00:00 GMT", None),
        ("-1", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("soon", None),
        ("9" * 500, None),
        ("", None),
        (None, None),
    ],
)
def test_a_feeds_date_is_a_moment_in_utc_or_nothing(text, moment):
    assert feed_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "November 18, 2026", "Nov. 18, 2026", "Wednesday, November 18th, 2026 at 9:00 a.m. EST",
        "18 November 2026", "2026-11-18", "18. November 2026", "Mittwoch, 18. Nov. 2026",
        "Publié le 18 novembre 2026 à 08h30", "18 de noviembre de 2026", "18 novembre 2026",
        "2026年11月18日",
        "18.11.2026", "11/18/2026", "18/11/2026", "By Ann Lee | November 18, 2026 | 4 min read",
    ],
)  # fmt: skip
def test_a_written_date_is_read_in_five_languages(text):
    assert written_date(text) == datetime(2026, 11, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2026/11/18/sale", 18), ("news/2026-11-18-sale", 18), ("20261118-sale.html", 18),
        ("2026/11/sale", None), ("a/2026/13/41", None), ("12026/11/18", None), ("2026/2/30", None),
        ("sale?d=2026/11/18", None), ("p/1202611187", None),
    ],
)  # fmt: skip
def test_an_address_may_hold_the_day(path, day):
    found = address_day(f"https://e.example.com/{path}")
    assert found == (datetime(2026, 11, day, tzinfo=UTC) if day else None)


@pytest.mark.parametrize("text", ["4/5/2026", "31.2.2026", "Smarch 3, 2026", "May 3, 9999", "x"])
def test_a_date_that_cannot_be_told_is_nothing(text):
    assert written_date(text) is None


@pytest.mark.parametrize(
    ("name", "month"), [("März", 3), ("décembre", 12), ("juillet", 7), ("Okt.", 10), ("août", 8)]
)
def test_months_have_their_own_names(name, month):
    assert written_date(f"3 {name} 2026") == datetime(2026, month, 3, tzinfo=UTC)
