"""What a reader chooses by the link in a mail's footer: lists, how often, and what is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.audience.answers import one_line, read_answer
from newsletter.domain.consent import Proof
from newsletter.domain.token import Purpose
from newsletter.errors import AudienceError
from newsletter.store import preferences
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.app import Workspace
    from newsletter.domain.audience import Frequency
    from newsletter.domain.segment import Value
    from newsletter.store.preferences import Preferences

SOURCE = "preferences page"

LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Choice:
    """One list a reader is offered, and whether they are on it."""

    key: str
    title: str
    description: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One attribute a reader is asked for, and what is known: `values` are the only ones."""

    key: str
    title: str
    type: str
    values: tuple[str, ...]
    value: Value | None
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a reader may choose, as it stands; `paused_until` is a day of the publication's."""

    choices: tuple[Choice, ...]
    questions: tuple[Question, ...]
    name: str
    language: str | None
    frequency: Frequency
    tracking: bool
    paused_until: date | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader sent: lists by key, `answers` as they were typed, by the attribute's name."""

    lists: frozenset[str]
    name: str
    language: str | None
    frequency: Frequency
    tracking: bool
    paused_until: date | None
    answers: Mapping[str, str]


def sheet(workspace: Workspace, word: str) -> Sheet | None:
    """What the reader of a link may choose; None where the link is not one of ours."""
    subscription = _subscription(workspace, word)
    if subscription is None:
        return None
    with reading(workspace.engine) as connection:
        found = preferences.find(connection, subscription)
    return None if found is None else _sheet(workspace, found[1])


def choose(
    workspace: Workspace, word: str, wanted: Wanted, *, network: str | None = None
) -> tuple[Sheet, frozenset[str]] | None:
    """Let a reader choose; None where the link is not one of ours.

    Returns what they chose, and the names of attributes whose answers cannot be: where there are
    any, nothing has changed. Lists that were not offered stay as they are.
    """
    subscription = _subscription(workspace, word)
    if subscription is None:
        return None
    now = workspace.clock.now()
    proof = Proof(SOURCE, network=network)
    with writing(workspace.engine) as connection:
        found = preferences.find(connection, subscription, changing=True)
        if found is None:
            return None
        person, before = found
        attributes, wrong = _answered(workspace, before.attributes, wanted.answers)
        offered = frozenset(_offered(workspace, before.lists))
        after = replace(
            before,
            name=one_line(wanted.name),
            language=wanted.language or before.language,
            frequency=wanted.frequency,
            tracking=wanted.tracking,
            paused_until=_midnight(workspace, wanted.paused_until, now),
            attributes=attributes,
            lists=(before.lists - offered) | (wanted.lists & offered),
        )
        if not wrong:
            preferences.change(connection, person, before, after, at=now, proof=proof)
    return _sheet(workspace, after), wrong


def _answered(
    workspace: Workspace, known: Mapping[str, Value], answers: Mapping[str, str]
) -> tuple[dict[str, Value], frozenset[str]]:
    """The attributes with these answers, and the names of those that cannot be."""
    attributes, wrong = dict(known), set()
    for name, rule in workspace.settings.attributes.items():
        if not rule.public or (name not in answers and rule.type != "flag"):
            continue
        try:
            value = read_answer(rule, answers.get(name, ""))
        except AudienceError:
            wrong.add(name)
            continue
        if value is None or (value is False and name not in known):
            attributes.pop(name, None)
        else:
            attributes[name] = value
    return attributes, frozenset(wrong)


def _sheet(workspace: Workspace, held: Preferences) -> Sheet:
    settings = workspace.settings
    zone, paused = settings.publication.zone, held.paused_until
    waiting = paused is not None and paused > workspace.clock.now()
    return Sheet(
        choices=tuple(
            Choice(
                key, settings.lists[key].title, settings.lists[key].description, key in held.lists
            )
            for key in _offered(workspace, held.lists)
        ),
        questions=questions(workspace, held.attributes),
        name=held.name,
        language=held.language,
        frequency=held.frequency,
        tracking=held.tracking,
        paused_until=paused.astimezone(zone).date() if paused and waiting else None,
    )


def questions(workspace: Workspace, known: Mapping[str, Value]) -> tuple[Question, ...]:
    """The public attributes, in the order of config.yaml."""
    return tuple(
        Question(name, rule.title or name, rule.type, rule.values, known.get(name))
        for name, rule in workspace.settings.attributes.items()
        if rule.public
    )


def _offered(workspace: Workspace, current: frozenset[str]) -> tuple[str, ...]:
    """The public lists, and those others the reader is on, for everybody may leave."""
    return tuple(
        key for key, rule in workspace.settings.lists.items() if rule.public or key in current
    )


def _midnight(workspace: Workspace, day: date | None, now: datetime) -> datetime | None:
    """The beginning of a day that is yet to come, a year from now at most."""
    if day is None:
        return None
    zone = workspace.settings.publication.zone
    last = (now + LONGEST_PAUSE).astimezone(zone).date()
    moment = datetime.combine(min(day, last), time(), tzinfo=zone)
    return moment if moment > now else None


def _subscription(workspace: Workspace, word: str) -> int | None:
    numbers = workspace.keys.opened(Purpose.PREFERENCES, word)
    return None if numbers is None else numbers[0]
