"""Who opened or clicked, weighed by signs; time is evidence and never alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.event import EventKind
from newsletter.domain.mailbox import provider_of
from newsletter.domain.report import Verdict
from newsletter.domain.visit import WEIGHTS, Sign, Visit, is_trap, judged, verdict

AT = datetime(2026, 11, 27, 10, tzinfo=UTC)
MACHINE, HUMAN, UNSURE = Verdict.MACHINE, Verdict.HUMAN, Verdict.UNSURE


def click(seconds, url="https://example.com/ruby", signs=Sign.BROWSER):
    return Visit(EventKind.CLICKED, AT + timedelta(seconds=seconds), signs, url)


def verdicts(*visits):
    return [one.verdict for one in judged(visits, AT)]


@pytest.mark.parametrize(
    ("seconds", "signs", "expected"),
    [
        (43, Sign.BROWSER, UNSURE),  # as soon as most scanners, and as a keen reader
        (600, Sign.BROWSER, HUMAN),
        (3, Sign.BROWSER, UNSURE),
        (3, Sign.NAMELESS, UNSURE),
        (7200, Sign.NAMELESS, UNSURE),
        (7200, Sign.SCANNER | Sign.BROWSER, UNSURE),  # looked at as its reader clicks
        (43, Sign.SCANNER | Sign.BROWSER, MACHINE),
        (600, Sign.PROGRAM, MACHINE),
        (86_400, Sign.PREFETCH | Sign.BROWSER, MACHINE),
        (600, Sign.CROWD | Sign.BROWSER, UNSURE),
        (43, Sign.CROWD | Sign.BROWSER, MACHINE),
    ],
)
def test_a_lone_click_is_judged_by_all_its_signs(seconds, signs, expected):
    assert verdicts(click(seconds, signs=signs)) == [expected]


@given(st.integers(-60, 10**6))
def test_time_alone_is_never_a_machine_nor_a_human(seconds):
    bare = judged([click(seconds, signs=Sign(0))], AT)
    assert bare[0].verdict is not MACHINE
    unnamed = judged([click(seconds, signs=Sign.NAMELESS)], AT)
    assert unnamed[0].verdict is UNSURE


@given(st.integers(-60, 10**6))
def test_who_says_nothing_of_itself_is_no_human_by_an_hour(seconds):
    assert verdicts(click(seconds, signs=Sign(0))) == [UNSURE]


def links(*seconds, signs=Sign.BROWSER):
    return [click(at, f"https://example.com/{place}", signs) for place, at in enumerate(seconds)]


def test_links_faster_than_a_hand_are_a_machine_and_later_ones_are_not():
    assert verdicts(*links(340, 340, 341), click(900)) == [MACHINE] * 3 + [HUMAN]


def test_links_as_fast_as_a_hand_are_a_machine_only_with_another_sign():
    assert verdicts(*links(340, 344, 350)) == [UNSURE] * 3
    assert verdicts(*links(30, 34, 40)) == [MACHINE] * 3
    assert verdicts(*links(340, 344, 350, signs=Sign.NAMELESS)) == [MACHINE] * 3


def test_what_is_told_of_ten_seconds_is_of_ten_and_not_of_twenty():
    assert verdicts(*links(340, 350, 360)) == [HUMAN] * 3
    assert verdicts(*links(340, 349, 351, 358)) == [HUMAN, UNSURE, UNSURE, UNSURE]


def test_one_link_again_and_again_is_one_link():
    assert verdicts(*[click(340 + n) for n in range(8)]) == [HUMAN] * 8


def test_what_comes_with_a_trapped_click_is_by_the_same_machine():
    trapped = click(40, "https://example.org/not-for-readers", Sign.BROWSER | Sign.TRAP)
    opened = Visit(EventKind.OPENED, AT + timedelta(seconds=45), Sign.BROWSER)
    found = verdicts(click(25), trapped, opened, click(55), click(66), click(900))
    assert found == [UNSURE, MACHINE, MACHINE, MACHINE, HUMAN, HUMAN]


def test_a_link_that_thousands_follow_is_judged_in_one_pass():
    crowd = [click(3600 + n // 50, f"https://example.com/{n % 40}") for n in range(20_000)]
    assert {one.verdict for one in judged(crowd, AT)} == {MACHINE}


def test_without_a_moment_of_delivery_there_is_no_sign_of_time():
    assert judged([click(0, signs=Sign.BROWSER)], None)[0].signs == Sign.BROWSER


@given(st.permutations([click(n * 4, f"https://example.com/{n % 4}") for n in range(7)]))
def test_the_order_of_hearing_does_not_matter(visits):
    assert judged(visits, AT) == judged(sorted(visits, key=lambda visit: visit.at), AT)


def test_no_weak_sign_outweighs_a_trap():
    assert verdict(Sign.TRAP | Sign.BROWSER | Sign.LATER) is MACHINE
    assert set(WEIGHTS) == set(Sign)


def test_the_trap_is_known_with_words_added():
    assert is_trap("https://example.org/not-for-readers?utm_source=mail")
    assert not is_trap("https://example.org/for-readers")
    assert not is_trap(None)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("gmail.com", "gmail"), ("googlemail.com", "gmail"), ("yahoo.co.uk", "yahoo"),
        ("yahoo.example.com", "others"), ("outlook.com", "microsoft"), ("hotmail.fr", "microsoft"),
        ("live.com.mx", "microsoft"), ("me.com", "apple"), ("example.com", "others"),
        ("yahoo", "others"), ("", "others"),
    ],
)  # fmt: skip
def test_mailbox_providers_are_known_by_their_domains(domain, expected):
    assert provider_of(domain) == expected
