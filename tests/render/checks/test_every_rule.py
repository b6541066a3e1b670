"""For every rule an issue that breaks it, and one much like it that does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime

import pytest

from newsletter.claims import Source
from newsletter.domain.issue import Brief, Section
from newsletter.domain.sponsor import Booking, Due, Slot, Standing
from newsletter.domain.story import Evidence, Ran
from newsletter.render.checks import RULES
from newsletter.render.checks.known import Answer, Known, SpamScore

STORY = "https://trade.example.com/gold"
KEY = "SG." + "a" * 22 + "." + "b" * 43
PROSE = (
    "Refiners in two cities quote five weeks for grain and three for sheet, and the polishers say "
    "that nobody waits for the spring fair any longer."
)


def into_body(markup):
    return lambda html: html.replace("</body>", markup + "</body>")


def into_head(markup):
    return lambda html: html.replace("</head>", markup + "</head>")


def without(words):
    return lambda text: text.replace(words, "")


def sections(*briefs, **parts):
    return {"sections": (Section("latest", "The Latest", briefs, line=7, **parts),)}


def brief(headline="Gold rises", link=STORY, line=9, **parts):
    return Brief(headline, link=link, line=line, **parts)


def answered(status, url=STORY, **parts):
    return Known(answers={STORY: Answer(status, url, **parts)})


def ran(new=()):
    before = Ran("2026-11-20", date(2026, 11, 20), "Gold rises", Evidence.ADDRESS, new)
    return Known(ran={9: before})


def kept(said, item="g1"):
    return Known(sources={item: Source(f"Gold rises. {said}", date(2026, 11, 25))})


SOLD = date(2026, 11, 20)
PAID = {"component": "sponsor", "sponsor": "halden-cover"}


def paid(text="Cover for stock."):
    return sections(brief("Halden & Voss insures", text=text, **PAID))


def booking(label="Sponsored by Halden & Voss"):
    piece = brief("Halden & Voss insures", text="Cover for stock.", **PAID)
    return Booking(
        "halden-cover", "Halden & Voss", (SOLD,), (), "latest", None, piece, "", label, 3
    )


def due(*, owed_since=None, **parts):
    return Known(due=(Due(booking(**parts), owed_since),))


def sized(size):
    def grow(html):
        links = html.count('href="http')
        return html + " " * (size - len(html.encode()) - 350 * links)

    return grow


def mail(line, name=b"Subject"):
    return Known(mails={"all": name + b": " + line + b"\r\n\r\nGold rises.\r\n"})


OTHER_WORDS = "Watchmakers in the Jura hire forty apprentices and open a second hall before summer."
COLOURED = '<p style="color:#{ink};background-color:#ffffff">Gold</p>'
DARK = (
    "<style>@media (prefers-color-scheme: dark) "
    "{{ .x {{ color: #{ink} !important; background: #101010 !important }} }}</style>"
)

# code → (what is changed so that it is found, what is changed so that it just is not)
PAIRS = {
    "subject-missing": ({"issue": {"subject": " "}}, {"issue": {"subject": "G"}}),
    "subject-long": ({"issue": {"subject": "G" * 61}}, {"issue": {"subject": "G" * 60}}),
    "subject-repeated": (
        {"known": Known(subjects={"gold rises": "2026-11-20"})},
        {"known": Known(subjects={"gold rises again": "2026-11-20"})},
    ),
    "subject-reply": (
        {"issue": {"subject": "AW: Gold rises"}},
        {"issue": {"subject": "Re-cut stones: what they fetch"}},
    ),
    "subject-shouts": (
        {"issue": {"subject": "GOLD RISES AGAIN"}},
        {"issue": {"subject": "GIA and IGI report"}},
    ),
    "subject-emoji": (
        {"issue": {"subject": "Gold rises 💎"}},
        {"issue": {"subject": "Gold 💎 rises"}},
    ),
    "preheader-missing": ({"issue": {"preheader": ""}}, {"issue": {"preheader": "P"}}),
    "preheader-long": (
        {"issue": {"preheader": "P" * 141}},
        {"issue": {"preheader": "P" * 140}},
    ),
    "preheader-repeats": (
        {"issue": {"preheader": "Gold rises, and silver follows"}},
        {"issue": {"preheader": "Silver follows, and gold rises"}},
    ),
    "issue-empty": ({"issue": {"sections": ()}}, {}),
    "section-empty": (
        {"issue": sections()},
        {"issue": sections(intro="Nothing this week.")},
    ),
    "version-empty": (
        {"issue": sections(brief(), audience="retailers")},
        {"issue": sections(brief(audience="retailers"), brief("Silver", STORY + "/s", line=12))},
    ),
    "duplicate-link": (
        {"issue": sections(brief(), brief("Silver", STORY + "/#top"))},
        {"issue": sections(brief(), brief("Silver", STORY + "?page=2"))},
    ),
    "duplicate-headline": (
        {"issue": sections(brief(), brief("gold  Rises", STORY + "-2"))},
        {"issue": sections(brief(), brief("Gold rises again", STORY + "-2"))},
    ),
    "duplicate-story": (
        {"issue": sections(brief(text=PROSE), brief("Grain", STORY + "-2", text=PROSE))},
        {"issue": sections(brief(text=PROSE), brief("Grain", STORY + "-2", text=OTHER_WORDS))},
    ),
    "brief-without-link": (
        {"brief": {"link": None}},
        {"brief": {"link": None, "text": f"[Refiners]({STORY}) quote"}},
    ),
    "ran-before": ({"known": ran()}, {"known": ran(new=("18%",))}),
    "follow-up": ({"known": ran(new=("18%",))}, {"known": ran()}),
    "embargo": (
        {"brief": {"embargo": datetime.fromisoformat("2026-11-28 00:00")}},
        {"brief": {"embargo": datetime.fromisoformat("2026-11-27 09:00")}},
    ),
    "embargo-today": (
        {"brief": {"embargo": datetime.fromisoformat("2026-11-27 09:00")}},
        {"brief": {"embargo": datetime.fromisoformat("2026-11-27 00:00")}},
    ),
    "held-over": ({"brief": {"held_over": date(2026, 12, 11)}}, {}),
    "claim-number": (
        {"brief": {"item": "g1", "text": "Gold rose 8%."}, "known": kept("It rose 9 percent.")},
        {"brief": {"item": "g1", "text": "Gold rose 8%."}, "known": kept("It rose 8 percent.")},
    ),
    "claim-name": (
        {"brief": {"item": "g1", "text": "It said Orlo won."}, "known": kept("Orla won.")},
        {"brief": {"item": "g1", "text": "It said Orlo’s won."}, "known": kept("ORLO won.")},
    ),
    "claim-quotation": (
        {"brief": {"item": "g1", "text": "“It is done”, he said."}, "known": kept("It was done.")},
        {"brief": {"item": "g1", "text": "“It is done”, he said."}, "known": kept("'It is done.'")},
    ),
    "claim-source": (
        {"brief": {"text": "Gold rose 8%."}, "known": kept("It rose.")},
        {"brief": {"text": "Gold rose 8%."}},
    ),
    "link-scheme": (
        {"brief": {"link": "javascript:alert(1)"}},
        {"brief": {"text": "[write to us](mailto:desk@example.com)"}},
    ),
    "link-http": (
        {"brief": {"link": "http://trade.example.com/gold"}},
        {"brief": {"link": STORY}},
    ),
    "link-empty": (
        {"brief": {"text": "[refiners]()"}},
        {"brief": {"text": f"[refiners]({STORY})"}},
    ),
    "link-private": (
        {"brief": {"link": "https://192.168.1.20/gold"}},
        {"brief": {"link": "https://192.0.43.8/gold"}},
    ),
    "link-staging": (
        {"brief": {"link": "https://staging.trade.example.com/gold"}},
        {"brief": {"link": "https://testimony.example.com/gold"}},
    ),
    "link-shortener": (
        {"brief": {"link": "https://bit.ly/3abc"}},
        {"brief": {"link": "https://orbit.ly/3abc"}},
    ),
    "link-tracking": (
        {"brief": {"link": STORY + "?fbclid=IwAR0"}},
        {"brief": {"link": STORY + "?page=2"}},
    ),
    "link-words": (
        {"brief": {"text": f"The fair: [Read more…]({STORY})"}},
        {"brief": {"text": f"The fair: [read more of the grain]({STORY})"}},
    ),
    "anchor-dead": (
        {"html": into_body('<a href="#lead">Lead</a>')},
        {"html": into_body('<a href="#lead">Lead</a><a id="lead"></a>')},
    ),
    "link-dead": ({"known": answered(404, gone=True)}, {"known": answered(200)}),
    "link-doubtful": ({"known": answered(403)}, {"known": answered(204)}),
    "link-to-front-page": (
        {"known": answered(200, "https://trade.example.com/")},
        {"known": answered(200, "https://trade.example.com/news/gold")},
    ),
    "link-moved": (
        {"known": answered(200, "https://wire.example.org/gold")},
        {"known": answered(200, "https://www.trade.example.com/gold")},
    ),
    "links-unvisited": ({"known": Known(unvisited=1)}, {"known": Known(unvisited=0)}),
    "alt-missing": (
        {"brief": {"text": "![](https://e.example.com/a.png)"}},
        {"brief": {"text": "![A ring](https://e.example.com/a.png)"}},
    ),
    "image-local": (
        {"brief": {"text": "![A ring](https://e.example.com/a.svg)"}},
        {"brief": {"text": "![A ring](https://e.example.com/a.png)"}},
    ),
    "image-remote": (
        {"brief": {"text": "![A ring](https://e.example.com/a.png)"}},
        {"brief": {"text": "A ring, as https://e.example.com/a.png shows"}},
    ),
    "images-heavy": (
        {"known": Known(pictures={"images/a.jpg": 1_500_000, "images/b.jpg": 600_000})},
        {"known": Known(pictures={"images/a.jpg": 1_900_000})},
    ),
    "remote-pixel": (
        {"html": into_body('<img src="https://e.example.com/o.gif" width="1" height="1" alt="">')},
        {"html": into_body('<img src="https://e.example.com/o.gif" width="10" height="9" alt="">')},
    ),
    "weekday-mismatch": (
        {"brief": {"text": "on Montag, 27. November 2026"}},
        {"brief": {"text": "on Freitag, 27. November 2026"}},
    ),
    "secret": ({"brief": {"text": f"key {KEY}"}}, {"brief": {"text": "key SG.short."}}),
    "placeholder": ({"brief": {"text": "sales of TK million"}}, {"brief": {"text": "a todo list"}}),
    "token-left": (
        {"text": lambda text: text.replace("t0", "t9")},
        {"text": lambda text: text.replace("Gold", "Silver")},
    ),
    "field-unknown": (
        {
            "brief": {"text": "Dear {{ reader.frist_name | fallback('you') }}"},
            "known": Known(attributes=("first_name",), readers=2),
        },
        {
            "brief": {"text": "Dear {{ reader.first_name | fallback('you') }}"},
            "known": Known(attributes=("first_name",), readers=2),
        },
    ),
    "field-empty": (
        {
            "brief": {"text": "Dear {{ reader.first_name }}"},
            "known": Known(attributes=("first_name",), readers=2, lacking={"first_name": 1}),
        },
        {
            "brief": {"text": "Dear {{ reader.first_name | fallback('you') }}"},
            "known": Known(attributes=("first_name",), readers=2, lacking={"first_name": 1}),
        },
    ),
    "unsubscribe-missing": (
        {"text": lambda text: text.split("\n----", maxsplit=1)[0]},
        {},
    ),
    "postal-address-missing": (
        {"publication": {"postal_address": "The Loupe, 14 Assay Row, New York"}},
        {"publication": {"postal_address": "THE LOUPE, 12 Assay Row,  New York, NY 10036"}},
    ),
    "preferences-missing": (
        {"text": lambda text: text.split("\n----", maxsplit=1)[0]},
        {},
    ),
    "sponsor-unlabelled": (
        {
            "issue": sections(brief("Halden & Voss lends"), component="sponsor"),
            "text": without("ADVERTISEMENT"),
        },
        {"issue": sections(brief("Halden & Voss lends"), component="sponsor")},
    ),
    "sponsor-missing": ({"known": due()}, {"issue": paid(), "known": due()}),
    "sponsor-altered": (
        {"issue": paid(text="Cover for tools."), "known": due()},
        {"issue": paid(), "known": due()},
    ),
    "sponsor-unwritten": (
        {"known": Known(due=(Due(replace(booking(), piece=None)),))},
        {"issue": paid(), "known": due()},
    ),
    "sponsor-sold-twice": (
        {"known": Known(due=(Due(replace(booking(), place=1)), Due(replace(booking(), place=1))))},
        {"known": Known(due=(Due(replace(booking(), place=1)), Due(replace(booking(), place=2))))},
    ),
    "sponsor-owed": ({"known": due(owed_since=SOLD)}, {"known": due()}),
    "sponsor-unsold": ({"issue": paid()}, {"issue": paid(), "known": due()}),
    "sponsor-nameless": (
        {"issue": paid(), "known": due(label="")},
        {"issue": paid(), "known": due()},
    ),
    "sponsor-dead-date": (
        {"known": Known(dead=(Slot(booking(), SOLD, "", Standing.OWED),))},
        {"known": due(owed_since=SOLD)},
    ),
    "html-size": ({"html": sized(100_500)}, {"html": sized(99_000)}),
    "html-size-near": ({"html": sized(90_500)}, {"html": sized(89_000)}),
    "css-size": (
        {"html": into_head(f"<style>{'.a{top:0}' * 1800}</style>")},
        {"html": into_head(f"<style>{'.a{top:0}' * 900}</style>")},
    ),
    "style-nested-at": (
        {"html": into_head("<style>@media x{@media y{.a{top:0}}}</style>")},
        {"html": into_head("<style>@media x{.a{top:0}}@media y{.b{top:0}}</style>")},
    ),
    "active-content": (
        {"html": into_body("<script>x</script>")},
        {"html": into_body("<samp>x</samp>")},
    ),
    "heading-order": (
        {"html": into_body("<h3>Lead</h3><h5>More</h5>")},
        {"html": into_body("<h3>Lead</h3><h4>More</h4><h2>Next</h2>")},
    ),
    "language-missing": (
        {"publication": {"language": "fr"}},
        {"publication": {"language": "en-GB"}},
    ),
    "direction-missing": (
        {"publication": {"language": "he"}},
        {"publication": {"language": "he"}, "html": lambda html: html.replace("ltr", "rtl")},
    ),
    "table-role": (
        {"html": into_body("<table><tr><td>x</td></tr></table>")},
        {"html": into_body("<table><tr><th>x</th></tr></table>")},
    ),
    "contrast": (
        {"html": into_body(COLOURED.format(ink="808080"))},
        {"html": into_body(COLOURED.format(ink="707070"))},
    ),
    "contrast-dark": (
        {"html": into_body(DARK.format(ink="707070") + '<p class="x">Gold</p>')},
        {"html": into_body(DARK.format(ink="909090") + '<p class="x">Gold</p>')},
    ),
    "client-support": (
        {"html": into_body('<div style="display:flex">Gold</div>')},
        {"html": into_head("<style>@media x{.a{display:flex}}</style>")},
    ),
    "line-length": ({"known": mail(b"G" * 990)}, {"known": mail(b"G" * 989)}),
    "header-not-ascii": (
        {"known": mail("Goldpreis über 4.000".encode())},
        {"known": mail(b"=?utf-8?q?Goldpreis_=C3=BCber?=")},
    ),
    "text-stub": (
        {"brief": {"text": PROSE}, "text": lambda text: text[-200:]},
        {"brief": {"text": PROSE}},
    ),
    "spam-score": (
        {"known": Known(spam=SpamScore(4.2, 5.0, ("HTML_FONT_LOW_CONTRAST",)))},
        {"known": Known(spam=SpamScore(3.9, 5.0, ("HTML_FONT_LOW_CONTRAST",)))},
    ),
    "spam-filter-missing": (
        {"known": Known(spam_filter_missing=True)},
        {"known": Known(spam=SpamScore(0.0, 5.0))},
    ),
    "silence-without-reason": (
        {"brief": {"link": None}, "issue": {"silence": (("brief-without-link", ""),)}},
        {"brief": {"link": None}, "issue": {"silence": (("brief-without-link", "an obituary"),)}},
    ),
    "silence-unknown": (
        {"issue": {"silence": (("links-http", "the partner has no https"),)}},
        {"issue": {"silence": (("link-http", "the partner has no https"),)}},
    ),
    "silence-refused": (
        {"issue": {"silence": (("secret", "it is old"),)}},
        {"issue": {"silence": (("link-http", "the partner has no https"),)}},
    ),
    "silence-idle": (
        {"issue": {"silence": (("link-http", "the partner has no https"),)}},
        {
            "brief": {"link": "http://trade.example.com/gold"},
            "issue": {"silence": (("link-http", "the partner has no https"),)},
        },
    ),
}


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
def test_a_rule_is_found_broken_and_only_where_it_is(code, findings, case):
    broken, kept = PAIRS[code]
    assert code in {finding.code for finding in findings(case(**broken))}
    assert code not in {finding.code for finding in findings(case(**kept))}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_finding_says_where_it_is_and_what_to_do(rule, findings, case):
    found = [one for one in findings(case(**PAIRS[rule.code][0])) if one.code == rule.code]
    for finding in found:
        assert (finding.level, finding.remedy) == (rule.level, rule.remedy)
        assert finding.place.partition(":")[0] in {
            "issue.md",
            "html",
            "text",
            "message",
            "sponsors.yaml",
        }
        assert finding.message


def test_the_catalogue_and_the_pairs_are_one():
    assert Counter(rule.code for rule in RULES) == Counter(list(PAIRS))
    for rule in RULES:
        assert rule.what.endswith(".")
        assert rule.remedy.endswith(".")
