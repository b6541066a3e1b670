"""A page that asks every two seconds how a campaign goes on costs what has moved, not the whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from newsletter.usecases import planning, rendering, sending
from newsletter.web.studio.looks import Looks

SLUG = "2026-11-27"


@pytest.fixture
def asked(studio_workspace):
    """The statements the database was asked, since this was last cleared."""
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    event.listen(studio_workspace.engine, "before_cursor_execute", note)
    yield statements
    event.remove(studio_workspace.engine, "before_cursor_execute", note)
    studio_workspace.close()


def test_a_second_look_counts_only_what_has_moved(studio_workspace, subscribe, asked):
    subscribe(3)
    rendering.approve(studio_workspace, SLUG, by="Ada")
    plan = planning.plan_send(studio_workspace, SLUG, list_key=None, segment=None)
    later = studio_workspace.clock.now() + timedelta(hours=1)
    campaign = sending.freeze(studio_workspace, plan, at=later, by="Ada")
    looks = Looks()

    def counted():
        asked.clear()
        (look,) = looks.of(studio_workspace, SLUG)
        return look, sum("FROM delivery" in statement for statement in asked)

    first, second = counted(), counted()
    assert first[1] > 0
    assert (second[1], second[0].states, second[0].deliveries) == (0, first[0].states, 3)
    sending.dispatch(studio_workspace, campaign)
    assert (counted()[0].states["submitted"], counted()[0].ended) == (3, True)
