from __future__ import annotations

import random
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from newsletter.domain.rendition import Part
from newsletter.errors import RenderError
from newsletter.render.tokens import merge_prefix

OF_THE_FOOTER = {"unsubscribe_url", "preferences_url", "list_title"}
GOLDEN = Path(__file__).parents[1] / "golden" / "render" / "test_render_pipeline"


class _Golden(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT

    @classmethod
    def dirname(cls, *, test_location):  # noqa: ARG003
        return str(GOLDEN)


def _golden(ending):
    return type(f"_Golden{ending}", (_Golden,), {"file_extension": ending})


@pytest.mark.parametrize("form", ["html", "text", "mjml"])
def test_golden_issue(sample_issue, rendered, snapshot, form):
    made = getattr(rendered(sample_issue), form)
    ending = {"text": "txt"}.get(form, form)
    assert made == snapshot(extension_class=_golden(ending))


def test_same_input_gives_same_bytes_on_many_threads(sample_issue, rendered):
    with ThreadPoolExecutor(4) as pool:
        digests = set(pool.map(lambda _: rendered(sample_issue).digest, range(8)))
    assert len(digests) == 1


def test_rendering_leaves_the_random_generator_as_it_was(sample_issue, rendered):
    random.seed(7)
    expected = random.random()
    random.seed(7)
    rendered(sample_issue)
    assert random.random() == expected


def test_the_digest_follows_the_text(sample_issue, rendered):
    changed = replace(sample_issue, preheader="Another one")
    assert rendered(sample_issue).digest != rendered(changed).digest


def test_each_part_has_placeholders_of_its_own(sample_issue, rendered):
    rendition = rendered(sample_issue)
    texts = {
        Part.HTML: rendition.html,
        Part.TEXT: rendition.text,
        Part.SUBJECT: rendition.subject,
    }
    fields = {(token.part, token.field, token.fallback) for token in rendition.tokens}
    assert fields == {
        (Part.HTML, "reader.first_name", "colleague"),
        (Part.HTML, "reader.first_name", "Good morning"),
        (Part.TEXT, "reader.first_name", "colleague"),
        (Part.SUBJECT, "reader.first_name", "Good morning"),
        *((part, "unsubscribe_url", "") for part in (Part.HTML, Part.TEXT)),
        *((part, "preferences_url", "") for part in (Part.HTML, Part.TEXT)),
        *((part, "list_title", "The Loupe") for part in (Part.HTML, Part.TEXT)),
    }
    for token in rendition.tokens:
        assert re.fullmatch(r"[a-z0-9]{21}", token.placeholder)
        assert [part for part, text in texts.items() if token.placeholder in text] == [token.part]


def test_the_unsubscribe_placeholder_is_a_whole_href_after_all_parsers(sample_issue, rendered):
    rendition = rendered(sample_issue)
    (token,) = [
        token
        for token in rendition.tokens
        if token.field == "unsubscribe_url" and token.part is Part.HTML
    ]
    assert rendition.html.count(f'href="{token.placeholder}"') == 2


def test_another_secret_or_issue_gives_other_placeholders(sample_issue, rendered):
    words = {
        rendered(sample_issue).tokens[0].placeholder,
        rendered(sample_issue, prefix=merge_prefix(b"another secret", sample_issue.slug))
        .tokens[0]
        .placeholder,
        rendered(replace(sample_issue, slug="2026-12-04")).tokens[0].placeholder,
    }
    assert len(words) == 3


def test_text_that_holds_the_token_prefix_is_refused(one_brief, rendered):
    prefix = rendered(one_brief()).tokens[0].placeholder[:-4]
    with pytest.raises(RenderError, match="merge tokens"):
        rendered(one_brief(text=f"Click {prefix}h001 now"))


@pytest.mark.parametrize(
    "text",
    [
        "<%asm_group_unsubscribe_raw_url%>",
        "[unsubscribe]",
        "-email-",
        "{{email}}",
        "{{7*7}}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_what_looks_like_a_tag_of_others_is_shown_literally(one_brief, rendered, text):
    rendition = rendered(one_brief(text=f"See {text} here"))
    assert text in rendition.text
    assert text.replace("<", "&lt;").replace(">", "&gt;") in rendition.html
    assert {token.field for token in rendition.tokens} == OF_THE_FOOTER


@pytest.mark.parametrize("text", ["a<b and b>c", "<b>unclosed", "A&nbsp without semicolon", "<!--"])
def test_text_that_is_almost_markup_is_text(one_brief, rendered, text):
    rendition = rendered(one_brief(text=f"See {text} here"))
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert shown in rendition.html
    assert text in rendition.text


ATTACKS = [
    "<img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    '"><script>alert(1)</script>',
    "&#34; onload=&#34;alert(1)",
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw><mj-text>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "<math><mglyph><style><img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_words_stay_words_wherever_they_stand(sample_issue, rendered, publication, attack):
    from newsletter.render.checks import check

    brief = replace(sample_issue.sections[0].briefs[0], headline=attack, text=attack, source=attack)
    section = replace(sample_issue.sections[0], title=attack, intro=attack, briefs=(brief,))
    issue = replace(
        sample_issue, subject=attack, preheader=attack, intro=attack, sections=(section,)
    )
    rendition = rendered(issue)
    codes = {finding.code for finding in check(issue, (rendition,), publication=publication)}
    assert "active-content" not in codes
    assert "<script" not in rendition.html
    assert "<img" not in rendition.html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "jav&#x09;ascript:alert(1)",  # codespell:ignore
        "data:text/html,x",
        "vbscript:x",
        "//x.org",
    ],
)
def test_unsafe_links_lose_their_address_and_keep_their_words(one_brief, rendered, address):
    rendition = rendered(one_brief(text=f"A [story to read]({address})", link=address))
    assert "story to read" in rendition.html
    assert re.findall(r'href="(?!https://loupe|x[a-z0-9]{20})[^"]*"', rendition.html) == []


def test_control_characters_reach_no_part(one_brief, rendered):
    rendition = rendered(one_brief(headline="Gold\x92s \x00rise", text="a\x07b\x85c"))
    whole = rendition.html + rendition.text + rendition.subject
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", whole)
    assert "Golds rise" in rendition.text


def test_a_subject_is_one_line(one_brief, rendered):
    issue = replace(one_brief(), subject="Gold\r\nBcc: a@example.com\u2028rises")
    assert rendered(issue).subject == "Gold Bcc: a@example.com rises"


def test_attributes_of_the_theme_keep_data_escaped(one_brief, rendered, theme_with):
    theme = theme_with(
        "{% set brief = issue.sections[0].briefs[0] %}"
        '<mj-image src="https://x.example.com/a.png" alt="{{ brief.headline }}" '
        'href="{{ brief.link }}" />'
    )
    issue = one_brief(headline='a" onload="alert(1)', link="https://t.example.com/?a=1&copy=2")
    html = rendered(issue, theme=theme).html
    assert re.search(r'alt="a&quot; onload=&quot;alert\(1\)"', html)
    assert 'href="https://t.example.com/?a=1&amp;copy=2"' in html


def test_a_mistake_in_mjml_is_named_with_the_theme_s_file_and_line(one_brief, rendered, theme_with):
    theme = theme_with("<mj-text>fine</mj-text>\n<mj-foo>x</mj-foo>")
    with pytest.raises(RenderError, match="mj-foo") as caught:
        rendered(one_brief(), theme=theme)
    assert (caught.value.file, caught.value.line) == ("plain/issue.mjml.j2", 4)


def test_a_page_from_right_to_left_says_so(one_brief, rendered, publication):
    rendition = rendered(
        one_brief(headline="עלייה"), publication=publication.model_copy(update={"language": "he"})
    )
    assert '<html lang="he" dir="rtl"' in rendition.html
    assert "text-align:right" in rendition.html
    assert "direction:ltr" not in rendition.html


def test_a_tall_issue_stays_small(sample_issue, rendered):
    section = sample_issue.sections[1]
    briefs = tuple(
        replace(section.briefs[0], headline=f"Item {number}", text="words " * 50)
        for number in range(40)
    )
    issue = replace(sample_issue, sections=(replace(section, briefs=briefs),))
    assert len(rendered(issue).html.encode()) < 60_000


def test_a_headline_of_a_source_fills_no_token(one_brief, rendered):
    written = "Win {{ reader.first_name | fallback('you') }}"
    rendition = rendered(replace_headline(one_brief(), written))
    assert {token.field for token in rendition.tokens} == OF_THE_FOOTER
    assert "reader.first_name" in rendition.html
    assert written in rendition.text


def replace_headline(issue, headline):
    (section,) = issue.sections
    briefs = tuple(replace(brief, headline=headline) for brief in section.briefs)
    return replace(issue, sections=(replace(section, briefs=briefs),))
