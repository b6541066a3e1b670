from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from newsletter.domain.item import Dated
from newsletter.errors import GatherError
from newsletter.gather.files import read_file
from newsletter.gather.inbox import read_inbox
from newsletter.gather.mail import read_mail

PAGE = "The Latest\n\nGold is up.\n\nSilver is not.\n"


def mail(text=None, html=None, subject="A House Moves", sender="Ann Lee <ann@example.com>"):
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = sender
    message["Date"] = "Wed, 18 Nov 2026 09:00:00 +0100"
    if text is not None:
        message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_every_file_is_read_by_its_ending(tmp_path, samples):
    (tmp_path / "a.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "b.MD").write_text("## A note\n\nIts text.", encoding="utf-8")
    (tmp_path / "c.html").write_bytes((samples / "auction.html").read_bytes())
    (tmp_path / "d.eml").write_bytes(mail("It moves.\n"))
    (result,) = read_inbox(tmp_path, source="Desk")
    assert [item.title or item.text for item in result.items] == [
        "Gold is up.",
        "Silver is not.",
        "A note",
        "Kashmir Sapphire Leads Harrow & Vale’s Geneva Sale",
        "A House Moves",
    ]
    assert [line.text for line in result.furniture] == ["The Latest"]
    assert result.error is None


def test_a_file_that_cannot_be_read_fails_alone_and_is_named(tmp_path):
    (tmp_path / "a.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "b.docx").write_bytes(b"PK")
    (tmp_path / "c.txt").write_bytes(b"")
    (tmp_path / "d.txt").write_bytes(b"\x00\x01\x02")
    good, *failed = read_inbox(tmp_path, source="Desk")
    assert len(good.items) == 2
    assert [(result.source, result.items) for result in failed] == [("Desk", ())] * 3
    for result, name in zip(failed, ("b.docx", "c.txt", "d.txt"), strict=True):
        assert result.error.startswith(f"{tmp_path / name}: is ")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(PAGE, encoding="utf-8")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.txt").symlink_to(secret)
    (inbox / "b.txt").symlink_to(inbox / "nowhere")
    (inbox / "c.txt").symlink_to(inbox / "c.txt")
    (inbox / "d").symlink_to(tmp_path)
    good, *failed = read_inbox(inbox, source="Desk")
    assert good.items == ()
    assert len(failed) == 4
    assert all("leads out of the inbox" in result.error for result in failed)


def test_hidden_files_and_folders_are_left_alone(tmp_path):
    (tmp_path / ".a.txt.swp").write_bytes(b"\x00")
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "a.txt").write_text(PAGE, encoding="utf-8")
    (result,) = read_inbox(tmp_path, source="Desk")
    assert result.items == ()


def test_a_missing_inbox_is_an_error(tmp_path):
    with pytest.raises(GatherError, match="Desk: there is no folder"):
        read_inbox(tmp_path / "inbox", source="Desk")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_pasted_file_may_come_from_windows(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes("The Latest\r\n“Café” is up.\r\n".encode(encoding))
    assert [item.text for item in read_file(path, source="Desk").items] == ["“Café” is up."]


def test_a_mail_is_one_item_by_its_sender_whose_address_stays_out():
    (item,) = read_mail(mail("It moves,\nin May.\n\nSo it says.\n", "<p>Not this</p>"), source="D")
    assert (item.title, item.text) == ("A House Moves", "It moves, in May.\n\nSo it says.")
    assert item.author == "Ann Lee"
    assert item.published == datetime(2026, 11, 18, 8, tzinfo=UTC)
    assert "example.com" not in repr(item)


def test_the_html_part_is_read_where_there_is_no_other():
    (item,) = read_mail(mail(html="<p>It <b>moves</b>.</p><p>In May.</p>"), source="D")
    assert item.text == "It moves.\n\nIn May."


def test_a_plain_part_that_only_points_to_the_other_is_passed_over():
    body = "It moves to Lyon in May. " * 20
    page = f"<p style='display:none'>In your inbox</p><p>{body}</p>"
    (item,) = read_mail(mail("View this mail in your browser.\n", page), source="D")
    assert item.text == body.strip()
    assert (item.dated, item.language) == (Dated.STATED, "en")


@pytest.mark.parametrize(
    "content",
    [b"\x00\xff", mail(""), b"Content-Type: text/plain; charset=none\n\nx", b"From: \n\n\n"],
)
def test_a_mail_without_text_or_a_damaged_one_is_an_error(content):
    with pytest.raises(GatherError, match="the mail for D"):
        read_mail(content, source="D")
