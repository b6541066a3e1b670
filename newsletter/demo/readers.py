"""A thousand readers who are nobody: plausible names, trades and countries at example.com."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FIRST_NAMES = (
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farah", "Gustav", "Hana", "Ines", "Jonas",
    "Keiko", "Liam", "Maëlle", "Noor", "Otto", "Priya", "Quentin", "Rosa", "Søren", "Tamar",
)  # fmt: skip
LAST_NAMES = (
    "Abadi", "Bergström", "Castellani", "Dubois", "Eriksen", "Fontaine", "Goldberg", "Haddad",
    "Ivanova", "Jansen", "Kowalski", "Laurent", "Mehta", "Novak", "Okafor", "Pereira",
    "Quist", "Rossi", "Schmid", "Tanaka", "Ueda", "Vogel", "Weiss", "Xu", "Yilmaz",
)  # fmt: skip
ROLES = ("retailer", "designer", "supplier", "watchmaker", "press")
COUNTRIES = ("US", "CA", "GB", "FR", "IT", "CH", "JP", "IN")
LISTS = ("weekly", "weekly;watches", "gems", "weekly;gems", "watches")


def write_readers(path: Path, count: int = 1000) -> Path:
    """Write the CSV that the demo imports: the same people every time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ("email", "first_name", "last_name", "role", "country", "doors", "lists", "tracking")
        )
        for number in range(count):
            rows.writerow(_reader(number))
    return path


def _reader(number: int) -> tuple[object, ...]:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
    return (
        f"reader{number:04}@example.com",
        first if number % 9 else "",  # some left the field empty
        last,
        ROLES[number * 7 % len(ROLES)],
        COUNTRIES[number * 3 // 2 % len(COUNTRIES)],
        number % 12 + 1,
        LISTS[number // 3 % len(LISTS)],
        "yes" if number % 8 else "no",  # most agreed to be counted
    )
