"""What readers and scanners of many kinds are taken for, each as they come and at any moment.

A reader in person is never a machine, and a scanner never a human, for as long as any sign tells.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.event import EventKind
from newsletter.domain.report import Verdict
from newsletter.domain.scanner import signs_of_name, signs_of_network
from newsletter.domain.visit import Sign, Visit, in_person, judged

AT = datetime(2026, 11, 27, 8, tzinfo=UTC)
MACHINE, HUMAN, UNSURE = Verdict.MACHINE, Verdict.HUMAN, Verdict.UNSURE
LINKS = [f"https://example.com/{number}" for number in range(20)]
TRAP = "https://example.org/not-for-readers"

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148"
)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
CUBOT = (
    "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36"
)
OUTLOOK = (
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16; Microsoft Outlook 16.0.17928; "
    "Microsoft Outlook)"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
APPLE = "Mozilla/5.0"
ANDROID = "okhttp/4.12.0"
HOME, FILTER = "192.0.2.7", "67.231.150.9"


def visit(kind, seconds, name, *, url=None, ip=HOME, **more):
    signs = signs_of_name(name) | signs_of_network(ip)[0]
    for sign in more.get("signs", ()):
        signs |= sign
    if url == TRAP:
        signs |= Sign.TRAP
    return Visit(kind, AT + timedelta(seconds=seconds), signs, url)


def opened(seconds, name, **more):
    return visit(EventKind.OPENED, seconds, name, **more)


def clicked(seconds, name, place=0, **more):
    return visit(EventKind.CLICKED, seconds, name, url=LINKS[place], **more)


def best(visits, kind=EventKind.CLICKED):
    """What a reader with these visits counts as; judged at 08:00, when the mail was delivered."""
    found = Counter(
        one.verdict
        for one in judged(visits, AT)
        if one.visit.kind is kind and not one.visit.trapped
    )
    return next((verdict for verdict in (HUMAN, UNSURE, MACHINE) if found[verdict]), None)


minutes = st.integers(60, 30 * 86_400)  # a minute after delivery, to a month
soon = st.integers(-5, 59)
browsers = st.sampled_from((FIREFOX, IPHONE, CHROME, CUBOT))


@given(minutes, browsers)
def test_a_reader_opens_and_clicks(at, name):
    visits = [opened(at, name), clicked(at + 20, name)]
    assert best(visits) is best(visits, EventKind.OPENED) is HUMAN


@given(soon, browsers)
def test_a_keen_reader_is_not_told_from_a_scanner_by_the_time(at, name):
    assert best([clicked(at, name)]) is UNSURE


@given(soon, st.integers(70, 9_000), browsers)
def test_a_keen_reader_who_goes_on_reading_is_human(at, later, name):
    assert best([clicked(at, name), clicked(at + later, name, 1)]) is HUMAN


@given(minutes, st.lists(st.integers(1, 3), min_size=9, max_size=9), browsers)
def test_a_reader_who_opens_ten_links_in_tabs_is_no_machine(at, pauses, name):
    moments = [at + sum(pauses[:n]) for n in range(10)]
    visits = [clicked(moment, name, place) for place, moment in enumerate(moments)]
    assert best(visits) in (UNSURE, HUMAN)
    assert best([*visits, clicked(moments[-1] + 60, name, 12)]) is HUMAN


@given(minutes, browsers)
def test_an_office_behind_one_door_that_clicks_together_is_no_machine(at, name):
    alike = clicked(at, name, signs=[Sign.CROWD])
    assert best([alike]) is UNSURE
    assert best([alike, clicked(at + 60, name, 1)]) is HUMAN


@given(soon, minutes, st.booleans())
def test_pictures_that_apple_loads_are_a_machine_and_clicks_on_an_iphone_a_reader(
    loaded, at, announced
):
    signs = [Sign.PREFETCH] if announced else []
    visits = [opened(loaded, APPLE, signs=signs), clicked(at, IPHONE)]
    assert best(visits, EventKind.OPENED) is (MACHINE if announced else UNSURE)
    assert best(visits) is HUMAN


@given(minutes, st.sampled_from((GMAIL, YAHOO, OUTLOOK)))
def test_pictures_loaded_in_the_readers_stead_as_they_open_are_of_a_reader(at, name):
    assert best([opened(at, name)], EventKind.OPENED) is HUMAN


@given(st.integers(-5, 10**6))
def test_a_mail_program_of_a_phone_that_names_only_its_library_is_no_machine(at):
    assert best([opened(at, ANDROID)], EventKind.OPENED) is UNSURE


@given(minutes, browsers)
def test_a_reader_whose_pictures_are_blocked_clicks_without_an_open(at, name):
    assert best([clicked(at, name)]) is HUMAN
    assert best([clicked(at, name)], EventKind.OPENED) is None


@given(st.integers(-30, 50), st.integers(120, 10**6))
def test_a_reader_behind_a_filter_that_follows_everything_is_human_by_their_own_click(scan, at):
    scanned = [clicked(scan + n // 8, CHROME, n, ip=FILTER) for n in range(16)]
    assert best(scanned) is MACHINE
    assert best([*scanned, clicked(at, FIREFOX, 3)]) is HUMAN


# Scanners

names = st.sampled_from((CHROME, "Mozilla/5.0", "", "python-requests/2.31", "Barracuda Sentinel"))
bursts = st.lists(st.integers(0, 1), min_size=3, max_size=20)


@given(st.integers(-60, 30 * 86_400), bursts, names)
def test_a_filter_that_follows_many_links_within_a_second_is_a_machine_whenever_it_comes(
    at, moments, name
):
    visits = [clicked(at + moment, name, n) for n, moment in enumerate(moments)]
    assert best(visits) is MACHINE


@given(soon, st.lists(st.integers(0, 3), min_size=2, max_size=18), names)
def test_a_filter_that_follows_link_by_link_as_the_mail_comes_is_a_machine(at, pauses, name):
    moments = [at + sum(pauses[:n]) for n in range(len(pauses) + 1)]
    visits = [clicked(moment, name, n) for n, moment in enumerate(moments)]
    assert best(visits[:3]) is MACHINE or moments[2] > 59
    assert MACHINE in {one.verdict for one in judged(visits, AT)} or moments[2] > 59


@given(
    st.integers(-30, 10**6), st.lists(st.integers(0, 10), min_size=2, max_size=18),
    st.integers(0, 18), names,
)  # fmt: skip
def test_a_slow_filter_that_falls_into_the_trap_is_a_machine_to_its_last_click(
    at, pauses, trapped, name
):
    moments = [at + sum(pauses[:n]) for n in range(len(pauses) + 1)]
    visits = [clicked(moment, name, n) for n, moment in enumerate(moments)]
    trap = moments[min(trapped, len(moments) - 1)]
    visits.append(visit(EventKind.CLICKED, trap, name, url=TRAP))
    assert {one.verdict for one in judged(visits, AT)} == {MACHINE}


@given(st.integers(-30, 59))
def test_a_filter_that_follows_one_link_of_each_of_many_colleagues_is_a_machine(at):
    assert best([clicked(at, CHROME, signs=[Sign.CROWD])]) is MACHINE


@given(st.integers(-30, 10**6))
def test_a_program_is_a_machine_at_any_hour(at):
    for name in ("python-requests/2.31", "curl/8.9", "Slackbot-LinkExpanding 1.0"):
        assert best([clicked(at, name)]) is MACHINE


@given(st.integers(-30, 3_599))
def test_a_filter_known_by_its_network_is_a_machine_whatever_it_calls_itself(at):
    assert best([clicked(at, CHROME, ip=FILTER)]) is MACHINE


@given(soon, st.integers(0, 20))
def test_a_filter_that_follows_one_link_as_the_mail_comes_is_no_human(at, place):
    """The 836 people of one send: a browser's name, one link, and nothing else to go by."""
    assert best([clicked(at, CHROME, place % 20)]) is UNSURE


@pytest.mark.parametrize("name", [FIREFOX, IPHONE, CHROME, CUBOT, OUTLOOK, GMAIL, YAHOO])
def test_names_of_readers_are_of_readers(name):
    assert signs_of_name(name) is Sign.BROWSER


@pytest.mark.parametrize(
    "name",
    ["facebookexternalhit/1.1", "Googlebot/2.1", "HeadlessChrome/142", "libcurl/8.9", "Wget/1.21"],
)
def test_names_of_programs_are_of_programs(name):
    assert signs_of_name(name) is Sign.PROGRAM


def test_the_first_moment_of_a_human_is_told_apart_from_machines():
    visits = judged(
        [
            opened(-5, APPLE, signs=[Sign.PREFETCH]),
            opened(700, FIREFOX),
            clicked(20, CHROME, 1),
            clicked(800, FIREFOX),
            clicked(900, FIREFOX, 1),
        ],
        AT,
    )
    found = in_person(visits)
    assert (found.opened_at, found.clicked_at) == (
        AT + timedelta(seconds=700), AT + timedelta(seconds=800)
    )  # fmt: skip
    assert in_person(visits[:2]) == in_person(()), "only machines and doubts came before"
