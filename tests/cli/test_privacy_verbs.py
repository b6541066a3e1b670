"""The verbs about what is held on people, as an operator types them."""

from __future__ import annotations

import json

import pytest

from newsletter.domain.token import Purpose
from newsletter.providers.sendgrid.suppressions import Kind
from newsletter.usecases import privacy, signups

ADA = "reader1@example.com"
ISSUE = "2026-11-20"


@pytest.fixture
def mailed_once(run, subscribe):
    """Two readers, who got the sample's issue."""
    subscribe(2)
    assert run("approve", ISSUE).exit_code == 0
    assert run("send", ISSUE, "--yes").exit_code == 0


def rows(result):
    """The cells of the tables a verb printed."""
    assert result.exit_code == 0, result.stderr
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_one_person_is_shown_with_standing_lists_consent_and_mails(run, mailed_once):
    shown = rows(run("subscribers", "show", "READER1@example.com"))
    assert f"{ADA}: active" in shown
    for title in ("Subscriptions", "Last mails"):
        assert title in shown
    assert any(line.startswith(f"{ISSUE} weekly none") for line in shown)
    person = json.loads(run("subscribers", "show", ADA, "--json").stdout)
    assert (person["standing"], person["attributes"]["role"]) == ("active", "retailer")
    assert person["delivery"][0]["issue"] == ISSUE


def test_only_a_sign_up_that_is_not_confirmed_waits(run, workspace):
    word = signups.form_word(workspace, signups.EMBEDDED)
    form = signups.Form("new@example.com", ("weekly",), "en", "I agree.", word)
    signups.ask(workspace, form, network=None)
    assert "Sign-up that waits" in rows(run("subscribers", "show", "new@example.com"))
    signups.confirm(workspace, workspace.keys.sign_at(Purpose.CONFIRM, 1, workspace.clock.now()))
    assert "Sign-up that waits" not in rows(run("subscribers", "show", "new@example.com"))


def test_a_flag_is_shown_as_files_write_it(run, tmp_path):
    path = tmp_path / "people.jsonl"
    path.write_text('{"email": "ada@example.com", "press": true}\n', encoding="utf-8")
    assert run("subscribers", "import", path, "--list", "weekly").exit_code == 0
    assert "press true" in rows(run("subscribers", "show", "ada@example.com"))


def test_why_tells_the_path_in_order(run, mailed_once):
    told = rows(run("why", ISSUE, ADA))
    assert told[0] == f"{ISSUE} to weekly: submitted"
    kinds = [word for line in told for word in ("list", "version", "batch", "attempt", "now")
             if f" {word} " in f" {line} "]  # fmt: skip
    assert kinds == sorted(kinds, key=["list", "version", "batch", "attempt", "now"].index)
    (path,) = json.loads(run("why", ISSUE, ADA, "--json").stdout)["paths"]
    assert path["answer"] == "submitted"


def test_all_that_is_held_is_written_to_a_file(run, mailed_once, tmp_path):
    file = tmp_path / "ada.json"
    result = run("subscribers", "data", ADA, "--out", file)
    assert result.exit_code == 0
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written == json.loads(run("subscribers", "data", ADA, "--out", "-").stdout) | {
        "made_at": written["made_at"]
    }
    assert written["held"]["subscriber"][0]["address"] == ADA
    assert [name for name in written["files"] if "outbox" in name]


def test_a_file_that_cannot_be_written_is_a_mistake_with_its_name(run, mailed_once, told, tmp_path):
    told(
        run("subscribers", "data", ADA, "--out", tmp_path / "no" / "ada.json"), "cannot be written"
    )


def test_an_erasure_asks_for_a_word_and_then_nothing_is_left(run, mailed_once, told):
    refused = run("subscribers", "erase", ADA, text="yes\n")
    assert refused.exit_code == 2
    assert "nothing was changed" in refused.stderr
    erased = run("subscribers", "erase", ADA, text="erase\n")
    assert "subscribers 1" in [" ".join(line.split()) for line in erased.stdout.splitlines()]
    assert "Still there: .newsletter/outbox/" in erased.stdout
    again = run("subscribers", "erase", ADA, "--yes")
    assert again.stdout.startswith("Nothing was held on this address.")
    assert rows(run("why", ISSUE, ADA))[0] == f"{ISSUE} to weekly: submitted"
    assert f"{ADA}: erased" in rows(run("subscribers", "show", ADA))
    told(run("subscribers", "unsuppress", ADA, "--reason", "they asked"), "was erased")


def test_an_erased_person_is_not_brought_back_by_an_import(run, mailed_once, subscribe, workspace):
    run("subscribers", "erase", ADA, "--yes")
    subscribe(2)
    assert privacy.look_up(workspace, ADA).standing == "erased"
    assert privacy.look_up(workspace, "reader2@example.com").standing == "active"


def test_suppressing_and_lifting_are_logged_with_who(run, mailed_once):
    assert run("subscribers", "suppress", ADA, "--reason", "by phone", "--by", "Bea").exit_code == 0
    assert "before" in run("subscribers", "suppress", ADA, "--reason", "again").stdout
    assert "by hand 1" in rows(run("suppressions", "count"))
    assert any(line.startswith(f"{ADA} by hand") for line in rows(run("suppressions", "list")))
    refused = run("subscribers", "unsuppress", ADA, "--reason", "mistake", text="no\n")
    assert refused.exit_code == 2
    lifted = run(
        "subscribers", "unsuppress", ADA, "--reason", "mistake", "--by", "Cy", text="unsuppress\n"
    )
    assert "It can be mailed again." in lifted.stdout
    changes = json.loads(run("subscribers", "show", ADA, "--json").stdout)["suppression_log"]
    assert [(one["actor"], one["reason"]) for one in changes] == [
        ("Bea", "by phone"), ("Cy", "mistake"),
    ]  # fmt: skip
    assert json.loads(run("suppressions", "count", "--json").stdout) == {}


def test_sync_reads_sendgrids_lists_and_tells_it_of_ours(
    run, mailed_once, simulator, through_sendgrid
):
    simulator.service.suppressions.add(Kind.BOUNCES, ADA)
    run("subscribers", "suppress", "reader2@example.com", "--reason", "by phone")
    dry = run("suppressions", "sync", "--dry-run", **through_sendgrid)
    assert "bounces 1 0 1 0 0" in rows(dry)
    assert "would be told of 1 person" in dry.stdout
    assert simulator.service.suppressions.addresses(Kind.UNSUBSCRIBES) == ()
    found = json.loads(run("suppressions", "sync", "--json", **through_sendgrid).stdout)
    assert (found["lists"][0]["suppressed"], found["told"]) == (1, 1)
    listed = run("suppressions", "list", "--json").stdout.splitlines()
    assert sorted(json.loads(line)["reason"] for line in listed) == ["bounced", "by hand"]


def test_sync_without_sendgrid_says_what_to_set(run, told):
    told(run("suppressions", "sync"), "sending.provider")


def test_the_proof_of_consent_can_be_empty(run, workspace, mailed_once):
    shown = run("subscribers", "consent", ADA)
    assert shown.exit_code == 0
    assert isinstance(json.loads(run("subscribers", "consent", ADA, "--json").stdout), list)


def test_tidy_counts_first_and_then_removes(run):
    dry = rows(run("tidy", "--dry-run"))
    assert dry[0] == "Would be removed"
    assert "events 0" in dry
    assert json.loads(run("tidy", "--json").stdout) == {
        "events": 0, "networks": 0, "dead_letters": 0, "signups": 0, "allowances": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "verb",
    [
        ("subscribers", "show"),
        ("subscribers", "data", "--out", "-"),
        ("subscribers", "consent"),
        ("why", ISSUE),
    ],
)
def test_an_address_nobody_has_is_not_repeated(run, told, verb):
    result = run(*verb, "zoe@example.com")
    told(result, "nobody has this address")
    assert "zoe@" not in result.stderr


def test_an_address_that_is_none_is_a_mistake(run, told):
    for verb in (("erase", "--yes"), ("suppress", "--reason", "x"), ("show",)):
        told(run("subscribers", verb[0], "no address", *verb[1:]), "no @ in the address")
