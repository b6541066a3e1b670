"""One received mail: is it signed so that its unsubscribe headers count (RFC 8058)."""

from __future__ import annotations

import pytest

from newsletter.domain.finding import Level
from newsletter.errors import NewsletterError
from newsletter.usecases.mailcheck import check_mail

SIGNED = "from:to:subject:list-unsubscribe:list-unsubscribe-post"
GOOD = {
    "DKIM-Signature": f"v=1; a=rsa-sha256; d=example.com; s=s1;\r\n h={SIGNED};\r\n bh=x; b=y",
    "From": "The Loupe <editor@news.example.com>",
    "List-Unsubscribe": "<https://news.example.com/u/word>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


@pytest.fixture
def look(tmp_path):
    """The errors found in a mail with these headers; None takes one away."""

    def errors(extra="", **changes):
        changes = {name.replace("_", "-"): value for name, value in changes.items()}
        headers = GOOD | changes
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        file = tmp_path / "mail.eml"
        file.write_bytes(("\r\n".join(lines) + f"\r\n{extra}\r\nGold.\r\n").encode())
        return [one.what for one in check_mail(file) if one.level is Level.ERROR]

    return errors


def test_good_mail_has_nothing_wrong(look):
    assert look() == []


@pytest.mark.parametrize("missing", ["list-unsubscribe", "list-unsubscribe-post"])
def test_header_outside_the_signature_is_found(look, missing):
    names = ":".join(name for name in SIGNED.split(":") if name != missing)
    assert look(DKIM_Signature=f"v=1; d=example.com; h={names}; b=y") == [
        "DKIM signature of example.com"
    ]


def test_folded_and_spaced_list_is_read(look):
    value = "v=1; d=Example.com; h=From :\r\n List-Unsubscribe :\r\n\tList-Unsubscribe-Post; b=y"
    assert look(DKIM_Signature=value) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"DKIM_Signature": None}, "DKIM signature"),
        ({"DKIM_Signature": f"v=1; d=sendgrid.example.net; h={SIGNED}; b=y"}, "DKIM signature"),
        ({"DKIM_Signature": "nonsense"}, "DKIM signature"),
        ({"List_Unsubscribe": None}, "List-Unsubscribe"),
        ({"List_Unsubscribe": "<mailto:leave@example.com>"}, "List-Unsubscribe"),
        ({"List_Unsubscribe": "<http://news.example.com/u/word>"}, "List-Unsubscribe"),
        ({"List_Unsubscribe_Post": None}, "List-Unsubscribe-Post"),
        ({"List_Unsubscribe_Post": "List-Unsubscribe=Two-Clicks"}, "List-Unsubscribe-Post"),
    ],
)
def test_what_is_wrong_is_named(look, changes, found):
    assert look(**changes) == [found]


def test_second_unsubscribe_header_is_found(look):
    second = "List-Unsubscribe: <https://tracking.example.net/u>\r\n"
    assert look(extra=second) == ["List-Unsubscribe"]


def test_file_that_is_none_or_no_mail_is_told(tmp_path):
    with pytest.raises(NewsletterError, match="cannot be read"):
        check_mail(tmp_path / "none.eml")
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(NewsletterError, match="is no mail"):
        check_mail(tmp_path / "note.txt")
