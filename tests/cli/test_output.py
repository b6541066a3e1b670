"""What programs read: JSON of a fixed shape, tables that keep a row on a line, quiet pipes."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import termios
from collections import Counter
from pathlib import Path

import pytest

from newsletter.cli.output import print_table

SLUG = "2026-11-20"


def parsed(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_list_as_json(run):
    (view,) = parsed(run("list", "--json"))
    assert view.keys() == {"slug", "issue", "approval", "mistake", "changed"}
    assert (view["slug"], view["issue"]["date"], view["approval"]) == (SLUG, SLUG, None)
    assert {section["key"] for section in view["issue"]["sections"]} >= {"lead", "latest"}


def test_a_malformed_issue_is_listed_with_its_mistake(run, sample):
    (sample / "issues" / SLUG / "issue.md").write_text("no front matter", encoding="utf-8")
    (view,) = parsed(run("list", "--json"))
    assert view["issue"] is None
    assert view["mistake"].startswith(f"issues/{SLUG}/issue.md:1: ")
    assert view["mistake"] in run("list").stdout


def test_show_as_json_tells_the_approval(run):
    run("approve", SLUG, "--by", "Ada")
    view = parsed(run("show", SLUG, "--json"))
    assert view["approval"]["by"] == "Ada"
    assert re.fullmatch(r"[0-9a-f]{64}", view["approval"]["digest"])


def test_an_approval_that_no_longer_stands_says_so(run, sample):
    run("approve", SLUG, "--by", "Ada")
    issue = sample / "issues" / SLUG / "issue.md"
    issue.write_text(issue.read_text(encoding="utf-8").replace("eleven", "twelve"), "utf-8")
    assert "by Ada, changed since" in run("list").stdout
    assert "by Ada, changed since" in run("show", SLUG).stdout
    assert parsed(run("show", SLUG, "--json"))["changed"]


def test_check_as_json(run, sample):
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8").replace('subject: "', 'subject: "" # ', 1)
    issue.write_text(text, encoding="utf-8")
    result = run("check", SLUG, "--json")
    assert result.exit_code == 1
    errors = [one for one in json.loads(result.stdout) if one["level"] == "error"]
    assert [one.keys() for one in errors] == [
        {"level", "code", "place", "message", "remedy", "version"}
    ]


def test_gather_as_json(run):
    report = parsed(
        run("gather", SLUG, "--from", "-", "--json", text="The show keeps its January dates.\n")
    )
    assert report.keys() >= {"results", "placed", "candidates", "known", "tallies", "thin"}
    assert report["placed"] == {"lead": 0, "latest": 1}


def test_gather_says_by_its_exit_code_that_a_source_is_dead(run, sample):
    (sample / "inbox" / "note.md").write_text("# A bench is free\n\nIn Basel.\n", encoding="utf-8")
    for name in ("Trade Wire", "Maison Journal"):
        _point(sample / "config.yaml", name)
    result = run("gather", SLUG)
    assert result.exit_code == 1
    assert "127.0.0.1 is on a private or reserved network" in result.stdout


def _point(config, name):
    text = config.read_text(encoding="utf-8")
    text = re.sub(rf"(name: {name}, feed: )\S+}}", r"\1http://127.0.0.1:1/feed}", text)
    config.write_text(text, encoding="utf-8")


def test_send_and_status_tell_the_same(run, subscribe):
    subscribe(3)
    run("approve", SLUG)
    plan = parsed(run("send", SLUG, "--dry-run", "--json"))
    assert (plan["mailed"], plan["list"], plan["started_before"]) == (3, "weekly", None)
    sent = parsed(run("send", SLUG, "--yes", "--json"))
    assert sent.keys() == {
        "campaign", "accounting", "balances", "settled", "arrivals", "doubtful", "window",
        "waiting", "concerns", "waves", "trial",
    }  # fmt: skip
    assert sent["campaign"]["state"] == "done"
    assert parsed(run("status", SLUG, "--json")) == [sent]
    assert parsed(run("status", "--json")) == [sent]


def test_send_shows_the_campaign_it_sent_and_not_the_newest(run, subscribe):
    subscribe(2)
    subscribe(3, list_key="gems", start=10)
    run("approve", SLUG)
    later = ("--at", "2099-01-01 08:00", "--yes")
    run("send", SLUG, "--list", "gems", *later)
    sent = parsed(run("send", SLUG, "--list", "weekly", "--yes", "--json"))
    run("send", SLUG, "--list", "watches", *later)
    again = parsed(run("send", SLUG, "--list", "gems", "--yes", "--json"))
    assert (sent["campaign"]["list_key"], again["campaign"]["list_key"]) == ("weekly", "gems")
    assert again["campaign"]["state"] == "frozen"


def test_a_send_for_later_says_what_sends_it(run, subscribe):
    subscribe(2)
    run("approve", SLUG)
    result = run("send", SLUG, "--at", "2099-01-01 08:00", "--yes")
    assert result.exit_code == 0
    assert "1 request" in result.stdout
    assert "`newsletter serve` submits it at 2099-01-01 13:00 UTC" in result.stdout


def test_a_second_send_is_refused_before_it_asks(run, subscribe):
    subscribe(1)
    run("approve", SLUG)
    run("send", SLUG, "--yes")
    result = run("send", SLUG)
    assert result.exit_code == 2
    assert result.stderr == "Error: this campaign is done; nobody is mailed twice\n"


def test_subscribers_as_json(run, subscribe):
    subscribe(2)
    counted = parsed(run("subscribers", "count", "--json"))
    assert counted["lists"]["weekly"] == {"subscribed": 2, "unsubscribed": 0, "suppressed": 0}
    person = parsed(run("subscribers", "show", "READER1@example.com", "--json"))
    assert person["attributes"] == {"first_name": "R1", "role": "retailer"}


def test_import_as_json(run, sample):
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\n", encoding="utf-8")
    report = parsed(run("subscribers", "import", people, "--list", "weekly", "--json"))
    assert (report["rows"], report["kept"], report["admission"]["added"]) == (1, True, 1)


def test_doctor_as_json(run):
    assert {one["what"] for one in parsed(run("doctor", "--json"))} == {
        "workspace secret", "theme", "segments", "database", "provider",
    }  # fmt: skip
    broken = run("doctor", "--json", NEWSLETTER_THEME="none")
    assert broken.exit_code == 1


def test_export_writes_to_the_standard_output(run, subscribe):
    subscribe(2)
    result = run("subscribers", "export", "-", "--jsonl")
    people = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["email"] for one in people] == ["reader1@example.com", "reader2@example.com"]
    assert result.stderr == "2 people\n"


def test_export_writes_a_file(run, subscribe, tmp_path):
    subscribe(1)
    path = tmp_path / "people.csv"
    assert run("subscribers", "export", path).stdout == ""
    head, reader = path.read_text(encoding="utf-8").splitlines()
    assert head == "email,lists,first_name,role"
    assert re.fullmatch(r"reader1@example\.com,weekly 20[-0-9T:.]+Z,R1,retailer", reader)


def test_test_mail_says_where_it_went(run):
    result = run("test", SLUG, "--to", "me@example.com", "--to", "you@example.com")
    assert re.fullmatch(r"Mailed to 2 addresses; .* specimen/[0-9a-f]{32}\n", result.stdout)


def test_a_piped_row_stays_on_one_line_however_long(capsys):
    print_table("Stones", ("name", "carats"), [("Ruby " * 90, 3), ("Pearl", 12_000)])
    title, head, ruby, pearl = capsys.readouterr().out.splitlines()
    assert title == "Stones"
    assert head.split() == ["name", "carats"]
    assert ruby.split() == ["Ruby"] * 90 + ["3"]
    assert pearl.split() == ["Pearl", "12,000"]
    assert not any(line.endswith(" ") for line in (head, ruby, pearl))


def test_what_a_feed_brings_is_no_command_to_the_terminal(capsys):
    print_table("A\x1b[2J", ("title",), [("\x1b]0;owned\x07Gold\nrises\u202e",)])
    printed = capsys.readouterr().out
    assert not set(printed) & set("\x1b\x07\u202e")
    assert "Gold rises" in printed


def test_a_table_of_nothing_has_a_head(capsys):
    print_table("Issues", ("issue", "date"), [])
    assert capsys.readouterr().out.split() == ["Issues", "issue", "date"]


@pytest.mark.parametrize("verb", [("list",), ("subscribers", "export", "-")])
def test_a_reader_who_has_seen_enough_gets_no_traceback(start, subscribe, verb):
    subscribe(2_000)
    process = start(*verb)
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    assert process.wait() in (0, 1)


def test_a_full_disk_behind_the_standard_output_gets_one_sentence(start):
    with Path("/dev/full").open("w") as full:
        process = start("list", stdout=full)
    assert process.stderr.read() == (
        "Error: No space left on device; make room, or check the path and its rights\n"
    )
    assert process.wait() == 2


@pytest.mark.parametrize(("columns", "whole"), [(70, True), (35, False)])
def test_on_a_narrow_terminal_long_cells_give_way_and_nothing_is_lost(start, run, columns, whole):
    piped = run("list").stdout
    screen = on_terminal(start, columns, "list").replace("─", "")
    assert max(map(len, screen.splitlines())) <= columns
    assert (SLUG in screen) is whole
    assert Counter("".join(screen.split())) == Counter("".join(piped.split()))


def test_progress_goes_to_the_error_stream(run, subscribe, sample):
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\n", encoding="utf-8")
    result = run("subscribers", "import", people, "--list", "weekly")
    assert result.stderr == ""


def on_terminal(start, columns, *arguments):
    """What a person sees; the window has so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(*arguments, stdout=theirs, TERM="xterm")
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux says that the other side has closed
        pass
    os.close(ours)
    assert process.wait() == 0, process.stderr.read()
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).replace("\r", "")
