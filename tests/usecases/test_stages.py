"""How far an issue is: draft, approved, changed since, or wherever its campaign is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.usecases import planning, rendering, sending
from newsletter.usecases.previews import Previews
from newsletter.usecases.stages import Stages

SLUG = "2026-11-20"


@pytest.fixture
def stage(workspace):
    remembered = Stages()
    return lambda: remembered.of(workspace, SLUG)


@pytest.fixture
def change(workspace):
    def write(old, new):
        file = workspace.issues / SLUG / "issue.md"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return write


def test_a_draft_becomes_approved_and_then_changed(workspace, stage, change):
    assert (stage().key, stage().words) == ("draft", "draft")
    rendering.approve(workspace, SLUG, by="Ada")
    assert stage().key == "approved"
    change("calm", "quiet")
    assert (stage().key, stage().words) == ("changed", "changed since approved")
    change("quiet", "calm")
    assert stage().key == "approved"


def test_findings_are_counted_by_level(stage, change):
    assert stage().findings == {}
    change('subject: "Gold holds its floor; a Lyon house reopens its bench"', 'subject: ""')
    assert stage().findings["error"] >= 1


def test_what_somebody_looks_at_is_not_rendered_once_more(workspace, change):
    preview = Previews().of(workspace, SLUG)
    marked = replace(preview, rendered=replace(preview.rendered, digest="f" * 64))
    rendering.approve(workspace, SLUG, by="Ada")
    assert Stages().of(workspace, SLUG, marked).key == "changed"
    change("calm", "quiet")
    change("quiet", "calm")
    assert Stages().of(workspace, SLUG, marked).key == "approved"


def test_an_issue_that_does_not_render_says_why(stage, change):
    change("subject:", "subjekt:")
    assert "issue.md:2" in stage().mistake
    assert (stage().key, stage().findings) == ("draft", {})


def test_a_campaign_tells_how_far_it_is_and_whom_it_reached(workspace, stage, change, subscribe):
    subscribe(3)
    rendering.approve(workspace, SLUG, by="Ada")
    plan = planning.plan_send(workspace, SLUG, list_key=None, segment=None)
    campaign = sending.freeze(workspace, plan, at=None, by="Ada")
    assert (stage().key, stage().reach.submitted, stage().reach.deliveries) == ("frozen", 0, 3)
    sending.dispatch(workspace, campaign)
    change("calm", "quiet")
    assert (stage().key, stage().reach.submitted, stage().reach.deliveries) == ("done", 3, 3)
