"""The whole way with canaries for people, and none of them where they do not belong (A101, A102).

Addresses, names, attributes, readers' links and keys may stand in the database, in mails, and on
the screens that were asked for them. They may not stand in a log, a traceback, a counter, the name
of a file, or the words of a mistake.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace

import pytest
import urllib3
from starlette.testclient import TestClient

from newsletter import config
from newsletter.app import SystemClock
from newsletter.domain.token import Keys
from newsletter.providers.sendgrid.suppressions import Kind
from newsletter.providers.simulator import Rates, Story
from newsletter.providers.simulator.faults import parse_fault
from newsletter.store import engine as store_engine
from newsletter.store.engine import writing
from newsletter.usecases import confirmations
from newsletter.usecases.events import fold_events
from newsletter.web.public import public_app

ISSUE = "2026-11-20"
ADA, BOB, CLEO = (f"{name}.zaffre@example.com" for name in ("ada", "bob", "cleo"))
SECRETS = {
    config.SECRET_KEY: "zaffre-secret-key-of-32-characters",
    config.OLD_SECRET_KEYS: "zaffre-former-secret-key-of-34-signs",
    config.SENDGRID_KEY: "SG.zaffre.canary-of-the-account",
}
PEOPLE = f"""email,first_name,city
{ADA},Zaffrina,Zaffreville
{BOB},Zaffrino,Zaffreville
{CLEO},Zaffra,Zaffreville
"""
BAD = (
    'email,first_name\nzaffre no address,Zaffrina\nzaffre@@example.com,Z\n"zaffre"@example.com,Z\n'
)
LINK = re.compile(r"/[ucpr]/([A-Za-z0-9_-]{32})")


@pytest.fixture
def heard(caplog):
    """All that anybody logs, down to the last word, and all that verbs say of themselves."""
    caplog.set_level(logging.DEBUG)
    return []


@pytest.fixture
def verb(run, simulator, heard):
    """A verb through the stand-in; what it says is heard, but for what was asked of it."""
    environment = SECRETS | {
        "NEWSLETTER_SENDING__PROVIDER": "sendgrid",
        "NEWSLETTER_SENDING__SENDGRID__HOST": simulator.url,
    }

    def call(*words, code=0, shown=False, **more):
        result = run(*words, **environment | more)
        assert result.exit_code == code, result.output
        heard.append(result.stderr if shown else result.output)
        return result

    return call


@pytest.fixture
def pages(verb, workspace, simulator, monkeypatch):
    """The public pages and the webhook of a workspace with these keys."""
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.3)
    sending = workspace.settings.sending
    account = sending.sendgrid.model_copy(update={"host": simulator.url})
    settings = workspace.settings.model_copy(
        update={
            "sending": sending.model_copy(update={"provider": "sendgrid", "sendgrid": account}),
            "signup": workspace.settings.signup.model_copy(update={"least_seconds": 0}),
        }
    )
    here = replace(workspace, settings=settings, clock=SystemClock(), environment=SECRETS)
    application = public_app(here, webhook_key=simulator.public_key)
    with TestClient(application, raise_server_exceptions=False) as client:
        yield here, client
    here.close()


def words_in(simulator, address):
    """The words of all links in this reader's mails."""
    return {
        word
        for letter in simulator.letters_to(address)
        for part in (letter.text, letter.html, *letter.headers.values())
        for word in LINK.findall(part)
    }


@pytest.fixture
def quiet_client():
    """What the test itself asks by HTTP is no log of ours."""
    logging.getLogger("urllib3.connectionpool").disabled = True
    logging.getLogger("httpx2").disabled = True
    yield
    logging.getLogger("urllib3.connectionpool").disabled = False
    logging.getLogger("httpx2").disabled = False


def test_no_canary_is_where_it_does_not_belong(
    verb, pages, simulator, heard, caplog, sample, tmp_path, monkeypatch, start, quiet_client
):
    here, client = pages
    words = set()

    # People come, some of them badly.
    people, bad = tmp_path / "people.csv", tmp_path / "bad.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    bad.write_text(BAD, encoding="utf-8")
    verb("subscribers", "import", people, "--list", "weekly")
    verb("subscribers", "import", bad, "--list", "weekly", code=2)
    verb("subscribers", "count")
    form = re.search(r'name="form" value="([^"]+)"', client.get("/subscribe").text)[1]
    fields = {"form": form, "list": "weekly", "name": "Zaffretta", "language": "en"}
    for email in ("dora.zaffre@example.com", "zaffre@", CLEO):
        client.post("/subscribe", data=fields | {"email": email})
    confirmations.mail_confirmations(here)
    confirming = words_in(simulator, "dora.zaffre@example.com")
    assert len(confirming) == 1
    for word in confirming:
        assert client.post(f"/c/{word}", data={"answer": "yes"}).status_code == 200
    words |= confirming

    # An issue is gathered, built, tested and sent, with trouble on its way.
    verb("gather", ISSUE, "--from", "-", text="The show keeps its January dates this year.\n")
    verb("build", ISSUE, "--out", tmp_path / "built")
    verb("approve", ISSUE)
    simulator.faults.add(parse_fault("401"), parse_fault("bad-address:1:1"))
    verb("send", ISSUE, "--yes", code=1)
    verb("resume", ISSUE, "--yes")
    verb("send", ISSUE, "--yes")
    verb("send", ISSUE, "--yes", code=2)
    verb("status", ISSUE)
    verb("log", ISSUE, "--all")
    words |= {word for one in (ADA, CLEO) for word in words_in(simulator, one)}
    assert len(words) > 2

    # The provider reports; readers click, and mistype; posts are odd.
    story = Story(seed="1", rates=Rates(bounced=0.5, clicked=1.0, opened=1.0, complained=0.5))
    serving = start(
        "serve", "--port", "0", "--no-sending", SENDGRID_WEBHOOK_PUBLIC_KEY=simulator.public_key,
        **SECRETS,
    )  # fmt: skip
    url = re.search(r"http://\S+[0-9]", serving.stdout.readline())[0]
    assert set(simulator.emit(f"{url}/events/sendgrid", story)) <= {200, 202, 204}
    client.post("/events/sendgrid", content=f'[{{"email":"{ADA}"}}]'.encode())
    here_events = fold_events(here)
    heard.append(repr(here_events))
    for word in sorted(words):
        for path in (f"/u/{word}", f"/p/{word}", f"/u/{word}x", f"/r/{word}"):
            client.get(path)
        client.post(f"/u/{word}", data={"List-Unsubscribe": "One-Click"})
    heard.append(client.get("/health").text)

    # The database is away, the account as well, and something breaks that nobody thought of.
    with writing(here.engine):
        client.post(f"/u/{max(words)}", data={"List-Unsubscribe": "One-Click"})
    gone = {"NEWSLETTER_SENDING__SENDGRID__HOST": "http://127.0.0.1:9"}
    monkeypatch.setattr("newsletter.usecases.provider_lists.LONGEST_WAIT", 0)
    verb("suppressions", "sync", code=2, **gone)
    simulator.service.suppressions.add(Kind.BOUNCES, BOB, "nobody.zaffre@example.org")
    verb("suppressions", "sync")
    verb("suppressions", "count")
    with monkeypatch.context() as patched:
        patched.setattr(Keys, "opened", None)
        broken = client.post(f"/u/{min(words)}", data={"List-Unsubscribe": "One-Click"})
    assert broken.status_code == 500
    heard.append(broken.text)
    verb("subscribers", "show", "nobody.zaffre@example.net", code=2)
    verb("why", ISSUE, "nobody.zaffre@example.net", code=2)

    # The process that serves is asked for what is not there.
    with urllib3.PoolManager(retries=False) as pool:
        pool.request("POST", f"{url}/events/sendgrid", body=ADA.encode())
        for word in sorted(words):
            for method, path in (("GET", "u"), ("POST", "u"), ("GET", "nowhere"), ("PUT", "c")):
                pool.request(method, f"{url}/{path}/{word}?email={ADA}")
    serving.terminate()
    heard += serving.communicate(timeout=60)

    # They are erased, and leave.
    verb("subscribers", "data", ADA, "--out", tmp_path / "ada.json")
    verb("subscribers", "suppress", BOB, "--reason", "by phone", code=0)
    verb("subscribers", "erase", ADA, "--yes")
    verb("subscribers", "unsuppress", ADA, "--reason", "x", code=2)
    verb("tidy")
    verb("doctor", "--offline")

    told = "\n".join([*heard, caplog.text, *(str(vars(one)) for one in caplog.records)])
    assert len(told) > 5_000
    found = sorted(line for line in told.splitlines() if "zaffr" in line.lower())
    assert found == []
    assert [word for word in words if word in told] == []
    names = [str(path.relative_to(sample)) for path in sample.rglob("*")]
    names += [path.name for path in (tmp_path / "simulator").rglob("*")]
    assert [name for name in names if "zaffr" in name.lower()] == []
    assert [word for word in words for name in names if word in name] == []
