"""The pages as text, and the tables in them as rows of cells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """Every page people read, by its path in the repository."""
    found = [
        *REPOSITORY.glob("docs/*.md"),
        *REPOSITORY.glob("*.md"),
        *REPOSITORY.glob(".github/*.md"),
    ]
    return {
        str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8")
        for path in sorted(found)
    }


@pytest.fixture(scope="session")
def section():
    """The text under a heading, up to the next heading of the same or a higher level."""

    def find(page: str, title: str) -> str:
        lines = page.split("\n")
        start = next(n for n, line in enumerate(lines) if line.lstrip("#").strip() == title)
        level = len(lines[start]) - len(lines[start].lstrip("#"))
        end = next(
            (
                n
                for n, line in enumerate(lines[start + 1 :], start + 1)
                if re.match(rf"#{{1,{level}}} ", line)
            ),
            len(lines),
        )
        return "\n".join(lines[start + 1 : end])

    return find


@pytest.fixture(scope="session")
def rows():
    """The cells of every row of every table in a text, without heads and rules."""

    def read(text: str) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        for line in text.split("\n"):
            if re.match(r"\|[ :|-]+\|$", line):
                found.pop()  # what stood above a rule was the table's head
            elif line.startswith("|"):
                cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
                found.append(tuple(cell.strip().replace("\\|", "|") for cell in cells))
        return found

    return read
