"""check visits links once a day, knows the readers and earlier issues, and asks SpamAssassin."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.domain.finding import Level
from newsletter.errors import ConfigError, IssueError
from newsletter.usecases import rendering
from newsletter.usecases.checking import check_issue
from newsletter.usecases.subscribers import import_people

SLUG = "2026-11-27"
STORY = """
### {headline}

{text}

[Trade Wire]({link})
"""


@pytest.fixture
def site():
    """A site on this machine: path → (status, headers); `asked` is what it was asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            status, headers = server.answers.get(self.path, (404, {}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.asked = {"/": (200, {})}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def here(workspace, site):
    """The workspace, allowed to visit the site, which is its own; no SpamAssassin anywhere."""
    settings = workspace.settings
    gathering = settings.gathering.model_copy(
        update={"allow_private": ("127.0.0.1",), "deadline": 5.0}
    )
    publication = settings.publication.model_copy(update={"website": site.url})
    changes = {"gathering": gathering, "publication": publication}
    return replace(workspace, settings=settings.model_copy(update=changes))


@pytest.fixture(autouse=True)
def no_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def write(workspace):
    def issue(*links, front="", text="Refiners quote.", slug=SLUG, subject="Gold holds"):
        path = workspace.issues / slug / "issue.md"
        path.parent.mkdir(exist_ok=True)
        briefs = "".join(
            STORY.format(headline=f"Story {n}", text=text, link=link)
            for n, link in enumerate(links or ["https://trade.example.com/a"], 1)
        )
        path.write_text(
            f"---\nsubject: {subject}\npreheader: And silver\ndate: 2026-11-27\n"
            f"list: weekly\n{front}---\n\n## The Latest\n{briefs}",
            encoding="utf-8",
        )
        return slug

    return issue


def codes(rendered):
    """Codes but for what a site on this machine always has."""
    return {one.code for one in rendered.findings} - {
        "link-http",
        "link-private",
        "spam-filter-missing",
    }


def test_each_link_is_visited_once_and_its_answer_told_at_its_line(here, site, write):
    site.answers |= {
        "/fine": (200, {}),
        "/busy": (503, {}),
        "/front": (302, {"Location": "/"}),
    }
    paths = ("/fine", "/gone", "/busy", "/front", "/fine")
    found = check_issue(here, write(*(site.url + path for path in paths)))
    told = {(one.code, one.place) for one in found.findings}
    assert {
        ("link-dead", "issue.md:16"),
        ("link-doubtful", "issue.md:22"),
        ("link-to-front-page", "issue.md:28"),
    } <= told
    assert sorted(site.asked) == ["/", "/busy", "/fine", "/front", "/gone"]


def test_answers_are_remembered_for_a_day(here, site, write, clock):
    slug = write(site.url + "/gone")
    for _ in range(2):
        assert "link-dead" in codes(check_issue(here, slug))
    assert site.asked == ["/gone"]
    assert "link-dead" in codes(check_issue(here, slug, offline=True))
    clock.advance(timedelta(days=1).total_seconds())
    assert codes(check_issue(here, slug, offline=True)) == {"links-unvisited"}
    check_issue(here, slug)
    assert site.asked == ["/gone"] * 2


def test_offline_visits_nothing_and_says_so(here, site, write):
    found = check_issue(here, write(site.url + "/gone", site.url + "/a"), offline=True)
    (unvisited,) = [one for one in found.findings if one.code == "links-unvisited"]
    assert "2 links" in unvisited.message
    assert site.asked == []


def test_a_machine_without_a_network_proves_no_link_dead(here, site, write):
    nowhere = here.settings.publication.model_copy(update={"website": "http://127.0.0.1:9"})
    alone = replace(here, settings=here.settings.model_copy(update={"publication": nowhere}))
    slug = write("http://127.0.0.1:9/a")
    assert codes(check_issue(alone, slug)) == {"links-unvisited"}
    assert not (here.state / "links.json").exists()
    assert codes(check_issue(here, slug)) == {"link-doubtful"}


def test_names_reserved_for_examples_are_not_visited(here, site, write):
    assert codes(check_issue(here, write("https://trade.example.com/a"))) == set()


@pytest.mark.parametrize("held", ["", "[]", "{", '{"a": 1}', '{"a": ["2026-11-27", {}]}'])
def test_a_broken_memory_is_none(here, site, write, held):
    (here.state / "links.json").write_text(held, encoding="utf-8")
    assert "link-dead" in codes(check_issue(here, write(site.url + "/gone")))
    assert json.loads((here.state / "links.json").read_text(encoding="utf-8"))


def test_a_link_found_dead_today_stops_an_approval_without_the_network(here, site, write):
    slug = write(site.url + "/gone")
    off = here.settings.model_copy(update={"checks": {"link-private": "off"}})
    check_issue(here, slug)
    with pytest.raises(IssueError, match="/gone"):
        rendering.approve(replace(here, settings=off), slug, by="Ada")
    assert site.asked == ["/gone"]


def test_levels_of_config_yaml_hold_for_check_and_approve(open_workspace, sample, write):
    slug = write(text="[here](http://trade.example.com/b)")
    assert "link-http" in codes_of(check_issue(open_workspace(), slug, offline=True))
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text + "checks: {link-http: off, link-words: error}\n", encoding="utf-8")
    found = check_issue(open_workspace(), slug, offline=True)
    levels = {one.code: one.level for one in found.findings}
    assert "link-http" not in levels
    assert levels["link-words"] is Level.ERROR
    with pytest.raises(IssueError, match="cannot be approved"):
        rendering.approve(open_workspace(), slug, by="Ada")


def codes_of(rendered):
    return {one.code for one in rendered.findings}


def test_a_misspelt_check_or_mail_program_in_config_yaml_is_a_mistake(here, write):
    for change in ({"checks": {"link-htpp": "off"}}, {"clients": {"yaho": 1.0}}):
        wrong = replace(here, settings=here.settings.model_copy(update=change))
        with pytest.raises(ConfigError, match="did you mean"):
            check_issue(wrong, write(), offline=True)


def test_a_silence_stands_in_the_front_matter(here, write):
    slug = write(
        text="[here](http://trade.example.com/b)", front="silence:\n  link-words: his own\n"
    )
    assert "link-words" not in codes_of(check_issue(here, slug, offline=True))
    slug = write(text="[here](http://trade.example.com/b)", front="silence: {link-words: }\n")
    assert {"link-words", "silence-without-reason"} <= codes_of(
        check_issue(here, slug, offline=True)
    )


def test_fields_are_compared_with_what_the_readers_have(here, write, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("email,first_name\nada@example.com,Ada\nben@example.com,\n", encoding="utf-8")
    import_people(here, people, list_keys=("weekly",))
    slug = write(text="Dear {{ reader.first_name }} or {{ reader.frist_name | fallback('you') }}")
    told = {one.code: one.message for one in check_issue(here, slug, offline=True).findings}
    assert "1 of 2 readers" in told["field-empty"]
    assert "did you mean “first_name”" in told["field-unknown"]


def test_the_subject_of_an_earlier_issue_is_recognised(here, write):
    write(slug="2026-11-26", subject='"Gold: holds!"')
    assert "subject-repeated" in codes(check_issue(here, write(), offline=True))
    assert "subject-repeated" not in codes(check_issue(here, "2026-11-26", offline=True))


SPAMASSASSIN = """#!/bin/sh
test "$1 $2" = "-L -t" || exit 9
test -z "$NEWSLETTER_SECRET_KEY" || exit 8
while read -r line; do case "$line" in Subject:*) subject=$line;; esac; done
printf 'X-Spam-Status: Yes, score=5.3 required=5.0 tests=HTML_FONT_LOW_CONTRAST,\\n'
printf '\\tMPART_ALT_DIFF autolearn=no version=4.0.1\\n%s\\n' "$subject"
"""


def test_the_score_of_spamassassin_is_told_where_it_is_installed(
    here, write, tmp_path, monkeypatch
):
    monkeypatch.setenv("NEWSLETTER_SECRET_KEY", "must not be seen")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "spamassassin"
    program.write_text(SPAMASSASSIN, encoding="utf-8")
    program.chmod(0o755)
    told = {one.code: one.message for one in check_issue(here, write(), offline=True).findings}
    assert "5.3 of 5.0 points: HTML_FONT_LOW_CONTRAST, MPART_ALT_DIFF" in told["spam-score"]


def test_where_it_is_not_installed_that_is_told_once(here, write):
    found = check_issue(here, write(), offline=True).findings
    assert [one.code for one in found].count("spam-filter-missing") == 1


def test_an_issue_without_a_subject_is_still_checked(here, write):
    assert "subject-missing" in codes(check_issue(here, write(subject='""'), offline=True))
