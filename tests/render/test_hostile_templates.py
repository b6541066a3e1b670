"""Attacks by a theme's templates (A01 to A09, A14 to A18), through the child that renders for real.

Numbers are those of the attack table in docs/contributor.md.
"""

from __future__ import annotations

import os
import time

import pytest

from newsletter.domain.finding import Level
from newsletter.errors import IsolationError, RenderError
from newsletter.isolation import Isolation, Limits
from newsletter.render.checks import check
from newsletter.render.content import Places
from newsletter.render.pipeline import Setting, render
from newsletter.render.tokens import merge_prefix


@pytest.fixture(scope="module")
def isolation():
    with Isolation(Limits(wall=4.0, cpu=2)) as pool:
        yield pool


@pytest.fixture
def attack(isolation, theme_with, one_brief, publication):
    """Render an issue, in a child, by a theme whose MJML holds this."""

    def run(body="", **files):
        issue = one_brief()
        prefix = merge_prefix(b"a workspace secret", issue.slug)
        places = Places("https://news.loupe.example.com")
        setting = Setting(publication, places, theme_with(body, **files), prefix)
        return isolation.run(render, issue, setting)

    return run


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ ''.__class__.__mro__[1].__subclasses__() }}", id="A01-subclasses"),
        pytest.param("{{ cycler.__init__.__globals__.os.popen('id').read() }}", id="A01-globals"),
        pytest.param("{{ ('a{0.__class__.__mro__}')|attr('format')(1) }}", id="A02-attr-format"),
        pytest.param("{{ issue.subject.format.__globals__ }}", id="A03-stored-format"),
        pytest.param("{{ env('SENDGRID_API_KEY') }}", id="A05-env"),
        pytest.param("{{ expandenv('$DATABASE_URL') }}", id="A05-expandenv"),
        pytest.param("{{ lipsum.__globals__['os'].environ }}", id="A05-lipsum"),
        pytest.param("{{ getenv('HOME') }}{{ expandEnv('$HOME') }}", id="A06-alias"),
        pytest.param("{{ lipsum(n=200000) }}", id="A09-lipsum"),
        pytest.param("{% for a in range(99999) %}{% endfor %}", id="A08-range"),
        pytest.param("{% include '/etc/passwd' %}", id="A04-absolute"),
        pytest.param("{% include \"{__import__('os').system('id')}.mjml\" %}", id="A04-name"),
        pytest.param("{% include '../digest/issue.mjml.j2' %}", id="A15-parent"),
    ],
)
def test_what_a_template_may_not_do_is_told_with_file_and_line(attack, source):
    with pytest.raises(RenderError) as caught:
        attack(f"<mj-text>\n{source}\n</mj-text>")
    assert (caught.value.file, caught.value.line) == ("plain/issue.mjml.j2", 4)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ 'A'*10**9 }}", id="A07-times"),
        pytest.param("{{ 'A'*10**10 }}", id="A07-times-ten"),
        pytest.param("{{ '%1000000000d' % 1 }}", id="A07-width"),
        pytest.param("{{ 'x'.ljust(10**9) }}", id="A07-ljust"),
        pytest.param("{{ issue.subject.center(10**9) }}", id="A07-center"),
        pytest.param(
            "{% for a in 'x' * 99999 %}{% for b in 'x' * 99999 %}{% endfor %}{% endfor %}",
            id="A08-nested-loops",
        ),
    ],
)
def test_what_costs_too_much_ends_in_time_and_the_next_issue_renders(attack, source):
    began = time.monotonic()
    with pytest.raises((IsolationError, RenderError)):
        attack(f"<mj-text>{source}</mj-text>")
    assert time.monotonic() - began < 60
    (rendition,) = attack("<mj-text>fine</mj-text>")
    assert "fine" in rendition.html


def test_a05_the_child_that_renders_has_no_environment(isolation, monkeypatch):
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.canary")
    assert isolation.run(os.getenv, "SENDGRID_API_KEY") is None


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "file:///etc/hostname",
        "..%252f..%252fetc/passwd",
        "\\\\host\\share",
        "C:\\x",
        "t/../../h",
        "issue.mjml.j2",
    ],
)
def test_a14_a15_a16_includes_are_refused_alike_whether_the_file_is_there_or_not(attack, path):
    with pytest.raises(RenderError) as caught:
        attack(f'<mj-text>x</mj-text></mj-column><mj-column><mj-include path="{path}" />')
    assert "includes are refused because they read any file" in caught.value.message
    assert path not in caught.value.message


def test_a17_ten_thousand_nested_tags_are_refused_before_the_compiler(attack):
    with pytest.raises(RenderError, match="nested more than 100 deep"):
        attack(f"<mj-text>{'<b>' * 10_000}x{'</b>' * 10_000}</mj-text>")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_a18_a_button_that_runs_a_script_stops_the_approval(
    attack, one_brief, publication, address
):
    renditions = attack(f'<mj-button href="{address}">Go</mj-button>')
    findings = check(one_brief(), renditions, publication=publication)
    assert any(found.level is Level.ERROR and address in found.message for found in findings)
