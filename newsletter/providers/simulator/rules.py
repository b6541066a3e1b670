"""The rules of v3 mail/send for a whole request, the published specification's gaps included.

Pure: a decoded body and the present moment in, the problems out. Sources: SendGrid's pages on
mail/send errors, limitations and the API reference; people's rules are in `personalizations`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletter.providers.simulator.personalizations import personalization_problems
from newsletter.providers.simulator.problems import (
    Problem,
    address_problems,
    custom_args_problems,
    header_problems,
    send_at_problems,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LARGEST_BODY = 30_000_000  # bytes

_KNOWN = frozenset(
    {
        "personalizations",
        "from",
        "reply_to",
        "reply_to_list",
        "subject",
        "content",
        "attachments",
        "template_id",
        "headers",
        "categories",
        "custom_args",
        "send_at",
        "batch_id",
        "asm",
        "ip_pool_name",
        "mail_settings",
        "tracking_settings",
    }
)
_BYPASSES = (
    "bypass_list_management",
    "bypass_spam_management",
    "bypass_bounce_management",
    "bypass_unsubscribe_management",
)


def problems(body: Any, now: float) -> tuple[Problem, ...]:
    """Everything wrong with a request; `now` is a Unix time."""
    if not isinstance(body, dict):
        return (Problem("Bad Request"),)
    unknown = (
        Problem(f"Additional property {name} is not allowed") for name in body.keys() - _KNOWN
    )
    return (*unknown, *personalization_problems(body, now), *_message_problems(body, now))


def is_sandboxed(body: dict[str, Any]) -> bool:
    """Whether the request asks to be checked only: answered with 200, nothing is accepted."""
    settings = body.get("mail_settings")
    sandbox = settings.get("sandbox_mode") if isinstance(settings, dict) else None
    return isinstance(sandbox, dict) and sandbox.get("enable") is True


def _message_problems(body: dict[str, Any], now: float) -> Iterator[Problem]:
    yield from address_problems(body.get("from"), "from")
    yield from _subject_problems(body)
    yield from _content_problems(body)
    yield from _reply_problems(body)
    optional: dict[str, Callable[[Any], Iterable[Problem]]] = {
        "headers": lambda value: header_problems(value, "headers"),
        "custom_args": lambda value: custom_args_problems(value, {}, "custom_args"),
        "send_at": lambda value: send_at_problems(value, "send_at", now),
        "categories": _category_problems,
        "asm": _asm_problems,
        "ip_pool_name": _pool_problems,
        "batch_id": _batch_problems,
        "mail_settings": _mail_settings_problems,
        "tracking_settings": _tracking_problems,
        "attachments": _attachment_problems,
    }
    for name, check in optional.items():
        if name in body:
            yield from check(body[name])


def _subject_problems(body: dict[str, Any]) -> Iterator[Problem]:
    people = body.get("personalizations")
    people = people if isinstance(people, list) else []
    everyone_has_one = bool(people) and all(
        isinstance(person, dict) and person.get("subject") for person in people
    )
    subject = body.get("subject")
    if "template_id" in body or everyone_has_one:
        return
    if not isinstance(subject, str) or not subject:
        yield Problem(
            "The subject is required. You can get around this requirement if you use a template "
            "with a subject defined or if every personalization has a subject defined.",
            "subject",
        )


def _content_problems(body: dict[str, Any]) -> Iterator[Problem]:
    content = body.get("content")
    if content is None and "template_id" in body:
        return
    if not isinstance(content, list) or not content:
        yield Problem(
            "Unless a valid template_id is provided, the content parameter is required.", "content"
        )
        return
    order = []
    for place, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        value = part.get("value") if isinstance(part, dict) else None
        if not isinstance(kind, str) or not kind or any(mark in kind for mark in ";\r\n"):
            yield Problem("The content type must be a string.", f"content.{place}.type")
        if not isinstance(value, str) or not value:
            yield Problem(
                "The content value must be a string at least one character in length.",
                f"content.{place}.value",
            )
        order.append({"text/plain": 0, "text/html": 1}.get(str(kind), 2))
    if order != sorted(order):
        yield Problem(
            "If present, text/plain must be first, followed by text/html, then others.", "content"
        )


def _reply_problems(body: dict[str, Any]) -> Iterator[Problem]:
    if "reply_to" in body:
        yield from address_problems(body["reply_to"], "reply_to")
    if "reply_to_list" not in body:
        return
    replies = body["reply_to_list"]
    if "reply_to" in body:
        yield Problem("Use reply_to or reply_to_list, not both.", "reply_to_list")
    if not isinstance(replies, list) or len(replies) > 1000:
        yield Problem("The reply_to_list must be an array of at most 1000.", "reply_to_list")
        return
    for place, reply in enumerate(replies):
        yield from address_problems(reply, f"reply_to_list.{place}")


def _category_problems(categories: Any) -> Iterator[Problem]:
    if not isinstance(categories, list) or not all(isinstance(one, str) for one in categories):
        yield Problem("The categories must be an array of strings.", "categories")
        return
    if len(categories) > 10:
        yield Problem("There may be no more than 10 categories.", "categories")
    if len(set(categories)) != len(categories):
        yield Problem("The categories must be unique.", "categories")
    if not all(one.isascii() and len(one) <= 255 for one in categories):
        yield Problem("A category is at most 255 characters of 7-bit ASCII.", "categories")


def _asm_problems(asm: Any) -> Iterator[Problem]:
    if not isinstance(asm, dict) or not _is_whole(asm.get("group_id")):
        yield Problem("The asm group_id is required and must be an integer.", "asm.group_id")
        return
    groups = asm.get("groups_to_display", [])
    if not isinstance(groups, list) or len(groups) > 25 or not all(map(_is_whole, groups)):
        yield Problem("At most 25 integers.", "asm.groups_to_display")


def _pool_problems(name: Any) -> Iterator[Problem]:
    if not isinstance(name, str) or not 2 <= len(name) <= 64:
        yield Problem("The ip_pool_name is 2 to 64 characters.", "ip_pool_name")


def _batch_problems(batch: Any) -> Iterator[Problem]:
    if not isinstance(batch, str) or not batch:
        yield Problem("The batch_id must be a string.", "batch_id")


def _mail_settings_problems(settings: Any) -> Iterator[Problem]:
    yield from _switch_problems(settings, "mail_settings")
    if not isinstance(settings, dict):
        return
    on = [name for name in _BYPASSES if _is_on(settings.get(name))]
    if _BYPASSES[0] in on and len(on) > 1:
        yield Problem(
            "bypass_list_management cannot be combined with other bypass filters.", "mail_settings"
        )


def _tracking_problems(settings: Any) -> Iterator[Problem]:
    yield from _switch_problems(settings, "tracking_settings")


def _switch_problems(settings: Any, field: str) -> Iterator[Problem]:
    if not isinstance(settings, dict):
        yield Problem("Invalid type. Expected an object.", field)
        return
    for name, setting in settings.items():
        switch = setting.get("enable", False) if isinstance(setting, dict) else None
        if not isinstance(switch, bool):
            yield Problem("The enable parameter must be a boolean.", f"{field}.{name}.enable")


def _attachment_problems(attachments: Any) -> Iterator[Problem]:
    if not isinstance(attachments, list):
        yield Problem("Invalid type. Expected an array.", "attachments")
        return
    for place, one in enumerate(attachments):
        for name in ("content", "filename"):
            value = one.get(name) if isinstance(one, dict) else None
            if not isinstance(value, str) or not value:
                yield Problem(f"The {name} is required.", f"attachments.{place}.{name}")


def _is_on(setting: Any) -> bool:
    return isinstance(setting, dict) and setting.get("enable") is True


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
