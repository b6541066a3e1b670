"""The front matter of issue.md: YAML between two lines of `---`, checked key by key."""

from __future__ import annotations

import datetime
import difflib
from dataclasses import dataclass
from typing import Any

import yaml

from newsletter.domain.trial import FEWEST, MOST
from newsletter.errors import IssueError
from newsletter.issues.blocks import opens_front_matter

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C where it can be: every earlier issue is read to know what ran."""

KEYS = ("subject", "subjects", "preheader", "date", "number", "list", "segment", "silence")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What an issue says about itself before its first word."""

    subject: str
    preheader: str
    date: datetime.date
    number: str
    list_key: str | None
    segment: str | None
    silence: tuple[tuple[str, str], ...]
    subjects: tuple[str, ...] = ()


def read_front_matter(text: str, *, file: str) -> tuple[FrontMatter, int]:
    """The front matter and the index of the first line after it.

    Raises IssueError with file and line for what is missing, unknown or of the wrong kind.
    """
    lines = text.splitlines()
    if not lines or not opens_front_matter(lines[0]):
        raise IssueError(
            "should begin with front matter: `---`, then `subject:`, `date:`, then `---`",
            file=file,
            line=1,
        )
    end = next((place for place, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise IssueError("the front matter is not closed; add a line `---`", file=file, line=1)
    source = "\n".join(lines[1:end])
    values, places = _parsed(source, file)
    for key, line in places.items():
        if key not in KEYS:
            close = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean “{close[0]}”?" if close else f"known: {', '.join(KEYS)}"
            raise IssueError(f"unknown key “{key}”; {hint}", file=file, line=line)
    reader = _Reader(values, places, file)
    return (
        FrontMatter(
            subject=reader.text("subject"),
            preheader=reader.text("preheader"),
            date=reader.date("date"),
            number=reader.text("number"),
            list_key=reader.text("list") or None,
            segment=reader.text("segment") or None,
            silence=reader.pairs("silence"),
            subjects=reader.subjects("subjects"),
        ),
        end + 1,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    values: dict[str, Any]
    places: dict[str, int]
    file: str

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str | int | float) or "\n" in str(value):
            raise self._wrong(key, "should be one line of text; put it in quotation marks")
        return str(value).strip()

    def date(self, key: str) -> datetime.date:
        value = self.values.get(key)
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        raise self._wrong(key, "should be a day such as 2026-11-27")

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """`{name: text}`; a text left out is ''."""
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, dict) or any(
            isinstance(one, dict | list) for one in value.values()
        ):
            raise self._wrong(key, "should be pairs such as {link-http: the partner has no https}")
        return tuple(
            (str(name), "" if text is None else " ".join(str(text).split()))
            for name, text in value.items()
        )

    def subjects(self, key: str) -> tuple[str, ...]:
        """Those on trial, each another; () where there are none."""
        value = self.values.get(key)
        if value is None:
            return ()
        known = isinstance(value, list) and all(isinstance(one, str | int | float) for one in value)
        texts = [" ".join(str(one).split()) for one in value] if known else []
        if not FEWEST <= len(texts) <= MOST or not all(texts) or len(set(texts)) < len(texts):
            raise self._wrong(
                key,
                f"should be {FEWEST} to {MOST} different texts, as in "
                '["Gold falls", "What gold costs now"]',
            )
        return tuple(texts)

    def _wrong(self, key: str, what: str) -> IssueError:
        return IssueError(f"“{key}” {what}", file=self.file, line=self.places.get(key, 1))


def _parsed(source: str, file: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The values and the line (from 1, in the whole file) of each key."""
    loader = _LOADER(source)
    try:
        node = loader.get_single_node()
        values = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise IssueError(
            f"broken front matter: {error.problem or error.context}; "
            "a text with a colon needs quotation marks",
            file=file,
            line=mark.line + 2 if mark else 1,
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise IssueError(f"broken front matter: {error}", file=file, line=1) from None
    if not isinstance(node, yaml.MappingNode) or not isinstance(values, dict):
        raise IssueError("the front matter should hold `subject:` and `date:`", file=file, line=2)
    places: dict[str, int] = {}
    for key, _ in node.value:
        name, line = str(key.value), key.start_mark.line + 2
        if name in places:
            raise IssueError(f"“{name}” stands twice; keep one", file=file, line=line)
        places[name] = line
    return {str(key): value for key, value in values.items()}, places
