"""What becomes of columns: guessed by their headers, changed by --map."""

from __future__ import annotations

import pytest

from newsletter.audience.mapping import plain, plan_columns, read_renamed
from newsletter.errors import AudienceError


def _targets(*headers, maps=(), **options):
    plan = plan_columns(headers, "people.csv", renamed=read_renamed(maps), **options)
    return [column.target for column in plan.columns]


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("E-Mail", "email"),
        (" EMAIL ", "email"),
        ("E-mail Address", "email"),
        ("Full Name", "name"),
        ("Tags", "tags"),
        ("Labels", "tags"),
        ("Lists", "lists"),
        ("Time zone", "time_zone"),
        ("Status", "status"),
        ("Subscribed at", "subscribed_at"),
        ("failed_because", ""),
        ("Shop-Size", "shop_size"),
        ("Größe", "grosse"),
        ("What do you sell?", "what_do_you_sell"),
        ("ZIP (code)", "zip_code"),
    ],
)
def test_headers_are_guessed(header, target):
    others = () if target == "email" else ("email",)
    assert _targets(*others, header)[-1] == target


def test_a_column_called_address_is_of_mail_only_where_no_other_is():
    assert _targets("name", "address") == ["name", "email"]
    assert _targets("email", "address") == ["email", "address"]


def test_a_column_without_a_name_is_left_out():
    assert _targets("", "email", "city", " ") == ["", "email", "city", ""]
    assert _targets("", "email", "failed_line") == ["", "email", ""]


def test_an_attribute_called_nearly_like_a_field_stays_one_beside_it():
    assert _targets("email", "name", "full_name", "mail") == ["email", "name", "full_name", "mail"]
    assert _targets("email", "full_name") == ["email", "name"]


def test_of_two_columns_of_one_name_none_can_be_left_out_by_its_name():
    with pytest.raises(AudienceError, match=r"would both become “city”; rename one$"):
        _targets("email", "City", "City ")


def test_columns_become_what_the_operator_says():
    maps = ("Visitor=email", "city=-", "e-mail=second_mail", "A=B=stand", "Status=trade_status")
    assert _targets("Visitor", "City", "E-Mail", "A=B", "Status", maps=maps) == [
        "email", "", "second_mail", "stand", "trade_status",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (("city",), "“city” should be HEADER=NAME"),
        (("=email",), "should be HEADER=NAME"),
        (("city=",), "should be HEADER=NAME"),
        (("city=__class__",), "“__class__” cannot be an attribute"),
        (("town=email",), "there is no column “town” to map; there are: email, city"),
        (("city=email",), "“email” and “city” would both become “email”"),
        (("email=-",), "no column of addresses"),
    ],
)
def test_a_map_that_cannot_be_is_refused(maps, message):
    with pytest.raises(AudienceError, match=message):
        _targets("email", "city", maps=maps)


@pytest.mark.parametrize("name", ["E_Mail", "é-mail", "--E  mail--"])
def test_headers_are_compared_in_plain_letters(name):
    assert plain(name) == "e_mail"
