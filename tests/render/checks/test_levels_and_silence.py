"""A publication sets levels, an issue silences with a reason; what guards readers stays."""

from __future__ import annotations

import pytest

from newsletter.domain.finding import Level
from newsletter.errors import ConfigError
from newsletter.render.checks import RULES

HTTP = {"link": "http://trade.example.com/gold"}
KEY = {"text": "key SG." + "a" * 22 + "." + "b" * 43}


def told(found):
    return {(finding.code, finding.level) for finding in found}


def test_a_level_may_be_raised_lowered_and_switched_off(findings, case):
    assert told(findings(case(brief=HTTP))) == {("link-http", Level.WARNING)}
    for level in (Level.ERROR, Level.NOTE):
        assert told(findings(case(brief=HTTP, levels={"link-http": level}))) == {
            ("link-http", level)
        }
    assert findings(case(brief=HTTP, levels={"link-http": None})) == ()


def test_findings_stand_in_the_order_of_the_levels_they_were_given(findings, case):
    found = findings(case(brief=HTTP | KEY, levels={"link-http": Level.ERROR}))
    assert {finding.level for finding in found} == {Level.ERROR}


@pytest.mark.parametrize(
    ("code", "words"), [("link-htpp", "did you mean “link-http”"), ("xyz", "unknown check “xyz”")]
)
def test_a_level_of_no_check_is_a_mistake(findings, case, code, words):
    with pytest.raises(ConfigError, match=r"config\.yaml: checks: ") as raised:
        findings(case(levels={code: None}))
    assert words in str(raised.value)


@pytest.mark.parametrize("code", [rule.code for rule in RULES if rule.safety])
def test_what_guards_readers_keeps_its_level(findings, case, code):
    with pytest.raises(ConfigError, match=code):
        findings(case(levels={code: Level.NOTE}))


def test_scripts_tokens_keys_and_the_way_out_are_guarded():
    guarded = {rule.code for rule in RULES if rule.safety}
    assert guarded >= {"active-content", "token-left", "unsubscribe-missing", "secret"}


def test_a_finding_is_silenced_with_a_reason(findings, case):
    silence = (("link-http", "the partner has no https"),)
    assert findings(case(brief=HTTP, issue={"silence": silence})) == ()


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_silenced(findings, case, reason):
    found = findings(case(brief=HTTP, issue={"silence": (("link-http", reason),)}))
    assert {finding.code for finding in found} == {"link-http", "silence-without-reason"}


def test_a_key_is_never_silenced(findings, case):
    found = findings(case(brief=KEY, issue={"silence": (("secret", "it is old"),)}))
    assert {finding.code for finding in found} == {"secret", "silence-refused"}
