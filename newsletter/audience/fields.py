"""What the cells of a row say of a person beside attributes: lists, tags, standing, own wishes."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from newsletter.audience.addresses import parse_address
from newsletter.audience.cells import flag, one_line, shown
from newsletter.audience.moments import moment, moment_text
from newsletter.audience.statuses import Status, not_after, past, status
from newsletter.domain.audience import TAG_NAME, Entry, Field, Frequency, ListStanding
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from newsletter.config.audience import AttributeRule
    from newsletter.domain.segment import Value

LONGEST_NAME = 200
MOST_TAGS = 100
_zones = lru_cache(available_timezones)  # it reads a folder each time
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}\Z")
_OF_LISTS = frozenset({Field.LISTS, Field.UNSUBSCRIBED, Field.SUBSCRIBED_AT})
_SEPARATORS = re.compile("[,;]")


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every row of a file: its moment, the lists there are, those that everybody is
    put on (AudienceError where one is not there), and the attributes config.yaml declares.
    """

    at: datetime
    known_lists: frozenset[str]
    list_keys: tuple[str, ...]
    attributes: Mapping[str, AttributeRule]

    def __post_init__(self) -> None:
        for key in self.list_keys:
            check_list(key, self.known_lists)


def entry_of(
    address: str, attributes: Mapping[str, Value], said: Mapping[Field, str], terms: Terms
) -> Entry:
    """The entry of a row, from its trimmed and restored cells that say something.

    AudienceError, without the address in it, where it cannot be taken.
    """
    if not said:
        return Entry(parse_address(address), attributes, _everybody(terms.list_keys))
    there = status(said, terms.at)
    paused = said.get(Field.PAUSED_UNTIL)
    return Entry(
        parse_address(address),
        attributes,
        _lists(said, there, terms),
        one_line("name", said.get(Field.NAME, ""), LONGEST_NAME),
        _language(said.get(Field.LANGUAGE)),
        _time_zone(said.get(Field.TIME_ZONE)),
        tags(said.get(Field.TAGS, "")),
        _frequency(said.get(Field.FREQUENCY)),
        None if paused is None else moment(paused),
        flag("tracking", said[Field.TRACKING]) if Field.TRACKING in said else None,
        there.suppression,
    )


@lru_cache(maxsize=4096)
def tags(text: str) -> tuple[str, ...]:
    """Tags with semicolons or commas between them, each once, in order.

    Quotation marks around one keep its commas together, which then become spaces (Mailchimp).
    """
    if '"' in text:
        cells = next(csv.reader([text], skipinitialspace=True), [])
        parts = [_SEPARATORS.sub(" ", cell) for cell in cells]
    else:
        parts = _SEPARATORS.split(text)
    found = tuple(dict.fromkeys(tag for part in parts if (tag := " ".join(part.split()))))
    strange = next((tag for tag in found if not TAG_NAME.match(tag)), None)
    if strange is not None:
        raise AudienceError(f"“{shown(strange)}” cannot be a tag; tags have 40 characters at most")
    if len(found) > MOST_TAGS:
        raise AudienceError(f"there are more than {MOST_TAGS} tags")
    return found


@lru_cache(maxsize=4096)
def lists_joined(text: str) -> tuple[ListStanding, ...]:
    """Lists with semicolons between, each perhaps with the moment since when:
    `weekly 2026-01-31T10:00:00Z;gems`.
    """
    return tuple(ListStanding(key, when[-1] if when else None) for key, when in _dated(text))


@lru_cache(maxsize=4096)
def lists_left(text: str) -> tuple[ListStanding, ...]:
    """Lists with semicolons between, each perhaps with the moment it was left, or with two, as an
    interval of ISO 8601: `weekly 2025-01-01/2026-01-31;gems 2026-01-31`.
    """
    return tuple(
        ListStanding(key, when[0] if len(when) > 1 else None, when[-1] if when else None)
        for key, when in _dated(text)
    )


def list_text(standing: ListStanding) -> str:
    """One list as `lists_joined` or `lists_left` reads it."""
    moments = [moment_text(one) for one in (standing.since, standing.until) if one is not None]
    return " ".join(filter(None, (standing.key, "/".join(moments))))


def check_list(key: str, known: frozenset[str]) -> None:
    """AudienceError unless config.yaml has this list."""
    if key not in known:
        raise AudienceError(
            f"there is no list “{shown(key)}” in config.yaml; lists there: "
            f"{', '.join(sorted(known))}"
        )


@lru_cache
def _everybody(list_keys: tuple[str, ...]) -> tuple[ListStanding, ...]:
    return tuple(map(ListStanding, dict.fromkeys(list_keys)))


def _dated(text: str) -> Iterator[tuple[str, list[datetime]]]:
    for part in text.split(";"):
        key, _, when = part.strip().partition(" ")
        if key:
            yield key, [moment(one.strip()) for one in when.split("/") if one.strip()]


def _lists(said: Mapping[Field, str], there: Status, terms: Terms) -> tuple[ListStanding, ...]:
    """All lists of a row: its own, then everybody's unless the address must not be mailed."""
    everybody = () if there.suppression else _everybody(terms.list_keys)
    if there.left is None and _OF_LISTS.isdisjoint(said):  # as in nearly every row
        return everybody
    since = past(said, Field.SUBSCRIBED_AT, terms.at)
    joined = (*lists_joined(said.get(Field.LISTS, "")), *everybody)
    if there.left and not joined:
        raise AudienceError("this person unsubscribed, but from which list? name it with --list")
    found: dict[str, ListStanding] = {}
    for one in joined:
        found.setdefault(one.key, ListStanding(one.key, one.since or since, there.left))
    for one in lists_left(said.get(Field.UNSUBSCRIBED, "")):
        found[one.key] = one._replace(since=one.since or since, until=one.until or terms.at)
    for key, began, ended in found.values():
        check_list(key, terms.known_lists)
        for moment_there in filter(None, (began, ended)):
            not_after(terms.at, moment_there)
    return tuple(found.values())


def _language(text: str | None) -> str | None:
    """A language tag (RFC 5646) with a hyphen, the language in small letters."""
    if text is None:
        return None
    if not _LANGUAGE.match(text):
        raise AudienceError("“language” should be a language tag such as en or pt-BR")
    language, _, rest = text.replace("_", "-").partition("-")
    return "-".join(filter(None, (language.lower(), rest)))


def _time_zone(text: str | None) -> str | None:
    if text is None or text in _zones():
        return text
    raise AudienceError("“time_zone” should be a time zone such as America/New_York")


def _frequency(text: str | None) -> Frequency:
    try:
        return Frequency(text or Frequency.EVERY)
    except ValueError:
        raise AudienceError(f"“frequency” should be one of {', '.join(Frequency)}") from None
