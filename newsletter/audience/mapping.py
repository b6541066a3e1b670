"""What becomes of each column of a file: a field, an attribute, or nothing; guessed, and told."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.audience.cells import attribute_name, shown
from newsletter.audience.presets import IGNORED, PRESETS, Preset
from newsletter.domain.audience import Field
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 100
IGNORE = "-"
"""What people write for IGNORED."""
FAILURE_COLUMNS = ("failed_line", "failed_because")
_ALIKE: dict[str, str] = {
    **dict.fromkeys(("e_mail", "email_address", "e_mail_address", "mail"), Field.EMAIL),
    "full_name": Field.NAME,
    "list": Field.LISTS,
    "tag": Field.TAGS,
    "labels": Field.TAGS,
    "timezone": Field.TIME_ZONE,
    "locale": Field.LANGUAGE,
    **dict.fromkeys(FAILURE_COLUMNS, IGNORED),
}
_FIELDS = frozenset(Field)
_SEVERAL = (Field.SUBSCRIBED_AT,)


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it becomes: a field's or attribute's name, or IGNORED."""

    header: str
    target: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read: its columns, and the program it comes from where that is known.

    `status` is the word for how everybody in it stands. A file of JSON Lines has no columns; its
    `renamed` keys become something else than their names say.
    """

    columns: tuple[Column, ...]
    renamed: tuple[tuple[str, str], ...] = ()
    preset: Preset | None = None
    status: str = ""

    def target(self, key: str) -> str:
        """What a key of a JSON object becomes; AudienceError where it can become nothing."""
        renamed = dict(self.renamed)
        if key in renamed:
            return renamed[key]
        return IGNORED if key in FAILURE_COLUMNS else _field_or_attribute(key)


def read_renamed(pairs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """`HEADER=NAME` as people write it, with `-` for a column that is to be ignored."""
    renamed = []
    for pair in pairs:
        header, sign, name = (part.strip() for part in pair.rpartition("="))
        if not sign or not header or not name:
            raise AudienceError(f"“{shown(pair)}” should be HEADER=NAME; HEADER=- leaves it out")
        target = IGNORED if name == IGNORE else name
        renamed.append((header, target and _field_or_attribute(target)))
    return tuple(renamed)


def plan_columns(
    headers: Sequence[str],
    file_name: str,
    *,
    preset: str | None = None,
    renamed: tuple[tuple[str, str], ...] = (),
) -> Plan:
    """What becomes of a file's columns: what was asked for, what its program means, what they say.

    AudienceError where no column, or more than one, is for addresses, for names that are not
    allowed or stand twice, and where a file does not tell what must be known of its people.
    """
    if len(headers) > MOST:
        raise AudienceError(f"the header names more than {MOST} columns")
    program = _program([plain(header) for header in headers], file_name, preset)
    asked = _asked(headers, renamed)
    columns = tuple(
        Column(header, asked[place] if place in asked else _guess(header, program, headers))
        for place, header in enumerate(headers)
    )
    columns = _with_address(columns)
    _check(columns)
    return Plan(columns, renamed, program, program.status(file_name) if program else "")


def plain(header: str) -> str:
    """A header in small plain letters, digits and _, as far as it goes: `E-Mail` is `e_mail`."""
    folded = unicodedata.normalize("NFKD", header.strip().casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return re.sub(r"\W+", "_", re.sub(r"\A\W+|\W+\Z", "", letters))


def _program(names: Sequence[str], file_name: str, asked: str | None) -> Preset | None:
    if asked is None:
        return next((preset for preset in PRESETS if preset.fits(names, file_name)), None)
    preset = next(preset for preset in PRESETS if preset.key == asked)
    if preset.only_by_name and not preset.status(file_name):
        known = ", ".join(f"{start}.csv" for start, word in preset.by_name.items() if word)
        raise AudienceError(
            f"the name of this file does not tell why its addresses are suppressed; {known} do"
        )
    return preset


def _asked(headers: Sequence[str], renamed: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Place → what it shall become, by headers as they stand or without regard to capitals."""
    places: dict[int, str] = {}
    for wanted, target in renamed:
        found = [place for place, one in enumerate(headers) if one.strip() == wanted] or [
            place for place, one in enumerate(headers) if plain(one) == plain(wanted)
        ]
        if not found:
            known = ", ".join(shown(header) for header in headers)
            raise AudienceError(f"there is no column “{shown(wanted)}” to map; there are: {known}")
        places.update(dict.fromkeys(found, target))
    return places


def _guess(header: str, preset: Preset | None, headers: Sequence[str]) -> str:
    """A column without a name is ignored: spreadsheets write empty ones, and number the rows so."""
    name = plain(header)
    if preset is not None and name in preset.targets:
        return preset.targets[name]
    alike = _ALIKE.get(name)
    if alike is not None and not (header == name and alike and alike in headers):
        return alike
    return _field_or_attribute(name or header) if header.strip() else IGNORED


def field_alike(attribute: str) -> str:
    """The field a column of this name is taken for, unless that has its column, too; '' for none.

    Exports write both, so that an attribute called `full_name` comes back as one.
    """
    return _ALIKE.get(attribute, "")


def _field_or_attribute(name: str) -> str:
    return name if name in _FIELDS else attribute_name(name)


def _with_address(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """A column “address” has the e-mail addresses only where no other one has them."""
    if any(column.target == Field.EMAIL for column in columns):
        return columns
    return tuple(
        replace(column, target=Field.EMAIL) if column.target == "address" else column
        for column in columns
    )


def _check(columns: Sequence[Column]) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        if column.target in seen and column.target not in (IGNORED, *_SEVERAL):
            same = seen[column.target].strip() == column.header.strip()
            other = "" if same else f", or leave it out with --map “{shown(column.header)}=-”"
            raise AudienceError(
                f"“{shown(seen[column.target])}” and “{shown(column.header)}” would both become "
                f"“{column.target}”; rename one{other}"
            )
        seen[column.target] = column.header
    if Field.EMAIL not in seen:
        raise AudienceError(
            "the header names no column of addresses; call that one “email”, or name it with "
            "--map HEADER=email"
        )
