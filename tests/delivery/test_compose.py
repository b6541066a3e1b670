"""From frozen rows to a mailing: each reader's own link and values, escaped where they stand."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.compose import compose_mailing, compose_message, compose_recipients
from newsletter.domain.campaign import Claim, Envelope, PlannedDelivery
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.domain.token import derive_key, preferences_key, verify

ENVELOPE = Envelope(Mailbox("a@example.com"), "r@example.com", "<weekly.x>", "https://n.example")
KEY = derive_key(b"a secret of the workspace", "unsubscribe")
TOKENS = (
    Token("t1", "unsubscribe_url", Part.HTML),
    Token("t2", "reader.first_name", Part.HTML, fallback="there"),
    Token("t3", "reader.first_name", Part.TEXT, fallback="there"),
    Token("t4", "reader.first_name", Part.SUBJECT, fallback="you"),
)


def person(**fields):
    return PlannedDelivery(id=7, subscription=3, address="ada@example.com", fields=fields)


def reader(**fields):
    (one,) = compose_recipients(TOKENS, [person(**fields)], base_url="https://n.example", key=KEY)
    return one


def values(**fields):
    return reader(**fields).values


def test_the_link_is_signed_for_this_subscription_and_delivery():
    ada = reader()
    base, word = ada.unsubscribe_url.rsplit("/", 1)
    assert base == "https://n.example/u"
    assert verify(KEY, word) == (3, 7)
    assert ada.values[0] == ada.unsubscribe_url


def test_values_are_escaped_for_html_and_plain_elsewhere():
    assert values(first_name="<b>Ada & Co</b>")[1:] == (
        "&lt;b&gt;Ada &amp; Co&lt;/b&gt;",
        "<b>Ada & Co</b>",
        "<b>Ada & Co</b>",
    )


def test_an_empty_field_falls_back_part_by_part():
    for fields in ({}, {"first_name": ""}, {"first_name": None}, {"first_name": " \t"}):
        assert values(**fields)[1:] == ("there", "there", "you")


@given(st.text(st.characters(exclude_categories=[])))
def test_no_value_can_break_a_line_or_the_encoding(text):
    for value in values(first_name=text)[1:]:
        value.encode("utf-8")
        assert value.splitlines() in ([], [value])


def test_the_preferences_link_is_the_readers_own_and_opens_nothing_else():
    tokens = (
        Token("x1", "unsubscribe_url", Part.HTML),
        Token("x2", "preferences_url", Part.HTML),
        Token("x3", "preferences_url", Part.TEXT),
    )
    (one,) = compose_recipients(tokens, [person()], base_url="https://n.example", key=KEY)
    leave, choose, again = one.values
    assert choose == again
    assert choose.startswith("https://n.example/p/")
    word = choose.rpartition("/")[2]
    assert verify(preferences_key(KEY), word) == verify(KEY, leave.rpartition("/")[2])
    assert verify(KEY, word) is None


def test_the_lists_title_stands_in_the_message_for_all_its_readers():
    tokens = (
        Token("xh1", "list_title", Part.HTML, "The Loupe"),
        Token("xt1", "list_title", Part.TEXT, "The Loupe"),
        Token("xu1", "unsubscribe_url", Part.HTML),
    )
    rendition = Rendition("all", "S", "P", "<p>xh1, xu1</p>", "xt1", tokens)
    message = compose_message("7", replace(ENVELOPE, list_title="Gems & Stones"), rendition)
    assert message.html == "<p>Gems &amp; Stones, xu1</p>"
    assert message.text == "Gems & Stones"
    assert [token.field for token in message.tokens] == ["unsubscribe_url"]
    assert compose_message("7", ENVELOPE, rendition).text == "The Loupe"


def test_a_mailing_keeps_the_order_of_its_claim():
    message = compose_message("7", ENVELOPE, Rendition("all", "S", "P", "<p>", "t", TOKENS))
    assert (message.campaign, message.reply_to, message.list_id) == (
        "7",
        "r@example.com",
        "<weekly.x>",
    )
    people = tuple(PlannedDelivery(n, n, f"r{n}@example.com", {}) for n in (5, 2, 9))
    claim = Claim(batch=1, attempt="a" * 32, version="all", deliveries=people, entry=1)
    mailing = compose_mailing(message, claim, base_url="https://n.example", key=KEY)
    assert [one.delivery for one in mailing.recipients] == ["5", "2", "9"]
    assert mailing.attempt == "a" * 32
