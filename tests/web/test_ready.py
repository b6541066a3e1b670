"""Readiness for load balancers and figures for Prometheus, which hold numbers and no names."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from newsletter.errors import NewsletterError
from newsletter.usecases import planning, rendering, sending
from newsletter.usecases.health import BEHIND_AFTER
from newsletter.usecases.pulse import DEAD_AFTER, Pulse
from newsletter.web.metrics import metrics_at
from newsletter.web.public import public_app


@pytest.fixture
def ready(workspace):
    def ask(pulse=None, here=workspace):
        with TestClient(public_app(here, webhook_key=None, pulse=pulse)) as client:
            answer = client.get("/ready")
        return answer.status_code, answer.json()

    return ask


def test_a_workspace_whose_parts_work_is_ready(ready):
    fine = (200, {"status": "ready", "failing": []})
    assert ready() == fine
    assert ready(Pulse()) == fine


def test_a_clock_that_is_doubted_is_told(ready):
    assert ready(Pulse(doubt=lambda: "it has jumped")) == (
        503,
        {"status": "not ready", "failing": ["clock"]},
    )


def test_a_timer_that_does_not_beat_is_told(ready):
    seconds = 0.0
    pulse = Pulse(elapsed=lambda: seconds)
    seconds = DEAD_AFTER + 1
    assert ready(pulse) == (503, {"status": "not ready", "failing": ["timer"]})
    assert ready() == (200, {"status": "ready", "failing": []})


def test_a_provider_without_a_key_is_told(ready, workspace):
    through = workspace.settings.sending.model_copy(update={"provider": "sendgrid"})
    keyless = replace(
        workspace, settings=workspace.settings.model_copy(update={"sending": through})
    )
    assert ready(Pulse(), keyless)[1]["failing"] == ["provider"]
    keyless.close()


def test_a_database_that_is_gone_is_told(workspace):
    with TestClient(public_app(workspace, webhook_key=None)) as client:
        workspace.engine.dispose()
        for path in (workspace.root / ".newsletter").glob("newsletter.db*"):
            path.unlink()
        (workspace.root / ".newsletter" / "newsletter.db").mkdir()
        answer = client.get("/ready")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["database"])


def test_events_that_wait_for_long_are_told(ready, workspace, clock):
    from newsletter.events.spool import Spool

    Spool(workspace.state / "events", clock, workspace.randomness).append(b"[]")
    assert ready()[0] == 200
    clock.advance(BEHIND_AFTER + 1)
    assert ready()[1]["failing"] == ["events"]


def scraped(workspace, pulse=None):
    with (
        metrics_at("127.0.0.1", 0, workspace, pulse) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        text = answer.read().decode()
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return text, {(one.name, one.labels.get("state")): one.value for one in samples}


def test_the_figures_are_those_of_the_database(workspace, subscribe):
    subscribe(3)
    rendering.approve(workspace, "2026-11-20", by="Ada")
    plan = planning.plan_send(workspace, "2026-11-20", list_key=None, segment=None)
    campaign = sending.freeze(workspace, plan, at=None, by="Ada")
    assert scraped(workspace)[1]["newsletter_deliveries", "planned"] == 3
    sending.dispatch(workspace, campaign)
    pulse = Pulse(restarts=2)
    text, figures = scraped(workspace, pulse)
    assert figures["newsletter_deliveries", "submitted"] == 3
    assert figures["newsletter_campaigns", "done"] == 1
    assert figures["newsletter_batches", "submitted"] == 1
    assert figures["newsletter_events_lag_seconds", None] == 0
    assert figures["newsletter_timer_restarts", None] == 2
    assert figures["newsletter_database_up", None] == 1
    assert not re.search(r"@|example\.com|reader1", text)


def test_without_the_database_the_figures_say_so(workspace):
    lost = replace(
        workspace,
        settings=workspace.settings.model_copy(
            update={"database": "sqlite:////nowhere/to/be/found.db"}
        ),
    )
    figures = scraped(lost, Pulse())[1]
    assert figures["newsletter_database_up", None] == 0
    assert ("newsletter_timer_age_seconds", None) in figures


def test_a_port_that_is_taken_is_one_sentence(workspace):
    with (
        metrics_at("127.0.0.1", 0, workspace, None) as port,
        pytest.raises(NewsletterError, match="choose another with --metrics"),
        metrics_at("127.0.0.1", port, workspace, None),
    ):
        raise AssertionError
