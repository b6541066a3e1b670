"""The rules for the people of one request: who they are and what is theirs alone (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletter.providers.simulator.problems import (
    Problem,
    address_problems,
    custom_args_problems,
    header_problems,
    send_at_problems,
    text_size,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_REQUEST = 1000
LARGEST_SUBSTITUTIONS = 10_000  # bytes

_KNOWN = frozenset(
    {
        "to",
        "cc",
        "bcc",
        "from",
        "subject",
        "headers",
        "substitutions",
        "dynamic_template_data",
        "custom_args",
        "send_at",
    }
)


_GROUPS = ("to", "cc", "bcc")


def personalization_problems(body: dict[str, Any], now: float) -> Iterator[Problem]:
    """Everything wrong with `personalizations`, in their order."""
    people = body.get("personalizations")
    if not isinstance(people, list) or not people:
        yield Problem(
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        )
        return
    if len(people) > LARGEST_REQUEST:
        yield Problem(
            "There are too many personalizations. There can be a maximum of 1000.",
            "personalizations",
        )
        return
    yield from _recipient_problems(people)
    for place, person in enumerate(people):
        if isinstance(person, dict):
            yield from _own_problems(body, person, f"personalizations.{place}", now)


def _recipient_problems(people: list[Any]) -> Iterator[Problem]:
    """Addresses: valid, once in the whole request whatever their case, 1,000 at most."""
    seen: set[str] = set()
    total = 0
    for place, person in enumerate(people):
        field = f"personalizations.{place}"
        if not isinstance(person, dict):
            yield Problem("Invalid type. Expected an object.", field)
            continue
        if not isinstance(person.get("to"), list) or not person["to"]:
            yield Problem("The to array is required and must have an address.", f"{field}.to")
        for group in _GROUPS:
            if group not in person:
                continue
            members = person[group]
            total += len(members) if isinstance(members, list) else 0
            yield from _group_problems(members, f"{field}.{group}", seen)
    if total > LARGEST_REQUEST:
        yield Problem("The total number of recipients must not exceed 1000.", "personalizations")


def _group_problems(members: Any, field: str, seen: set[str]) -> Iterator[Problem]:
    if not isinstance(members, list):
        yield Problem("Invalid type. Expected an array.", field)
        return
    for place, member in enumerate(members):
        yield from address_problems(member, f"{field}.{place}")
        email = member.get("email") if isinstance(member, dict) else None
        if not isinstance(email, str):
            continue
        if (canonical := email.lower()) in seen:
            yield Problem(
                "Each email address in the personalization block should be unique between to, "
                "cc, and bcc.",
                field,
            )
        seen.add(canonical)


def _own_problems(
    body: dict[str, Any], person: dict[str, Any], field: str, now: float
) -> Iterator[Problem]:
    for name in person.keys() - _KNOWN:
        yield Problem(f"Additional property {name} is not allowed", field)
    if "from" in person:
        yield from address_problems(person["from"], f"{field}.from")
    if "headers" in person:
        yield from header_problems(person["headers"], f"{field}.headers")
    if "substitutions" in person:
        yield from _substitution_problems(body, person["substitutions"], f"{field}.substitutions")
    if "custom_args" in person:
        yield from custom_args_problems(
            body.get("custom_args", {}), person["custom_args"], f"{field}.custom_args"
        )
    if "send_at" in person:
        yield from send_at_problems(person["send_at"], f"{field}.send_at", now)
    if "subject" in person and not _is_text(person["subject"]):
        yield Problem("The subject must be a string of one character or more.", f"{field}.subject")


def _substitution_problems(body: dict[str, Any], tags: Any, field: str) -> Iterator[Problem]:
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        yield Problem("Substitutions must be an object of strings.", field)
    elif text_size(tags) > LARGEST_SUBSTITUTIONS:
        yield Problem("The substitutions may not exceed 10000 bytes.", field)
    if str(body.get("template_id", "")).startswith("d-"):
        yield Problem("Substitutions may not be used with dynamic templating", field)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
