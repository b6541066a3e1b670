from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest

from newsletter.audience import imports
from newsletter.audience.fields import Terms
from newsletter.audience.imports import import_file
from newsletter.audience.rows import people_file
from newsletter.domain.audience import Admission, ImportReport
from newsletter.errors import AudienceError
from newsletter.store import audience
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from newsletter.ports import Clock

    Importer = Callable[..., ImportReport]


@pytest.fixture
def imported(engine: Engine, clock: Clock, tmp_path: Path) -> Importer:
    def run(content: str, *, list_keys: tuple[str, ...] = (), **options: object) -> ImportReport:
        path = tmp_path / "people.csv"
        path.write_text(content)
        terms = Terms(clock.now(), frozenset({"weekly", "daily"}), list_keys, {})
        with people_file(path) as file, writing(engine) as connection:
            return import_file(
                connection,
                file,
                terms,
                consent_source="fair in Basel",
                failed=tmp_path / "people.failed.csv",
                **options,  # type: ignore[arg-type]
            )

    return run


def _count(engine: Engine) -> int:
    with reading(engine) as connection:
        return audience.count_people(connection, now=datetime(2026, 11, 27, tzinfo=UTC))


def test_people_arrive_with_lists_attributes_and_consent(
    engine: Engine, imported: Importer, clock: Clock
) -> None:
    report = imported(
        "email,lists,role\nana@example.org,daily,press\nben@example.org,,\n", list_keys=("weekly",)
    )
    assert report == ImportReport(2, Admission(added=2, subscribed=3), 0, kept=True)
    with reading(engine) as connection:
        ana = audience.find_subscriber(connection, "ana@example.org")
    assert ana is not None
    assert ana.attributes == {"role": "press"}
    assert [entry.list_key for entry in ana.subscriptions] == ["daily", "weekly"]
    assert {entry.consent_source for entry in ana.subscriptions} == {"fair in Basel"}
    assert {entry.subscribed_at for entry in ana.subscriptions} == {clock.now()}


def test_one_bad_row_keeps_everybody_out(engine: Engine, imported: Importer) -> None:
    report = imported("email\nana@example.org\nben\n")
    assert not report.kept
    assert report.bad_rows == 1
    assert [(bad.row, bad.line) for bad in report.bad] == [(2, 3)]
    assert _count(engine) == 0


def test_bad_rows_can_be_skipped(engine: Engine, imported: Importer) -> None:
    report = imported("email\nana@example.org\nben\n", skip_bad=True)
    assert report.kept
    assert (report.rows, report.bad_rows, report.admission.added) == (2, 1, 1)
    assert _count(engine) == 1


def test_a_dry_run_tells_the_same_and_keeps_nothing(engine: Engine, imported: Importer) -> None:
    people = "email,role\nana@example.org,press\n"
    rehearsed = imported(people, list_keys=("weekly",), dry_run=True)
    assert not rehearsed.kept
    assert _count(engine) == 0
    assert imported(people, list_keys=("weekly",)).admission == rehearsed.admission


def test_a_file_that_breaks_off_keeps_nothing(
    engine: Engine, imported: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)
    with pytest.raises(AudienceError, match=r"people\.csv:3: .* is not closed"):
        imported('email,city\nana@example.org,Lyon\nben@example.org,"Rome\n')
    assert _count(engine) == 0


def test_unknown_lists_are_told(engine: Engine, imported: Importer) -> None:
    report = imported("email,lists\nana@example.org,weekly;wekly\n")
    assert report.bad[0].reason == (
        "there is no list “wekly” in config.yaml; lists there: daily, weekly"
    )
    with pytest.raises(AudienceError, match="there is no list “monthly”"):
        imported("email\nana@example.org\n", list_keys=("monthly",))
    assert _count(engine) == 0


def test_progress_is_told_in_bytes_and_only_the_first_bad_rows_are_kept(
    imported: Importer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 100)
    told: list[int] = []
    report = imported("email\n" + "nobody\n" * 250, progress=told.append)
    assert list(accumulate(told)) == [706, 1_406, 1_756]
    assert sum(told) == (tmp_path / "people.csv").stat().st_size
    assert report.bad_rows == 250
    assert [bad.row for bad in report.bad] == list(range(1, 101))


def test_a_large_import_stays_small_in_memory(
    imported: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1_000)
    people = "".join(f"reader{number}@example.org,Lyon,press\n" for number in range(10_000))
    peaks: list[int] = []
    tracemalloc.start()
    report = imported(
        f"email,city,role\n{people}",
        list_keys=("weekly",),
        progress=lambda _: peaks.append(tracemalloc.get_traced_memory()[1]),
    )
    tracemalloc.stop()
    assert report.admission.added == 10_000
    # Flat from the second chunk on, but for garbage not yet collected; all at once takes 13 MB.
    assert peaks[-1] < peaks[1] + 1_000_000
