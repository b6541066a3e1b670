"""People by use case: import with its progress, export, counts."""

from __future__ import annotations

import io

import pytest

from newsletter.domain.audience import ListSize
from newsletter.errors import ConfigError, SegmentError
from newsletter.usecases import subscribers
from newsletter.usecases.segments import named_rule


@pytest.fixture
def table(tmp_path):
    def write(*rows, head="email,role"):
        path = tmp_path / "readers.csv"
        path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        return path

    return write


def test_progress_adds_up_to_the_bytes_of_the_file(workspace, table):
    heard = []
    path = table(*(f"reader{number}@example.com,press" for number in range(5_500)))
    report = subscribers.import_people(
        workspace, path, list_keys=("weekly",), progress=heard.append
    )
    assert (sum(heard), len(heard), report.rows) == (path.stat().st_size, 2, 5_500)


def test_a_bad_row_keeps_all_of_them_out(workspace, table):
    report = subscribers.import_people(
        workspace, table("ada@example.com,press", "nobody,press"), list_keys=("weekly",)
    )
    assert not report.kept
    assert [(bad.line, bad.row) for bad in report.bad] == [(3, 2)]
    assert subscribers.count_people(workspace).lists["weekly"] == ListSize(0, 0, 0)


def test_an_interrupted_import_keeps_nothing_and_can_be_run_again(workspace, table):
    path = table(*(f"reader{number}@example.com,press" for number in range(3_000)))

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        subscribers.import_people(workspace, path, list_keys=("weekly",), progress=interrupt)
    assert subscribers.count_people(workspace).lists["weekly"].subscribed == 0
    assert (
        subscribers.import_people(workspace, path, list_keys=("weekly",)).admission.added == 3_000
    )


def test_every_list_of_the_settings_is_counted(workspace, subscribe):
    subscribe(2, list_key="gems")
    counted = subscribers.count_people(workspace)
    assert counted.lists == {
        "weekly": ListSize(0, 0, 0),
        "watches": ListSize(0, 0, 0),
        "gems": ListSize(2, 0, 0),
    }
    assert counted.segments == {"trade": 2, "retailers": 0}


def test_an_export_of_a_list_that_is_none_is_refused(workspace):
    with pytest.raises(ConfigError, match="there is no list “weakly”"):
        subscribers.export_people(workspace, io.StringIO(), list_key="weakly", segment=None)


def test_an_export_comes_back_as_it_went(workspace, subscribe, tmp_path):
    subscribe(3)
    file = io.StringIO()
    assert subscribers.export_people(workspace, file, list_key="weekly", segment=None) == 3
    path = tmp_path / "back.csv"
    path.write_text(file.getvalue(), encoding="utf-8")
    report = subscribers.import_people(workspace, path, list_keys=())
    assert (report.admission.unchanged, report.admission.subscribed) == (3, 0)


def test_a_segment_with_a_mistake_is_shown_with_its_place(workspace):
    settings = workspace.settings.model_copy(update={"segments": {"odd": "role = "}})
    broken = type(workspace)(workspace.root, settings, workspace.clock)
    with pytest.raises(SegmentError, match=r"^config.yaml: .*character 8 of the segment “role = ”"):
        named_rule(broken, "odd")
