"""`schedule:` as a person might write it: what is understood, and what each mistake is told as."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from newsletter import config
from newsletter.errors import ConfigError

SAMPLE = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load the sample's settings with this below `schedule:`; and the number of its first line."""
    for name in list(os.environ):
        if name.startswith("NEWSLETTER_"):
            monkeypatch.delenv(name)
    head = SAMPLE.read_text(encoding="utf-8") + "\nschedule:\n"

    def make(words):
        (tmp_path / "config.yaml").write_text(f"{head}  {words}\n", encoding="utf-8")
        return config.load(tmp_path)

    make.line = head.count("\n") + 1
    return make


@pytest.mark.parametrize(
    ("skip", "days"),
    [
        ("2026-12-25", {date(2026, 12, 25)}),
        ("[2026-12-25, 2027-12-31]", {date(2026, 12, 25), date(2027, 12, 31)}),
        ("12-25", {date(2026, 12, 25)}),
        ("[12-24/01-02, 07-04]", {date(2026, 12, 25), date(2027, 1, 1), date(2027, 12, 24),
                                  date(2027, 12, 31)}),
        ("[2026-12-21/2027-01-03]", {date(2026, 12, 25), date(2027, 1, 1)}),
    ],
)  # fmt: skip
def test_days_are_taken_out_once_or_every_year(load, skip, days):
    schedule = load(f"weekly: {{send: friday 08:00, skip: {skip}}}").schedule["weekly"]
    fridays = [date.fromordinal(date(2026, 11, 27).toordinal() + 7 * week) for week in range(60)]
    assert {day for day in fridays if schedule.rhythm.skips(day)} == days
    kept = schedule.model_dump(by_alias=True)["skip"]
    assert config.Schedule(send="friday 08:00", skip=kept).skip == schedule.skip


@pytest.mark.parametrize("every", ["2 weeks", "second week", "every second week", "Other  week"])
def test_every_second_week_may_be_said_in_words(load, every):
    opened = load(f"weekly: {{send: friday 08:00, since: 2026-11-27, every: {every}}}")
    assert opened.schedule["weekly"].rhythm.every.weeks == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("weekly: friday 08:00", "“schedule.weekly” should hold settings such as `send:`"),
        ("weekly:", "“schedule.weekly” should hold settings such as `send:`"),
        ("weekly: {send: [friday 08:00]}", "“schedule.weekly.send” should be words"),
        ("weekly: {sent: friday 08:00}", "“schedule.weekly.sent”; did you mean “send”?"),
        ("weekly: {send: friday}", "write a day and an hour, as in thursday 06:00"),
        ("weekly: {send: fryday 08:00}", "“fryday”, which is no day of the week; did you mean fri"),
        ("weekly: {send: friday 08:00, every: last}", "“last”; write week, 2 weeks"),
        ("weekly: {send: friday 08:00, skip: 25.12.}", "or for every year 12-25"),
        ("weekly: {send: friday 08:00, skip: 02-30}", "or for every year 12-25"),
        ("weekly: {send: friday 08:00, skip: 12-25/2027-01-03}", "or for every year 12-25"),
        ("weekly: {send: friday 08:00, since: soon}", "“schedule.weekly.since” has “soon”; write"),
        ("weekly: {send: friday 08:00, grace: 4d}", "“schedule.weekly.grace” should be at most 3d"),
        ("weekly: {send: friday 08:00, list: wekly}", "“schedule.weekly.list” has “wekly”; there"),
        ("weekly: {send: friday 08:00, segment: vip}", "“schedule.weekly.segment” has “vip”"),
        ("The Loupe: {send: friday 08:00}", "“schedule.The Loupe” is no name; write small letters"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_write(load, words, told):
    with pytest.raises(ConfigError) as caught:
        load(words)
    assert told in str(caught.value)
    assert caught.value.line == load.line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("send: friday 08:00", "“schedule” holds hours and no name for them"),
        ("- send: friday 08:00", "“schedule” should be names, each with its own settings below"),
    ],
)
def test_hours_without_a_name_are_told_to_get_one(load, words, told):
    with pytest.raises(ConfigError) as caught:
        load(words)
    assert told in str(caught.value)
    assert caught.value.line == load.line - 1


def test_of_two_schedules_of_one_name_none_is_lost_silently(load):
    with pytest.raises(ConfigError, match="“weekly” stands twice") as caught:
        load("weekly: {send: friday 08:00}\n  weekly: {send: monday 08:00}")
    assert caught.value.line == load.line + 1
