"""Attacks by what an issue quotes (A10 to A12, A22, A25 to A27), up to a real browser.

Numbers are those of the attack table in docs/contributor.md.
"""

from __future__ import annotations

import html
from dataclasses import replace

import pytest

from newsletter.domain.issue import Brief, Section
from newsletter.gather.draft import brief_of
from newsletter.gather.feed import read_feed
from newsletter.render.checks import check

CORPUS = [
    "<script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "<svg onload=\"document.title='run'\">",
    "<math><mtext><mglyph><style><!--</style><img src onerror=\"document.title='run'\">",
    "<!--[if mso]><script>document.title='run'</script><![endif]-->",
    "--><script>document.title='run'</script>",
    "</title></style></textarea><script>document.title='run'</script>",
    "\" onmouseover=\"document.title='run'\" autofocus onfocus=\"document.title='run'",
    "&lt;script&gt;document.title='run'&lt;/script&gt;",
    "&#60;script&#62;document.title='run'&#60;/script&#62;",
    "[x](javascript:document.title='run')",
    "<a href=\"jav&#x09;ascript:document.title='run'\">x</a>",  # codespell:ignore
    "<iframe srcdoc=\"<script>parent.document.title='run'</script>\">",
    "<form action=//evil.example.com><button autofocus>x</form>",
    "<meta http-equiv=refresh content='0;url=javascript:document.title=1'>",
    "<base href='//evil.example.com/'>",
]


@pytest.fixture
def hostile(sample_issue):
    """The sample issue with an attack in every place where words of others can stand."""

    def made(attack):
        brief = Brief(attack, attack, "https://trade.example.com/x", attack, line=9)
        section = Section("latest", attack, (brief,), intro=attack, line=7)
        return replace(
            sample_issue, subject=attack, preheader=attack, intro=attack, sections=(section,)
        )

    return made


@pytest.mark.parametrize("attack", CORPUS)
def test_a10_a26_no_attack_becomes_markup(hostile, rendered, publication, attack):
    issue = hostile(attack)
    findings = check(issue, (rendered(issue),), publication=publication)
    assert not {"active-content", "remote-pixel"} & {found.code for found in findings}


def test_a22_a_browser_runs_nothing_of_the_corpus(hostile, rendered, browser):
    page = browser.new_page()
    try:
        for attack in CORPUS:
            page.set_content(rendered(hostile(attack)).html)
            page.mouse.move(100, 100)
            page.wait_for_timeout(5)
            assert page.title() != "run", attack
            assert page.evaluate("document.querySelectorAll('script,iframe,form,base').length") == 0
    finally:
        page.close()


@pytest.mark.parametrize(
    "words",
    [
        "{{7*7}}",
        "{% include '/etc/passwd' %}",
        "<%asm_group_unsubscribe_raw_url%>",
        "[unsubscribe]",
        "-email-",
        "{{email}}",
        "xaaaaaaaaaaaaaaaah001",
    ],
)
def test_a11_a12_words_shaped_like_somebodys_tokens_stay_words(one_brief, rendered, words):
    rendition = rendered(one_brief(headline=f"Before {words} after"))
    assert f"Before {words} after" in html.unescape(rendition.html)
    assert f"Before {words} after" in rendition.text
    assert {token.field for token in rendition.tokens} <= {
        "unsubscribe_url",
        "preferences_url",
        "list_title",
    }


@pytest.mark.parametrize("attack", CORPUS)
def test_a25_a_feed_cannot_bring_markup_into_an_issue(one_brief, rendered, publication, attack):
    escaped = attack.replace("&", "&amp;").replace("<", "&lt;")
    feed = (
        f"<rss version='2.0'><channel><title>Wire</title><item><title>{escaped}</title>"
        f"<link>https://trade.example.com/x</link><description>Gold rose. {escaped}</description>"
        "</item></channel></rss>"
    )
    place = "https://trade.example.com/feed"
    items = read_feed(feed.encode(), url=place, source="Wire")
    briefs = tuple(brief_of(item) for item in items)
    issue = one_brief()
    issue = replace(issue, sections=(replace(issue.sections[0], briefs=briefs),))
    findings = check(issue, (rendered(issue),), publication=publication)
    assert not {"active-content", "remote-pixel", "link-scheme"} & {one.code for one in findings}


def test_a27_markup_nested_without_end_costs_no_time_and_shows_as_words(one_brief, rendered):
    rendition = rendered(one_brief(text="<div>" * 20_000 + "deep"))
    assert "deep" in rendition.text
    assert "<div><div><div>" not in rendition.html
