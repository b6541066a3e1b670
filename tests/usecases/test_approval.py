"""What is sent is what was approved: anything a reader could notice asks for a new look."""

from __future__ import annotations

import pytest

from newsletter.errors import DeliveryError, IssueError
from newsletter.usecases import planning, rendering

ISSUE = "issues/2026-11-20/issue.md"
FOOTER = "templates/digest/frame/footer.mjml.j2"
TEXT = "templates/digest/issue.txt.j2"
DESIGN = "templates/digest/theme.yaml"


def change(root, file, before, after):
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        pytest.param(ISSUE, "eleven setters", "twelve setters", id="a word of a brief"),
        pytest.param(ISSUE, "aubrac-workshop", "aubrac-bench", id="the target of a link"),
        pytest.param(ISSUE, "subject: ", 'subject: "Other words" # ', id="the subject"),
        pytest.param(ISSUE, "preheader: ", 'preheader: "Other words" # ', id="the preheader"),
        pytest.param(ISSUE, "2026-11-20", "2026-11-21", id="the date"),
        pytest.param(ISSUE, "list: weekly", "list: gems", id="the list"),
        pytest.param(ISSUE, "list: weekly", "list: weekly\nsegment: trade", id="the segment"),
        pytest.param(FOOTER, "40px", "44px", id="a template"),
        pytest.param(TEXT, "publication", "publication.name ~ publication", id="the plain text"),
        pytest.param(DESIGN, "#7b1e3c", "#7b1e3d", id="a colour"),
        pytest.param("config.yaml", "{name: The Loupe,", "{name: Loupe,", id="the sender's name"),
        pytest.param("config.yaml", "editor@", "desk@", id="the sender's address"),
        pytest.param("config.yaml", "desk@", "reply@", id="the reply address"),
        pytest.param("config.yaml", "12 Assay Row", "14 Assay Row", id="the postal address"),
        pytest.param("config.yaml", "website: https://l", "website: https://www.l", id="website"),
    ],
)
def test_a_change_of_what_readers_get_is_not_sent(
    open_workspace, sample, approved, file, before, after
):
    change(sample, file, before, after)
    with pytest.raises(DeliveryError, match="has changed since Ada approved it on 2026-11-27"):
        planning.plan_send(open_workspace(), approved, list_key=None, segment=None)


def test_what_readers_do_not_get_may_change(open_workspace, sample, approved, subscribe):
    subscribe(1)
    change(sample, "config.yaml", "  gems:", "  pearls: {title: Pearls}\n  gems:")
    plan = planning.plan_send(open_workspace(), approved, list_key=None, segment=None)
    assert plan.mailed == 1


def test_without_an_approval_nothing_is_planned(workspace):
    with pytest.raises(DeliveryError, match=r"is not approved.*newsletter approve 2026-11-20"):
        planning.plan_send(workspace, "2026-11-20", list_key=None, segment=None)


def test_a_new_approval_opens_the_way_again(open_workspace, sample, approved):
    change(sample, ISSUE, "eleven setters", "twelve setters")
    rendering.approve(open_workspace(), approved, by="Bruno")
    plan = planning.plan_send(open_workspace(), approved, list_key=None, segment=None)
    assert plan.start.digest


def test_an_error_stops_the_approval_and_leaves_none(workspace, sample, files):
    change(sample, ISSUE, 'subject: "', 'subject: "" # ')
    before = files(sample)
    with pytest.raises(IssueError, match=r"cannot be approved.*the subject is empty"):
        rendering.approve(workspace, "2026-11-20", by="Ada")
    assert files(sample) == before


def test_a_damaged_approval_is_none(workspace, sample, approved):
    (sample / "issues" / approved / "approval.json").write_text('{"digest": 7', encoding="utf-8")
    with pytest.raises(IssueError, match=r"approval\.json: is damaged; approve the issue again"):
        planning.plan_send(workspace, approved, list_key=None, segment=None)
