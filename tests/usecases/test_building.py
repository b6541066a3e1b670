"""Build, check and the specimen: the files are the bytes that would go out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.mailing import Mailing
from newsletter.errors import IssueError, RenderError, WorkspaceError
from newsletter.providers.outbox import OutboxProvider
from newsletter.usecases import building, rendering

SLUG = "2026-11-20"


def test_every_form_of_the_issue_is_written(workspace, tmp_path):
    files = building.build(workspace, SLUG, tmp_path / "build")
    assert [path.name for path in files] == [
        f"{SLUG}-web.html",
        *(f"{SLUG}-all.{form}" for form in ("html", "txt", "mjml", "eml")),
    ]
    _, html, text, mjml, mail = (path.read_text(encoding="utf-8") for path in files)
    assert html.lower().startswith("<!doctype html>")
    assert "A Lyon house reopens" in text
    assert mjml.startswith("<mjml")
    assert "Subject: Gold holds" in mail


def test_the_mail_is_what_the_outbox_would_write(workspace, clock, tmp_path):
    *_, built = building.build(workspace, SLUG, tmp_path / "build")
    clock.moment = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("America/New_York"))
    rendered = rendering.render_issue(workspace, SLUG)
    message, reader = rendering.specimen(workspace, rendered.issue, rendered.renditions[0])
    outbox = OutboxProvider(tmp_path / "outbox", clock)
    receipt = outbox.submit(Mailing(message.campaign, message, (reader,)))
    (sent,) = (tmp_path / "outbox" / receipt.reference).iterdir()
    assert built.read_bytes() == sent.read_bytes()


def test_no_placeholder_is_left_in_what_people_look_at(workspace, tmp_path):
    (rendition,) = rendering.render_issue(workspace, SLUG).renditions
    assert rendition.tokens
    _, html, text, _, mail = building.build(workspace, SLUG, tmp_path / "build")
    for path in (html, text, mail):
        content = path.read_text(encoding="utf-8")
        assert not any(token.placeholder in content for token in rendition.tokens)
    assert "and thank you for reading" in html.read_text(encoding="utf-8")


def test_the_same_issue_builds_the_same_bytes_on_another_day(workspace, clock, tmp_path):
    first = [path.read_bytes() for path in building.build(workspace, SLUG, tmp_path / "one")]
    clock.advance(3 * 86400)
    second = [path.read_bytes() for path in building.build(workspace, SLUG, tmp_path / "two")]
    assert first == second


def test_without_a_subject_nothing_is_built(workspace, sample, tmp_path):
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8").replace('subject: "', 'subject: "" # ', 1)
    issue.write_text(text, encoding="utf-8")
    with pytest.raises(IssueError, match=r"issue\.md:1: the subject is empty; write `subject:`"):
        building.build(workspace, SLUG, tmp_path / "build")
    assert not (tmp_path / "build").exists()


def test_a_theme_that_is_not_there_is_named(workspace):
    settings = workspace.settings.model_copy(update={"theme": "gazette"})
    with pytest.raises(WorkspaceError, match="there is no theme “gazette” in templates/"):
        rendering.render_issue(replace(workspace, settings=settings), SLUG)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("{{ publication.postal_address }}", "{{ publication.", "footer.mjml.j2:"),
        ("{{ publication.postal_address }}", "{{ publication.postal }}", "footer.mjml.j2:"),
        ("{# Why", "{% include 'no.j2' %}{# Why", "no.j2"),
    ],
)
def test_a_broken_template_is_named(workspace, sample, before, after, message):
    footer = sample / "templates" / "digest" / "frame" / "footer.mjml.j2"
    text = footer.read_text(encoding="utf-8")
    assert before in text
    footer.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(RenderError, match=message):
        rendering.render_issue(workspace, SLUG)
