"""The page of a proof: for whoever has its link, in each version, and for nobody else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from starlette.testclient import TestClient

from newsletter.domain.notice import NoticeKind
from newsletter.domain.token import Purpose
from newsletter.store.engine import writing
from newsletter.usecases.notices import add, tell_notices
from newsletter.web.public import public_app

SLUG = "2026-11-20"


@pytest.fixture
def workspace(workspace, sample):
    """The sample with editors; one brief of its issue is for retailers alone."""
    path = sample / "issues" / SLUG / "issue.md"
    text = path.read_text(encoding="utf-8")
    brief = "### For shops only\n\n<!-- audience: retailers -->\n\nBonus."
    path.write_text(f"{text}\n{brief}\n", encoding="utf-8")
    changes = {"editors": ("ada@example.com",), "segments": {"retailers": "role = 'retailer'"}}
    opened = replace(workspace, settings=workspace.settings.model_copy(update=changes))
    yield opened
    opened.close()


@pytest.fixture
def client(workspace):
    with TestClient(public_app(workspace, webhook_key=None)) as opened:
        yield opened


@pytest.fixture
def mail(workspace, sample):
    """The proof as it was mailed."""

    def tell(kind=NoticeKind.PROOF):
        with writing(workspace.engine) as connection:
            add(workspace, connection, kind, key="weekly", issue=SLUG, text="Here is `a <draft>`.")
        tell_notices(workspace)
        (path,) = (sample / ".newsletter" / "outbox").rglob("*.eml")
        return message_from_bytes(path.read_bytes(), policy=default)

    return tell


def links(mail):
    """The paths the proof leads to, as they stand in its text."""
    text = mail.get_body(("plain",)).get_content()
    return re.findall(r"https://news\.loupe\.example\.com(/proof/\S+)", text)


def test_the_mail_leads_to_each_version_as_its_readers_get_it(client, mail):
    told = mail()
    pages = [client.get(path) for path in links(told)]
    assert [page.status_code for page in pages] == [200, 200]
    assert sorted("Bonus." in page.text for page in pages) == [False, True]
    for page in pages:
        assert "checks find no mistake" in page.text
        assert page.text.count("(below)") == 1
        assert "{{" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-robots-tag"] == "noindex"
        assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in links(told):
        assert f'href="https://news.loupe.example.com{path}"' in html(told)


def html(mail):
    return mail.get_body(("html",)).get_content()


def test_words_of_others_stay_words(mail):
    told = html(mail())
    assert "a &lt;draft&gt;</code>" in told
    assert "<script" not in told


def test_it_shows_the_issue_as_it_stands_now(client, mail, sample):
    (path, *_) = links(mail())
    file = sample / "issues" / SLUG / "issue.md"
    file.write_text(file.read_text().replace("Bonus.", "Another bonus."))
    assert "Another bonus." in client.get(path).text


def test_nobody_else_sees_it_and_no_link_for_ever(client, mail, workspace, clock):
    (path, *_) = links(mail())
    word = path.split("/")[2].split("?")[0]
    other = workspace.keys.sign_at(Purpose.PROOF, 99, clock.now())
    signed_for_another = workspace.keys.sign_at(Purpose.CONFIRM, 1, clock.now())
    for wrong in (other, signed_for_another, word[:-1], "x" * 32, f"{word}?version=nobody"):
        assert client.get(f"/proof/{wrong}").status_code == 404
    assert client.post(f"/proof/{word}").status_code == 405
    clock.advance(timedelta(days=31).total_seconds())
    assert client.get(path).status_code == 404


def test_a_notice_of_another_kind_opens_nothing(client, mail, workspace, clock):
    mail(NoticeKind.REMINDER)
    word = workspace.keys.sign_at(Purpose.PROOF, 1, clock.now())
    assert client.get(f"/proof/{word}").status_code == 404


def test_an_issue_that_cannot_be_rendered_says_so(client, mail, sample):
    (path, *_) = links(mail())
    (sample / "issues" / SLUG / "issue.md").write_text("---\nsubject: [\n---\n")
    assert client.get(path).status_code == 503
