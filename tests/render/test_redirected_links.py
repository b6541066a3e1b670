"""Links by way of our own redirect: in both parts of every version, never on the public page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import Publication
from newsletter.domain.issue import Brief, Issue, Section
from newsletter.render.content import Places
from newsletter.render.links import Tagging, link_key, redirected
from newsletter.render.pipeline import Setting, render, render_page

DOOR = "https://news.example.com/l/2026-11-27"
GOLD = "https://a.example.com/gold?x=1&y=2"
ISSUE = Issue(
    "2026-11-27",
    date(2026, 11, 27),
    "Gold",
    "",
    (
        Section(
            "latest",
            "The Latest",
            (
                Brief("Gold climbs", "See [the fix](https://fix.example.com/).", GOLD, "A"),
                Brief("Only shops", "[Mail us](mailto:desk@example.com).", GOLD, "A", audience="s"),
            ),
        ),
    ),
)


@pytest.fixture
def setting(theme):
    publication = Publication.model_validate(
        {
            "name": "The Loupe",
            "website": "https://loupe.example.com",
            "from": {"name": "The Loupe", "email": "desk@example.com"},
            "postal_address": "12 Assay Row",
        }
    )
    places = Places(
        base_url="https://news.example.com", tagging=Tagging("loupe", "email", "x"), redirect=DOOR
    )
    return Setting(publication, places, theme, "xmergeprefix00000")


def test_links_of_briefs_lead_by_us_and_others_as_they_did(setting):
    for rendition in render(ISSUE, setting):
        assert "a.example.com" not in rendition.html + rendition.text.replace("A: ", "")
        assert "fix.example.com" not in rendition.html
        assert "https://loupe.example.com" in rendition.html
        ours = [link for link in rendition.links if link.target]
        assert all(re.fullmatch(rf"{DOOR}/[0-9a-f]{{12}}", link.url) for link in ours)
        assert all(link.url in rendition.html and link.url in rendition.text for link in ours)
        assert all("utm_source=loupe" in link.target for link in ours)


def test_a_link_is_the_same_in_every_version_and_another_in_every_brief(setting):
    shops, others = render(ISSUE, setting)
    found = {link.url: link.target for link in shops.links if link.target}
    assert {link.url for link in others.links if link.target} < set(found)
    assert sum("a.example.com" in target for target in found.values()) == 2


def test_a_mail_address_is_no_page_to_redirect_to(setting):
    shops, _ = render(ISSUE, setting)
    assert "mailto:desk@example.com" in shops.html


def test_redirected_bytes_are_other_bytes_to_approve_and_the_same_each_time(setting):
    direct = replace(setting, places=replace(setting.places, redirect=""))
    first, again = (render(ISSUE, setting)[0] for _ in range(2))
    assert first == again
    assert first.digest != render(ISSUE, direct)[0].digest


def test_the_public_page_links_directly(setting):
    page = render_page(ISSUE, setting)
    assert DOOR not in page
    assert "https://a.example.com/gold?x=1&amp;y=2" in page


@given(st.text(max_size=80), st.text(max_size=12))
def test_a_redirect_is_opaque_and_stable(url, brief):
    led = redirected(url, DOOR, brief)
    if url.lower().startswith(("http://", "https://")):
        assert led == f"{DOOR}/{link_key(url, brief)}"
        assert re.fullmatch(r"[0-9a-f]{12}", led.rpartition("/")[2])
    else:
        assert led == url
    assert redirected(url, "", brief) == url


def test_each_version_tells_its_briefs(setting):
    shops, others = render(ISSUE, setting)
    assert [one.headline for one in shops.briefs] == ["Gold climbs", "Only shops"]
    assert [one.headline for one in others.briefs] == ["Gold climbs"]
