"""What the columns of a CSV file of people hold, by its header."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.audience.cells import attribute_name, attribute_text, list_keys, restored
from newsletter.domain.audience import Entry
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 100
_ADDRESS = ("email", "e_mail", "email_address", "e_mail_address", "mail", "address")
_LISTS = ("lists", "list")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the address, the lists, and each attribute."""

    delimiter: str
    width: int
    address: int
    lists: int | None
    attributes: tuple[tuple[int, str], ...]

    def entry(self, cells: Sequence[str]) -> Entry:
        """What a row says; an empty cell says nothing. AudienceError where it cannot be taken."""
        if len(cells) > self.width:
            raise AudienceError(f"{len(cells)} cells, but the header names {self.width} columns")
        given = {place: cell for place, cell in enumerate(cells) if cell and not cell.isspace()}
        if self.address not in given:
            raise AudienceError("no address in this row")
        return Entry(
            parse_address(restored(given[self.address].strip())),
            {
                name: attribute_text(name, given[place])
                for place, name in self.attributes
                if place in given
            },
            list_keys(given.get(self.lists, "")) if self.lists is not None else (),
        )


def columns_of(header: str) -> Columns:
    """The columns a file's first line names, with the sign that separates them.

    Names do not care for capitals, and spaces and hyphens stand for `_`. AudienceError where no
    column, or more than one, is for addresses, and for names that are not allowed or repeated.
    """
    delimiter = max(",;\t", key=header.count)
    try:
        cells = next(csv.reader([header], delimiter=delimiter, strict=True))
    except csv.Error:
        cells = []
    if not cells:
        raise AudienceError("the first line is no header such as email,city")
    names = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in cells]
    if len(names) > MOST:
        raise AudienceError(f"the header names more than {MOST} columns")
    address = _position(names, _ADDRESS)
    if address is None:
        raise AudienceError("the header names no column of addresses; call that one “email”")
    lists = _position(names, _LISTS)
    attributes = [pair for pair in enumerate(names) if pair[0] not in (address, lists)]
    for _, name in attributes:
        if names.count(attribute_name(name)) > 1:
            raise AudienceError(f"two columns are called “{name}”; rename one")
    return Columns(delimiter, len(names), address, lists, tuple(attributes))


def _position(names: list[str], wanted: tuple[str, ...]) -> int | None:
    found = [place for place, name in enumerate(names) if name in wanted]
    if len(found) > 1:
        first, second = names[found[0]], names[found[1]]
        raise AudienceError(f"“{first}” and “{second}” mean the same; keep or rename one")
    return found[0] if found else None
