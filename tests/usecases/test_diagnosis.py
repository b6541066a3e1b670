"""doctor finds each thing that would stop a send, and goes on to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.config import WEBHOOK_KEY
from newsletter.domain.finding import Level
from newsletter.usecases.diagnosis import diagnose
from newsletter.usecases.subscribers import import_people


def findings(workspace):
    return {one.what: one.message for one in diagnose(workspace) if one.level is Level.ERROR}


def with_settings(workspace, **changes):
    return replace(workspace, settings=workspace.settings.model_copy(update=changes))


def test_the_sample_is_well(workspace):
    assert [one.level for one in diagnose(workspace)] == [None] * 5


def test_a_missing_secret(workspace):
    assert (
        "NEWSLETTER_SECRET_KEY" in findings(replace(workspace, environment={}))["workspace secret"]
    )


def test_a_missing_theme(workspace):
    assert findings(with_settings(workspace, theme="none")).keys() == {"theme"}


def test_a_broken_theme(workspace, sample):
    (sample / "templates" / "digest" / "issue.mjml.j2").write_text("{{", encoding="utf-8")
    assert "issue.mjml.j2" in findings(workspace)["theme"]


def test_a_segment_with_a_mistake(workspace):
    assert "role = " in findings(with_settings(workspace, segments={"odd": "role = "}))["segments"]


def test_a_database_that_is_none(workspace, sample):
    (sample / ".newsletter" / "newsletter.db").write_text("a letter to my aunt", encoding="utf-8")
    assert findings(workspace).keys() == {"database"}


def test_a_provider_without_its_key(workspace):
    sending = workspace.settings.sending.model_copy(update={"provider": "sendgrid"})
    assert "SENDGRID_API_KEY" in findings(with_settings(workspace, sending=sending))["provider"]


@pytest.mark.parametrize("webhook", [{}, {WEBHOOK_KEY: "key"}])
def test_what_works_but_not_well_is_a_warning(through_sendgrid, webhook):
    web = through_sendgrid.settings.web.model_copy(update={"base_url": "http://news.example.com"})
    plain = replace(
        with_settings(through_sendgrid, web=web),
        environment={**through_sendgrid.environment, **webhook},
    )
    warnings = {one.what for one in diagnose(plain) if one.level is Level.WARNING}
    assert warnings == {"web.base_url"} | (set() if webhook else {"event webhook"})


def test_an_attribute_nobody_has_is_a_warning(workspace, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("email,role,country\nada@example.com,retailer,US\n", encoding="utf-8")
    import_people(workspace, people, list_keys=("weekly",))
    misspelt = with_settings(workspace, segments={"trade": "rolle = 'retailer' or role = 'press'"})
    (found,) = [one for one in diagnose(misspelt) if one.level is Level.WARNING]
    assert (found.what, "rolle" in found.message) == ("segments.trade", True)
    assert not [one for one in diagnose(workspace) if one.level is Level.WARNING]
