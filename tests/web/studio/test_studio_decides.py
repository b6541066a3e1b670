"""What is approved is what was shown; a test goes to whom one names; nobody else is mailed."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from newsletter.issues import folder
from newsletter.store import campaigns
from newsletter.store.engine import reading
from newsletter.usecases import deciding, due, planning, rendering, sending
from newsletter.web.studio.senders import Senders

SLUG = "2026-11-27"
FORM = "application/x-www-form-urlencoded"


def approval(studio):
    return folder.find(studio.workspace.issues, SLUG).approval()


def outbox(studio):
    return sorted((studio.workspace.state / "outbox").rglob("*.eml"))


def frozen(studio):
    with reading(studio.workspace.engine) as connection:
        return campaigns.every(connection, SLUG)


def post(studio, path, *, origin=None, **fields):
    """A form as the studio's own page posts it, unless told another origin or token."""
    token = re.search(r'"X-Studio-Token": "(\w+)"', studio.ask("/").text)[1]
    headers = {"Origin": origin or studio.address}
    data = {"token": token} | fields
    return studio.ask(f"/i/{SLUG}/{path}", method="POST", headers=headers, data=data)


@pytest.fixture
def decide(open_page):
    """The panel, open beside the renditions of the issue."""
    page = open_page()
    page.wait_for_selector("[data-listening]", state="attached")
    page.get_by_role("link", name="Decide").click()
    page.get_by_role("heading", name="Approve").wait_for()
    return page


def test_an_approval_is_of_the_bytes_that_were_shown(studio, decide):
    shown = decide.locator("#approval dd code").first.get_attribute("title")
    decide.locator("#approve-by").fill("Ada")
    decide.get_by_role("button", name=f"Approve {shown[:12]}").click()
    expect(decide.locator("#told")).to_contain_text(f"Approved by Ada: {shown[:12]}")
    expect(decide.locator("#approval")).to_contain_text("What is shown is what is approved.")
    assert (approval(studio).digest, approval(studio).by) == (shown, "Ada")


def test_another_state_than_the_one_shown_is_not_approved(studio):
    answer = post(studio, "approve", by="Ada", shown="0" * 64)
    assert answer.status_code == 422
    assert "it has changed since you were shown it" in answer.text
    assert approval(studio) is None


def test_the_form_follows_what_is_shown(studio, decide):
    before = decide.locator("#approval dd code").first.get_attribute("title")
    text = studio.file.read_text(encoding="utf-8")
    studio.write(text.replace("Good morning.", "Good evening."))
    expect(decide.locator("#approval dd code").first).not_to_have_attribute("title", before)
    decide.get_by_role("button", name="Approve").click()
    expect(decide.locator("#approval")).to_contain_text("What is shown is what is approved.")


def test_errors_stop_an_approval_and_are_listed_in_its_place(studio, open_page):
    text = studio.file.read_text(encoding="utf-8")
    studio.write(text.replace("subject: Gold holds its floor", 'subject: ""'))
    page = open_page(f"/i/{SLUG}/decide")
    expect(page.locator("#approval .errors")).to_contain_text("the subject is empty")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_an_approval_is_revoked_and_both_stay_on_record(studio, decide):
    decide.locator("#approve-by").fill("Ada")
    decide.get_by_role("button", name="Approve").click()
    decide.locator("#revoke-by").fill("Bruno")
    decide.get_by_role("button", name="Revoke").click()
    expect(decide.locator("#told")).to_contain_text("Revoked by Bruno")
    expect(decide.locator(".rulings li")).to_contain_text(["Bruno revoked", "Ada approved"])
    assert approval(studio) is None


def test_a_frozen_issue_offers_no_revoking_and_refuses_one(studio, subscribe, open_page):
    subscribe(2)
    rendering.approve(studio.workspace, SLUG, by="Ada")
    plan = planning.plan_send(studio.workspace, SLUG, list_key=None, segment=None)
    sending.freeze(studio.workspace, plan, at=None, by="Ada")
    page = open_page(f"/i/{SLUG}/decide")
    expect(page.locator("#approval")).to_contain_text("by Ada")
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    answer = post(studio, "revoke", by="Bruno")
    assert answer.status_code == 422
    assert "weekly is frozen" in answer.text
    assert approval(studio)


def test_a_test_goes_to_the_named_addresses_only(studio, subscribe, decide):
    subscribe(3)
    decide.get_by_label("Addresses").fill("me@example.com, you@example.com")
    decide.get_by_role("button", name="Send a test").click()
    expect(decide.locator("#tested")).to_contain_text("Mailed to 2 addresses.")
    mails = [path.read_text(encoding="utf-8") for path in outbox(studio)]
    to = sorted(re.search(r"^To: (.*)$", mail, re.MULTILINE)[1].strip() for mail in mails)
    assert to == ["me@example.com", "you@example.com"]
    assert not frozen(studio)


def test_a_test_that_cannot_go_says_why_and_mails_nobody(studio):
    many = ",".join(f"me{number}@example.com" for number in range(11))
    for addresses, told in (
        ("me", "there is no @ in the address"),
        ("", "1 to 10 addresses"),
        (many, "1 to 10 addresses"),
    ):
        answer = post(studio, "test", addresses=addresses)
        assert answer.status_code == 422
        assert told in answer.text
    assert outbox(studio) == []


def test_a_dry_run_counts_and_mails_nobody(studio, subscribe, decide):
    subscribe(3)
    rendering.approve(studio.workspace, SLUG, by="Ada")
    decide.get_by_role("button", name=re.compile("Revoke")).wait_for()
    decide.get_by_role("button", name="Dry run").click()
    expect(decide.locator("#plan")).to_contain_text("3 people in 1 request to outbox")
    expect(decide.locator("#plan")).to_contain_text("Excluded")
    expect(decide.get_by_label(re.compile("to send$"))).to_have_count(0)
    assert (outbox(studio), frozen(studio)) == ([], ())


def test_a_dry_run_of_a_segment_says_who_is_excluded(studio, subscribe):
    subscribe(3)
    rendering.approve(studio.workspace, SLUG, by="Ada")
    answer = studio.ask(f"/i/{SLUG}/plan?list=weekly&segment=retailers")
    assert "weekly / retailers" in answer.text
    assert "0 people in 0 requests" in answer.text


def test_a_dry_run_without_an_approval_says_what_is_missing(studio, decide):
    decide.get_by_role("button", name="Dry run").click()
    expect(decide.locator("#plan [role=alert]")).to_contain_text("is not approved")


@pytest.mark.parametrize(
    "spoilt",
    [{"token": "guessed"}, {"origin": "https://evil.example"}, {"origin": "null"}],
    ids=["token", "origin", "no origin"],
)
def test_a30_nothing_is_decided_from_elsewhere(sending_studio, subscribe, spoilt):
    subscribe(1)
    rendering.approve(sending_studio.workspace, SLUG, by="Ada")
    before = approval(sending_studio)
    fields = {
        "by": "Eve", "shown": before.digest, "word": SLUG, "addresses": "eve@example.com",
    }  # fmt: skip
    for path in ("send", "approve", "revoke", "test"):
        assert post(sending_studio, path, **fields | spoilt).status_code == 403, path
    assert approval(sending_studio) == before
    assert (outbox(sending_studio), frozen(sending_studio)) == ([], ())


def test_a30_without_allow_send_there_is_no_route_that_mails(studio, subscribe):
    subscribe(1)
    rendering.approve(studio.workspace, SLUG, by="Ada")
    shown = approval(studio).digest
    assert post(studio, "send", by="Ada", word=SLUG, shown=shown).status_code == 404
    assert (outbox(studio), frozen(studio)) == ([], ())


def test_the_send_button_takes_the_typed_word_and_goes_on_without_its_page(
    sending_studio, subscribe, browser
):
    subscribe(3)
    rendering.approve(sending_studio.workspace, SLUG, by="Ada")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{sending_studio.address}/i/{SLUG}")
    page.get_by_role("link", name="Decide").click()
    page.get_by_role("button", name="Dry run").click()
    page.get_by_label(re.compile("to send$")).fill("something else")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#plan [role=alert]")).to_contain_text("was not typed")
    assert frozen(sending_studio) == ()
    page.get_by_role("button", name="Dry run").click()
    page.get_by_label(re.compile("to send$")).fill(SLUG)
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#plan .campaign").wait_for()
    context.close()
    until(lambda: frozen(sending_studio)[0].state == "done")
    assert len(outbox(sending_studio)) == 3


def test_a36_of_two_pages_that_send_one_does(sending_studio, subscribe):
    subscribe(2)
    rendering.approve(sending_studio.workspace, SLUG, by="Ada")
    fields = {"by": "Ada", "word": SLUG, "shown": approval(sending_studio).digest}
    assert post(sending_studio, "send", **fields).status_code == 303
    second = post(sending_studio, "send", **fields)
    assert second.status_code == 409
    assert "nobody is mailed twice" in second.text
    until(lambda: frozen(sending_studio)[0].state == "done")
    assert len(frozen(sending_studio)) == 1
    assert len(outbox(sending_studio)) == 2


def test_what_a_studio_leaves_undone_is_due_for_another_process(studio_workspace, subscribe):
    subscribe(2)
    shown = rendering.approve(studio_workspace, SLUG, by="Ada").digest
    campaign = deciding.begin_send(
        studio_workspace, SLUG, list_key=None, segment=None, shown=shown, by="Ada"
    )
    senders = Senders()
    senders.stop()
    senders.send(studio_workspace, campaign)
    (sent,) = due.send_due(studio_workspace)
    assert (sent.id, sent.state) == (campaign.id, "done")


def test_everything_can_be_decided_without_javascript(studio, open_page):
    page = open_page(f"/i/{SLUG}/decide", java_script_enabled=False)
    page.locator("#approve-by").fill("Ada")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#approval")).to_contain_text("What is shown is what is approved.")
    page.get_by_label("Addresses").fill("me@example.com")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#panel")).to_contain_text("Mailed to 1 address.")


def until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
