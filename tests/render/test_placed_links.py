from __future__ import annotations

from dataclasses import replace
from datetime import date

from newsletter.domain.issue import Brief, Issue, Section
from newsletter.domain.rendition import PlacedLink
from newsletter.render.links import Tagging, brief_id
from newsletter.render.placed_links import placed_links

GOLD = Brief(
    "Gold climbs", "See [the fix](https://fix.example.com/?a=1&b=2).", "https://a.example.com/"
)
JOB = Brief("Bench jeweller", "Apply [here](https://jobs.example.com/7).", item="0123456789ab")
SPARE = Brief("Also gold", "[A](https://a.example.com/) <https://plain.example.com/>")
ISSUE = Issue(
    "2026-11-27",
    date(2026, 11, 27),
    "Gold",
    "",
    (
        Section("latest", "The Latest", (GOLD, SPARE), intro="[Prices](https://p.example.com/)"),
        Section("jobs", "Jobs", (JOB,)),
    ),
)


def page(*addresses):
    return "".join(f'<a class="x" href="{one}">x</a>' for one in addresses)


def found(html, issue=ISSUE, tagging=None):
    return placed_links(html, issue, tagging, prefix="mergeme")


def test_each_link_is_told_with_its_section_and_brief():
    html = page(
        "https://p.example.com/",
        "https://fix.example.com/?a=1&amp;b=2",
        "https://jobs.example.com/7",
    )
    assert found(html) == (
        PlacedLink("https://p.example.com/", "latest"),
        PlacedLink("https://fix.example.com/?a=1&b=2", "latest", brief_id(GOLD), "Gold climbs"),
        PlacedLink("https://jobs.example.com/7", "jobs", "0123456789ab", "Bench jeweller"),
    )


def test_a_link_of_the_theme_has_no_section():
    assert found(page("https://loupe.example.com/")) == (PlacedLink("https://loupe.example.com/"),)


def test_what_stands_twice_on_the_page_is_told_once_and_what_is_in_two_briefs_twice():
    links = found(
        page("https://a.example.com/", "https://plain.example.com/", "https://a.example.com/")
    )
    assert [(one.url[8], one.headline) for one in links] == [
        ("a", "Gold climbs"), ("a", "Also gold"), ("p", "Also gold"),
    ]  # fmt: skip


def test_campaign_words_are_part_of_the_address():
    (link,) = found(
        page("https://a.example.com/?utm_source=n&amp;utm_medium=email&amp;utm_campaign=c"
             f"&amp;utm_content={brief_id(GOLD)}"),
        tagging=Tagging("n", "email", "c"),
    )  # fmt: skip
    assert (link.section, link.headline) == ("latest", "Gold climbs")


def test_what_is_another_address_for_each_reader_or_no_web_address_is_left_out():
    assert (
        found(page("https://x.example.com/?u=mergeme1", "mergeme2", "mailto:a@example.com")) == ()
    )
    assert (
        found('<link href="https://x.example.com/x.css"><img src="https://a.example.com/">') == ()
    )


def test_a_rendition_knows_its_links_and_its_digest_does_not(sample_issue, rendered):
    rendition = rendered(sample_issue)
    briefs = [brief for brief in sample_issue.briefs if brief.link]
    assert {brief_id(brief) for brief in briefs} <= {link.brief for link in rendition.links}
    assert all(link.url.startswith("http") for link in rendition.links)
    assert replace(rendition, links=()).digest == rendition.digest
