"""The week by itself when processes die in the middle of it, or two of them keep it at once."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.campaign import CampaignState
from newsletter.domain.occurrence import OccurrenceState
from newsletter.issues import folder
from newsletter.store import campaigns, occurrences
from newsletter.store.engine import reading
from newsletter.usecases import rendering
from newsletter.usecases.notices import unsure
from newsletter.usecases.rhythm import plan
from newsletter.usecases.subscribers import import_people
from tests.proof import weeks

SLUG = "2026-11-27"
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
GATHER = datetime(2026, 11, 26, 11, tzinfo=UTC)
SEND = datetime(2026, 11, 27, 13, tzinfo=UTC)
LATER = timedelta(minutes=11)
SCHEDULE = """
editors: [ada@example.com]
schedule:
  weekly: {gather: thursday 06:00, send: friday 08:00}
"""
READERS = [f"reader{number}@example.com" for number in range(3)]


@pytest.fixture
def root(sample, tmp_path, new_simulator):
    """The sample with a schedule and three readers, sending through a stand-in for SendGrid."""
    simulator = new_simulator(tmp_path / "provider")
    path = sample / "config.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "sending: {provider: outbox, batch_size: 500}",
        f"sending: {{provider: sendgrid, sendgrid: {{host: '{simulator.url}'}}}}",
    )
    lines = [line for line in text.splitlines() if "feed:" not in line]
    path.write_text("\n".join(lines) + SCHEDULE, encoding="utf-8")
    (sample / "inbox" / "note.md").write_text("# A bench is free\n\nAsk at the school.\n")
    people = tmp_path / "people.csv"
    people.write_text("\n".join(["email", *READERS]), encoding="utf-8")
    workspace = weeks.opened(sample, MONDAY)
    import_people(workspace, people, list_keys=("weekly",))
    plan(workspace)
    workspace.close()
    return sample, simulator


def approve(root):
    workspace = weeks.opened(root, GATHER + LATER)
    target = folder.find(workspace.issues, SLUG)
    text = target.read(workspace.section_keys).text.replace('subject: ""', "subject: The week")
    target.write(text.replace('preheader: ""', "preheader: In short"))
    rendering.approve(workspace, SLUG, by="Ada")
    workspace.close()


def run(start, *arguments):
    process = start(weeks.tick, *arguments)
    process.join()
    return process.exitcode


@pytest.mark.parametrize(
    ("gathering", "sending", "proofs"),
    [
        ("occurrence:taken", "occurrence:frozen", 1),
        ("occurrence:drafted", "freeze:whole", 1),
        ("notice:claimed", "claim:committed", 0),
        ("notice:told", "record:committed", 1),
    ],
)
def test_a_kill_in_any_step_leaves_one_issue_one_send_and_one_proof_at_most(
    root, start, gathering, sending, proofs
):
    folder_, simulator = root
    assert run(start, folder_, GATHER, f"{gathering}=kill") == -signal.SIGKILL
    assert run(start, folder_, GATHER + LATER) == 0
    approve(folder_)
    assert run(start, folder_, SEND, f"{sending}=kill") == -signal.SIGKILL
    for minutes in (1, 12, 13):
        assert run(start, folder_, SEND + timedelta(minutes=minutes)) == 0
    mailed = Counter(one.address for each in simulator.ledger.effective() for one in each.people)
    workspace = weeks.opened(folder_, SEND + timedelta(minutes=14))
    with reading(workspace.engine) as connection:
        (campaign,) = campaigns.every(connection)
        records = occurrences.since(connection, MONDAY.date())
    assert {one.state for one in records if one.issue == SLUG} == {OccurrenceState.DONE}
    doubtful = sending == "claim:committed"  # nobody can tell what a dead sender did with a claim
    assert campaign.state is (CampaignState.UNSETTLED if doubtful else CampaignState.DONE)
    assert mailed == Counter(
        {"ada@example.com": proofs} | dict.fromkeys(READERS, 0 if doubtful else 1)
    )
    assert len(unsure(workspace)) == ("notice" in gathering)
    assert (workspace.issues / SLUG / "issue.md").read_text().count("A bench is free") == 1
    workspace.close()


def test_two_schedulers_fire_each_of_200_occurrences_once(
    sample, store_url, start, processes, tmp_path
):
    path = sample / "config.yaml"
    text = path.read_text(encoding="utf-8").replace("database: null", f"database: {store_url}")
    lines = [line for line in text.splitlines() if "feed:" not in line and "inbox" not in line]
    rule = "{gather: thursday 06:00, send: friday 08:00}"
    schedule = "".join(f"\n  paper{number}: {rule}" for number in range(200))
    text = "\n".join(lines).replace("sources:", "sources: []") + f"\nschedule:{schedule}\n"
    path.write_text(text, encoding="utf-8")
    workspace = weeks.opened(sample, MONDAY)
    plan(workspace)
    workspace.close()
    meeting = processes.Barrier(2)
    reports = [tmp_path / f"report{number}" for number in range(2)]
    both = [start(weeks.compete, sample, GATHER, meeting, report) for report in reports]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    first, second = (report.read_text().splitlines() for report in reports)
    assert len(first) + len(second) == 200
    assert sorted(first + second) == sorted(f"{SLUG}-paper{number}" for number in range(200))
