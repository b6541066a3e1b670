"""The newest rendering of an issue: made once, anew when its files change, never lost."""

from __future__ import annotations

import threading

import pytest

from newsletter.errors import IssueError
from newsletter.usecases import previews
from newsletter.usecases.previews import Previews, mark

SLUG = "2026-11-20"


@pytest.fixture
def file(workspace):
    return workspace.issues / SLUG / "issue.md"


def test_an_issue_renders_once_until_its_file_changes(workspace, file):
    shared = Previews()
    first = shared.of(workspace, SLUG)
    assert shared.of(workspace, SLUG) is first
    file.write_text(file.read_text(encoding="utf-8") + "\n### One more\n", encoding="utf-8")
    second = shared.of(workspace, SLUG)
    assert second.mark != first.mark
    assert "One more" in second.rendered.renditions[0].html


def test_whoever_asks_while_it_renders_gets_that_rendering(workspace):
    shared, found = Previews(), []
    threads = [
        threading.Thread(target=lambda: found.append(shared.of(workspace, SLUG))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(preview) for preview in found}) == 1


def test_a_mistake_stands_beside_the_last_good_rendering(workspace, file):
    shared, good = Previews(), file.read_text(encoding="utf-8")
    before = shared.of(workspace, SLUG)
    file.write_text(good.replace("subject:", "subjekt:"), encoding="utf-8")
    wrong = shared.of(workspace, SLUG)
    assert (wrong.mistake.file, wrong.mistake.line) == (f"issues/{SLUG}/issue.md", 2)
    assert wrong.rendered is before.rendered
    file.write_text(good, encoding="utf-8")
    assert shared.of(workspace, SLUG).mistake is None


def test_a_first_look_at_a_broken_issue_has_no_rendering(workspace, file):
    file.write_text("nothing", encoding="utf-8")
    preview = Previews().of(workspace, SLUG)
    assert preview.rendered is None
    assert preview.mistake is not None


def test_an_issue_that_is_not_there_is_an_error_that_names_those_there_are(workspace):
    with pytest.raises(IssueError, match=SLUG):
        Previews().of(workspace, "2030-01-01")


@pytest.mark.parametrize("path", ["images/new.png", "gathered/0123456789ab.md", "notes.md"])
def test_whatever_it_is_rendered_from_changes_its_mark(workspace, file, path):
    before = mark(workspace, SLUG)
    new = file.parent / path
    new.parent.mkdir(exist_ok=True)
    new.write_bytes(b"x")
    assert mark(workspace, SLUG) != before


@pytest.mark.parametrize("path", ["issue.mjml.j2", "theme.yaml", "components/lead.mjml.j2"])
def test_a_template_changes_the_mark(workspace, path):
    before = mark(workspace, SLUG)
    file = workspace.theme / path
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert mark(workspace, SLUG) != before


@pytest.mark.parametrize("name", ["approval.json", "candidates.md", ".issue.md.half-written"])
def test_what_no_rendering_depends_on_does_not(workspace, file, name):
    before = mark(workspace, SLUG)
    file.with_name(name).write_text("{}", encoding="utf-8")
    assert mark(workspace, SLUG) == before


def test_no_more_than_a_few_renderings_are_kept(workspace, file):
    shared, first = Previews(), None
    for number in range(previews.KEPT + 1):
        folder = workspace.issues / f"2026-12-{number + 1:02}"
        folder.mkdir()
        (folder / "issue.md").write_bytes(file.read_bytes())
        first = first or shared.of(workspace, folder.name)
        shared.of(workspace, folder.name)
    assert shared.of(workspace, first.slug) is not first
