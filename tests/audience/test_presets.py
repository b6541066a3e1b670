"""Exports of other programs, in the columns they have: people stand here as they did there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.audience.presets import PRESETS
from newsletter.audience.rows import Failed
from newsletter.domain.audience import ListStanding, Suppression
from newsletter.errors import AudienceError

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
MAILCHIMP = (
    'Email Address,"First Name","Last Name",Address,Shop,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,'
    "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,{}LAST_CHANGED,"
    "LEID,EUID,NOTES,TAGS\n"
)
UNSUB = "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,"
CLEAN = "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,"
ADA = (
    "ada@example.com,Ada,Abadi,1 Main St,Loupe & Co,4,,,2024-02-01 10:00:00,192.0.2.1,47.5,7.6,1,2,"
    'Europe/Zurich,CH,BS,{}2025-01-01 00:00:00,123,ab12,,"""VIP"",""Basel, 2026"""\n'
)
FEBRUARY = datetime(2024, 2, 1, 10, tzinfo=UTC)


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


def test_subscribed_people_of_mailchimp_keep_name_tags_zone_and_date(taken):
    plan, (ada,) = taken(MAILCHIMP.format("") + ADA.format(""), "weekly")
    assert plan.preset.title == "Mailchimp"
    assert ada.lists == (ListStanding("weekly", FEBRUARY),)
    assert ada.name == "Ada Abadi"
    assert ada.tags == ("VIP", "Basel 2026")
    assert ada.time_zone == "Europe/Zurich"
    assert ada.attributes == {
        "first_name": "Ada", "last_name": "Abadi", "address": "1 Main St", "shop": "Loupe & Co",
        "country": "CH", "region": "BS",
    }  # fmt: skip


def test_who_unsubscribed_at_mailchimp_has_left(taken):
    row = ADA.format('2025-06-01 08:30:00,"Gold, weekly",77,NORMAL,,')
    _, (ada,) = taken(MAILCHIMP.format(UNSUB) + row, "weekly")
    assert ada.lists == (ListStanding("weekly", FEBRUARY, at(2025, 6, 1, 8, 30)),)


@pytest.mark.parametrize("name", ["unsubscribed_email_audience_export_a1.csv", "nonsubscribed.csv"])
def test_the_name_of_a_file_of_mailchimp_tells_where_no_date_does(taken, name):
    row = ADA.format(",,,,,")
    _, (ada,) = taken(MAILCHIMP.format(UNSUB) + row, "weekly", name=name)
    assert ada.lists == (ListStanding("weekly", FEBRUARY, NOW),)


def test_who_was_cleaned_by_mailchimp_is_suppressed(taken):
    row = ADA.format("2025-06-01 08:30:00,Gold,77,")
    _, (ada,) = taken(MAILCHIMP.format(CLEAN) + row, "weekly")
    assert ada.suppression == Suppression("bounced", at(2025, 6, 1, 8, 30))
    assert ada.lists == ()
    _, (ada,) = taken(MAILCHIMP.format(CLEAN) + ADA.format(",,,"), name="cleaned_members.csv")
    assert ada.suppression == Suppression("bounced", NOW)


LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at\n"
GO = "2023-05-05 10:30:00.123456 +0200 CEST"


@pytest.mark.parametrize(
    ("status", "lists", "suppression"),
    [
        ("enabled", (ListStanding("weekly", at(2023, 5, 5, 8, 30, 0, 123456)),), None),
        ("disabled", (ListStanding("weekly", at(2023, 5, 5, 8, 30, 0, 123456), NOW),), None),
        ("blocklisted", (), Suppression("blocklisted", NOW)),
    ],
)
def test_people_of_listmonk_keep_status_date_and_attributes(taken, status, lists, suppression):
    attributes = '"{""city"": ""Lyon"", ""doors"": 3, ""shop"": {""size"": 2}, ""x"": null}"'
    row = f"0f8c,ada@example.com,Ada Abadi,{attributes},{status},{GO},{GO}\n"
    plan, (ada,) = taken(LISTMONK + row, "weekly")
    assert plan.preset.key == "listmonk"
    assert (ada.lists, ada.suppression) == (lists, suppression)
    assert ada.name == "Ada Abadi"
    assert ada.attributes == {"city": "Lyon", "doors": 3, "shop": '{"size":2}'}


GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,"
    "deleted_at,labels,tiers\n"
)


@pytest.mark.parametrize(("subscribed", "until"), [("true", None), ("false", NOW)])
def test_members_of_ghost_keep_whether_they_want_mail(taken, subscribed, until):
    joined = '2024-01-15T10:00:00.000Z,,"press,vip",'
    row = f"6,ada@example.com,Ada,Met in Basel,{subscribed},,,{joined}\n"
    plan, (ada,) = taken(GHOST + row, "weekly")
    assert plan.preset.title == "Ghost"
    assert ada.lists == (ListStanding("weekly", at(2024, 1, 15, 10), until),)
    assert ada.tags == ("press", "vip")
    assert ada.attributes == {"note": "Met in Basel"}


SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"


@pytest.mark.parametrize(("disabled", "until"), [("false", None), ("true", NOW)])
def test_readers_of_substack_keep_whether_they_want_mail(taken, disabled, until):
    row = f"ada@example.com,true,2027-07-01T00:00:00.000Z,yearly,{disabled},2026-06-01T00:00:00Z,\n"
    plan, (ada,) = taken(SUBSTACK + row, "weekly")
    assert plan.preset.title == "Substack"
    assert ada.lists == (ListStanding("weekly", at(2026, 6, 1), until),)
    assert ada.attributes == {"plan": "yearly", "paid": "true"}


@pytest.mark.parametrize(
    ("status", "until", "reason"),
    [
        ("active", None, None),
        ("Confirmed", None, None),
        ("cold", None, None),
        ("cancelled", NOW, None),
        ("inactive", NOW, None),
        ("bounced", None, "bounced"),
        ("complained", None, "complained"),
    ],
)
def test_people_of_kit_stand_as_they_did(taken, status, until, reason):
    row = f'Ada,ada@example.com,2022-09-10T11:12:13Z,{status},"vip, press"\n'
    plan, (ada,) = taken("first_name,email,created_at,status,Tags\n" + row, "weekly")
    assert plan.preset.title == "Kit"
    assert ada.tags == ("vip", "press")
    if reason:
        assert (ada.suppression.reason, ada.lists) == (reason, ())
    else:
        assert ada.lists == (ListStanding("weekly", at(2022, 9, 10, 11, 12, 13), until),)


def test_contacts_of_sendgrid_keep_name_and_date(taken):
    head = (
        "EMAIL,FIRST_NAME,LAST_NAME,ADDRESS_LINE_1,ADDRESS_LINE_2,CITY,STATE_PROVINCE_REGION,"
        "POSTAL_CODE,COUNTRY,ALTERNATE_EMAILS,PHONE_NUMBER,WHATSAPP,LINE,FACEBOOK,UNIQUE_NAME,"
        "CREATED_AT,UPDATED_AT,CONTACT_ID,role\n"
    )
    dates = "2024-01-15T10:00:00Z,2024-01-16T10:00:00Z"
    row = f"ada@example.com,Ada,,,,Lyon,,,FR,,,,,,,{dates},9f,press\n"
    plan, (ada,) = taken(head + row, "weekly")
    assert plan.preset.title == "SendGrid contacts"
    assert (ada.name, ada.lists) == ("Ada", (ListStanding("weekly", at(2024, 1, 15, 10)),))
    assert ada.attributes == {
        "first_name": "Ada", "city": "Lyon", "country": "FR", "role": "press",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "head", "row", "reason"),
    [
        (
            "suppression_bounces.csv",
            "status,reason,email,created",
            '5.1.1,"550 5.1.1 no such user, sorry",ada@example.com,1717230600',
            "bounced",
        ),
        (
            "suppression_spam_reports (1).csv",
            "ip,email,created",
            "192.0.2.1,ada@example.com,1717230600",
            "complained",
        ),
        (
            "suppression_invalid_emails.csv",
            "reason,email,created",
            "Mail domain mentioned in email address is unknown,ada@example.com,1717230600",
            "invalid",
        ),
        (
            "suppression_unsubscribes.csv",
            "email,created",
            "ada@example.com,1717230600",
            "unsubscribed",
        ),
    ],
)
def test_suppressions_of_sendgrid_are_told_apart_by_the_name_of_the_file(
    taken, name, head, row, reason
):
    plan, (ada,) = taken(f"{head}\n{row}\n", "weekly", name=name)
    assert plan.preset.title == "SendGrid suppressions"
    assert ada.suppression == Suppression(reason, at(2024, 6, 1, 8, 30))
    assert (ada.lists, ada.attributes) == ((), {})


def test_blocks_of_sendgrid_pass_and_suppress_nobody(taken):
    content = "status,reason,email,created\n5.7.1,blocked,ada@example.com,1717230600\n"
    _, (row,) = taken(content, "weekly", name="suppression_blocks.csv")
    assert isinstance(row, Failed)
    assert "“5.7.1” is no status that is known" in row.bad.reason
    with pytest.raises(AudienceError, match=r"suppression_bounces\.csv, .* do"):
        taken(content, name="suppression_blocks.csv", preset="sendgrid-suppressions")


def test_somebody_who_left_must_have_left_a_list(taken):
    row = "6,ada@example.com,Ada,,false,,,2024-01-15T10:00:00.000Z,,,\n"
    _, (failed,) = taken(GHOST + row)
    assert failed.bad.reason == (
        "this person unsubscribed, but from which list? name it with --list"
    )


def test_every_program_is_asked_for_by_its_name(taken):
    assert {preset.key for preset in PRESETS} >= {
        "mailchimp", "listmonk", "ghost", "substack", "kit", "sendgrid",
    }  # fmt: skip
    plan, (ada,) = taken(
        "email_address,state,created_at\nada@example.com,cancelled,2024-01-15\n",
        "weekly",
        preset="kit",
    )
    assert plan.preset.title == "Kit"
    assert ada.lists == (ListStanding("weekly", at(2024, 1, 15), NOW),)
