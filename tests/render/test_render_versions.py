"""Each version of an issue holds what its readers see; the web page holds no reader at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.domain.issue import Brief, Section
from newsletter.errors import RenderError
from newsletter.render.content import Places
from newsletter.render.links import Tagging
from newsletter.render.pipeline import Setting, render, render_page
from newsletter.render.tokens import merge_prefix

BASE = "https://news.loupe.example.com"


@pytest.fixture
def setting(publication, theme):
    def made(issue, **changes):
        settings = {
            "publication": publication,
            "places": Places(BASE),
            "theme": theme,
            "prefix": merge_prefix(b"a workspace secret", issue.slug),
        } | changes
        return Setting(**settings)

    return made


@pytest.fixture
def divided(sample_issue):
    """The sample, with a section for retailers and a brief for all others."""
    terms = Section(
        "terms", "Supplier terms", (Brief("Terms for the trade"),), audience="retailers"
    )
    first, second = sample_issue.sections
    others = Brief("A word to everybody else", audience="not retailers")
    return replace(
        sample_issue,
        sections=(first, replace(second, briefs=(*second.briefs, others)), terms),
    )


def test_each_version_shows_what_its_readers_see(divided, setting):
    made = {one.version: one for one in render(divided, setting(divided))}
    assert set(made) == {"retailers", "others"}
    for version, (seen, unseen) in {
        "retailers": ("Terms for the trade", "A word to everybody else"),
        "others": ("A word to everybody else", "Terms for the trade"),
    }.items():
        for part in (made[version].html, made[version].text):
            assert seen in part
            assert unseen not in part


def test_a_version_is_what_an_issue_of_its_content_alone_would_be(divided, setting):
    trade = next(one for one in render(divided, setting(divided)) if one.version == "retailers")
    first, second, terms = divided.sections
    alone = replace(
        divided,
        sections=(first, replace(second, briefs=second.briefs[:-1]), replace(terms, audience="")),
    )
    (same,) = render(alone, setting(alone))
    assert (trade.html, trade.text, trade.subject) == (same.html, same.text, same.subject)


def test_versions_have_digests_of_their_own(divided, setting):
    assert len({one.digest for one in render(divided, setting(divided))}) == 2


def test_hidden_words_may_not_hold_our_tokens_either(divided, setting):
    prefix = merge_prefix(b"a workspace secret", divided.slug)
    *rest, terms = divided.sections
    hostile = replace(terms, briefs=(Brief(f"{prefix}h001"),))
    with pytest.raises(RenderError, match="merge tokens"):
        render(replace(divided, sections=(*rest, hostile)), setting(divided))


def test_the_page_is_for_everybody_and_knows_nobody(divided, setting):
    places = Places(BASE, web_version="https://loupe.example.com/1", tagging=Tagging("a", "b", "c"))
    chosen = setting(divided, places=places)
    page = render_page(divided, chosen)
    assert "A word to everybody else" in page
    assert "Terms for the trade" not in page
    assert "colleague" in page  # a fallback, where a reader's name would stand
    for never in (chosen.prefix, "nsubscribe", "utm_", "https://loupe.example.com/1", "{{"):
        assert never not in page


def test_links_carry_our_words_and_the_briefs_name(divided, setting):
    places = Places(BASE, tagging=Tagging("the-loupe", "email", "2026-11-27"))
    for one in render(divided, setting(divided, places=places)):
        lead = divided.briefs[0].link
        for part in (one.html.replace("&amp;", "&"), one.text):
            assert f"{lead}?utm_source=the-loupe&utm_medium=email&utm_campaign=2026-11-27" in part
            assert "buyers?from=a&to=b&utm_source=the-loupe" in part
