"""Every mistake gets one sentence with its place and its remedy, and leaves nothing half-done."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from newsletter.cli.main import main

SLUG = "2026-11-20"


def replace(file, before, after):
    """A change of one of the sample's files, to be made before the command runs."""

    def change(root):
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")

    return change


def write(file, content):
    def change(root):
        (root / file).write_bytes(content)

    return change


def remove(file):
    def change(root):
        (root / file).unlink()

    return change


def nothing(_root):
    """The sample as it is."""


CONFIG = "config.yaml"
ISSUE = f"issues/{SLUG}/issue.md"
FOOTER = "templates/digest/frame/footer.mjml.j2"
DATABASE = ".newsletter/newsletter.db"
POSTAL = "{{ publication.postal_address }}"

MISTAKES = {
    "no config": (remove(CONFIG), ("list",), "is not a workspace: it has no config.yaml; make one"),
    "broken YAML": (write(CONFIG, b"publication: {\n"), ("list",), r"config\.yaml:\d: broken YAML"),
    "not UTF-8": (write(CONFIG, b"theme: \xff\n"), ("list",), r"config\.yaml: cannot be read: "),
    "unknown key": (
        replace(CONFIG, "theme: digest", "teme: digest"),
        ("list",),
        r"config\.yaml:\d+: unknown setting “teme”; did you mean “theme”\?",
    ),
    "missing address": (
        replace(CONFIG, "  postal_address", "  # postal_address"),
        ("check", SLUG),
        r"config\.yaml:3: “publication.postal_address” is missing; add it",
    ),
    "wrong value": (
        replace(CONFIG, "batch_size: 500", "batch_size: many"),
        ("list",),
        r"config\.yaml:\d+: “sending.batch_size”",
    ),
    "unknown list in the issue": (
        replace(ISSUE, "list: weekly", "list: weakly"),
        ("check", SLUG),
        r"issues/2026-11-20/issue.md names the list “weakly”, which config.yaml has not",
    ),
    "bad front matter": (
        replace(ISSUE, "date: 2026-11-20", "date: next Friday"),
        ("check", SLUG),
        r"issues/2026-11-20/issue\.md:4: ",
    ),
    "broken front matter": (
        replace(ISSUE, "date: 2026-11-20", "date: [2026"),
        ("show", SLUG),
        r"issues/2026-11-20/issue\.md:\d: ",
    ),
    "issue not UTF-8": (write(ISSUE, b"---\n\xff\n"), ("show", SLUG), r"issue\.md:2: is not UTF-8"),
    "template with a mistake": (
        replace(FOOTER, POSTAL, "{{ publication."),
        ("check", SLUG),
        r"digest/frame/footer\.mjml\.j2:\d+: .*; mend the template",
    ),
    "template with an unknown name": (
        replace(FOOTER, POSTAL, "{{ publication.postal }}"),
        ("approve", SLUG),
        r"digest/frame/footer\.mjml\.j2:\d+: .*postal",
    ),
    "template that is missing": (
        replace(FOOTER, POSTAL, "{% include 'stamp.j2' %}"),
        ("build", SLUG, "--out", "build"),
        r"the theme has no usable template “stamp\.j2”",
    ),
    "theme that is missing": (
        replace(CONFIG, "theme: digest", "theme: gazette"),
        ("check", SLUG),
        "there is no theme “gazette” in templates/; set `theme:`",
    ),
    "damaged approval": (
        write(f"issues/{SLUG}/approval.json", b"{"),
        ("send", SLUG, "--dry-run"),
        r"approval\.json: is damaged; approve the issue again",
    ),
    "new issue of no day": (nothing, ("new", "2026-13-27"), "begins with no day of the calendar"),
    "new issue of half a day": (nothing, ("new", "2026-1-27-gems"), "one such as 2026-11-27"),
    "not approved": (nothing, ("send", SLUG, "--yes"), "is not approved; .*newsletter approve"),
    "no database": (
        write(DATABASE, b"a letter to my aunt" * 999),
        ("subscribers", "count"),
        r"newsletter\.db is not a database of this program; name another file",
    ),
    "new issue that exists": (nothing, ("new", SLUG), "there is already an issue “2026-11-20”"),
    "new issue with a bad name": (nothing, ("new", "../up"), "“../up” cannot name an issue; use"),
    "unknown list": (
        nothing,
        ("send", SLUG, "--list", "weakly"),
        "there is no list “weakly”; config.yaml has: weekly, watches, gems",
    ),
    "unknown segment": (
        nothing,
        ("send", SLUG, "--segment", "trad"),
        "there is no segment “trad”; config.yaml has: trade, retailers",
    ),
    "segment with a mistake": (
        replace(CONFIG, "role = 'retailer' and", "role = 'retailer' und"),
        ("send", SLUG, "--segment", "retailers"),
        r"character 19 of the segment “role = 'retailer' und",
    ),
    "import of a file that is not there": (
        nothing,
        ("subscribers", "import", "nobody.csv"),
        r"nobody\.csv: ",
    ),
    "import without addresses": (
        nothing,
        ("subscribers", "import", __file__),
        r"test_bad_input\.py:",
    ),
    "import to a list that is none": (
        nothing,
        ("subscribers", "import", __file__, "--list", "weakly"),
        "there is no list “weakly” in config.yaml; lists there",
    ),
    "export to a list that is none": (
        nothing,
        ("subscribers", "export", "-", "--list", "weakly"),
        "there is no list “weakly”; config.yaml has",
    ),
    "export to no folder": (
        nothing,
        ("subscribers", "export", "no/folder/people.csv"),
        "no/folder/people.csv: cannot be written: No such file or directory; check",
    ),
    "somebody nobody knows": (
        nothing,
        ("subscribers", "show", "ada@example.com"),
        "nobody has this address; `newsletter subscribers import` adds people",
    ),
    "test mail to no address": (nothing, ("test", SLUG, "--to", "me"), "no @ in the address"),
    "gather from a file that is not there": (
        nothing,
        ("gather", SLUG, "--from", "nowhere.txt"),
        r"nowhere\.txt: there is no such file; check the path",
    ),
    "gather from nothing": (nothing, ("gather", SLUG, "--from", "-"), "the pasted text holds no"),
    "gather from a private place": (
        nothing,
        ("gather", SLUG, "--from", "http://127.0.0.1:1/feed"),
        "127.0.0.1 is on a private or reserved network.* add it to gathering.allow_private",
    ),
    "an unknown fault": (nothing, ("simulate", "--fault", "flood"), "there is no fault “flood”"),
    "init where something is": (nothing, ("init", "{root}"), "already has config.yaml; name an"),
    "demo in a workspace": (
        nothing,
        ("demo", "--workspace", "{root}"),
        "is a workspace of its own; name an empty folder",
    ),
}


@pytest.mark.parametrize(("spoil", "arguments", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_one_sentence(told, run, sample, everything, spoil, arguments, sentence):
    spoil(sample)
    before = everything()
    result = run(
        *(argument.format(root=sample) for argument in arguments),
        NEWSLETTER_SECRET_KEY=(None if arguments[0] == "demo" else "a secret of the tests only"),
    )
    told(result, sentence)
    assert everything() == before


@pytest.mark.parametrize(
    "verb",
    [
        ("show",),
        ("check",),
        ("approve",),
        ("gather",),
        ("status",),
        ("build", "--out", "build"),
        ("send", "--dry-run"),
        ("test", "--to", "me@example.com"),
    ],
    ids=lambda verb: verb[0],
)
def test_an_issue_that_is_not_there(told, run, everything, verb):
    before = everything()
    result = run(verb[0], "2026-12-31", *verb[1:])
    told(result, "there is no issue “2026-12-31”; there are: 2026-11-20; `newsletter new")
    assert everything() == before


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_that_is_no_workspace(told, run, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    result = run("list", folder=tmp_path / folder)
    told(result, f"{folder} is not a workspace: .*newsletter init .*{folder}.*, or name another")
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [("check", SLUG), ("approve", SLUG), ("test", SLUG, "--to", "me@example.com"), ("serve",)],
    ids=lambda arguments: arguments[0],
)
def test_a_missing_secret(told, run, everything, arguments):
    before = everything()
    result = run(*arguments, NEWSLETTER_SECRET_KEY=None)
    told(result, "no NEWSLETTER_SECRET_KEY of at least 16 characters; make one with `openssl")
    assert everything() == before


@pytest.mark.parametrize(
    "arguments",
    [("send", SLUG, "--yes"), ("test", SLUG, "--to", "me@example.com"), ("serve",)],
    ids=lambda arguments: arguments[0],
)
def test_a_missing_key_of_the_provider(told, run, everything, arguments):
    run("approve", SLUG)
    before = everything()
    result = run(*arguments, NEWSLETTER_SENDING__PROVIDER="sendgrid", SENDGRID_API_KEY=None)
    told(result, "the environment has no SENDGRID_API_KEY; export it, or set sending.provider")
    assert everything() == before


def test_a_wrong_setting_of_the_environment_is_named(told, run):
    result = run("list", NEWSLETTER_SENDING__PROVIDER="pigeon")
    told(result, "set by the environment variable NEWSLETTER_SENDING__PROVIDER")


def test_a_database_of_another_kind_is_refused_without_its_password(told, run):
    result = run("status", NEWSLETTER_DATABASE="mysql://post:hunter2@db.example.com/news")
    told(result, "a database of the kind “mysql” is not supported; write")
    assert "hunter2" not in result.output


@pytest.mark.parametrize("moment", ["tomorrow", "27.11.2026", "2026-11-27 25:00", ""])
def test_a_moment_that_is_none(run, everything, moment):
    before = everything()
    result = run("send", SLUG, "--at", moment, "--yes")
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "is no moment; write it as '2026-11-27 08:00'" in result.stderr
    assert everything() == before


def test_a_moment_in_the_past(told, run, subscribe, everything):
    subscribe(1)
    run("approve", SLUG)
    before = everything()
    result = run("send", SLUG, "--at", "2020-01-01 08:00", "--yes")
    told(result, "2020-01-01 08:00 EST has passed; leave the moment out to send now")
    assert everything() == before


def test_nobody_there_to_confirm(run, subscribe, everything):
    subscribe(1)
    run("approve", SLUG)
    before = everything()
    result = run("send", SLUG)
    assert result.exit_code == 2
    assert result.stderr.endswith("Error: nobody is here to confirm; add --yes\n")
    assert everything() == before


def test_an_error_gives_a_terminal_no_commands_of_others(sample):
    name = "a\x1b[2Jb\x9b31m.txt"
    told = CliRunner().invoke(main, ["-C", str(sample), "gather", SLUG, "--from", name], color=True)
    assert told.exit_code == 2
    assert "a [2Jb 31m.txt: there is no such file" in told.stderr


@pytest.mark.parametrize(
    "arguments", [("report", "--since", "11/12/2026"), ("hold", SLUG, "x", "--until", "11/12/2026")]
)
def test_what_is_no_day_is_told_how_days_are_written(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "“11/12/2026” is no day; write it as 2026-11-27" in result.stderr
    assert " DAY " in run(arguments[0], "--help").stdout
