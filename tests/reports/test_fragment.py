"""One brief cut out of a mail: all of it, and nothing of its neighbours."""

from __future__ import annotations

import pytest
from lxml import html as parser

from newsletter.reports.fragment import fragment

MAIL = """<html><body><div class="page"><div class="card"><table><tr><td>
<h2>Latest</h2>
<div class="brief"><h3><a href="https://a.example.com/">Gold climbs</a></h3><p>By two percent.</p>
<p><a href="https://a.example.com/">Read at A ›</a></p></div>
<div class="brief"><h3>A bench   reopens</h3><p>In Lyon.</p></div>
<ul><li>Pearls sell well <a href="https://b.example.com/">B ›</a></li><li>Opals do not</li></ul>
</td></tr></table></div>
<div class="card"><table><tr><td>3 December</td><td><h3>Evening sale</h3><p>Geneva.</p></td></tr>
<tr><td>4 May</td><td><h3>A fair</h3><p>Basel.</p></td></tr></table></div>
<div class="card"><p>Advertisement</p><h3>Our sponsor</h3><p>Buys loupes.</p></div>
</div></body></html>"""
HEADLINES = (
    "Gold climbs", "A bench reopens", "Pearls sell well", "Opals do not",
    "3 December: Evening sale", "4 May: A fair", "Our sponsor",
)  # fmt: skip
TEXTS = {
    "Gold climbs": "Gold climbs By two percent. Read at A ›",
    "A bench reopens": "A bench reopens In Lyon.",
    "Pearls sell well": "Pearls sell well B ›",
    "Opals do not": "Opals do not",
    "3 December: Evening sale": "3 December Evening sale Geneva.",
    "Our sponsor": "Advertisement Our sponsor Buys loupes.",
}


def shown(html):
    texts = parser.fragment_fromstring(html).xpath(".//text()")
    return " ".join(" ".join(texts).split())


@pytest.mark.parametrize("headline", TEXTS)
def test_a_brief_is_cut_out_whole_and_alone(headline):
    others = [one for one in HEADLINES if one != headline]
    assert shown(fragment(MAIL, headline, [], others)) == TEXTS[headline]


def test_a_brief_that_does_not_show_its_headline_is_found_by_its_link():
    cut = fragment(
        MAIL, "Nowhere written", ["https://b.example.com/"], ["Gold climbs", "Opals do not"]
    )
    assert shown(cut) == "Pearls sell well B ›"


def test_what_is_not_there_is_nothing():
    assert fragment(MAIL, "Zebra", [], HEADLINES) == ""
