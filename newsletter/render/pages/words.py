"""What the pages say, in each language: one YAML file a language in templates/pages/words.

Every file may leave out what it does not say otherwise than English; a workspace's own files come
before those of the program, word by word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from newsletter.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

SPARE = "en"
"""The language that knows every word."""

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
"""Languages whose usual script runs from right to left."""

_FILE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*\Z")
_HOLE = re.compile(r"\{[^{}]*\}|[{}]")


@dataclass(frozen=True, slots=True)
class Words:
    """Every text in one language."""

    language: str
    texts: Mapping[str, str]

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML's dir wants it."""
        return "rtl" if self.language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"

    def say(self, key: str, **values: object) -> str:
        """A text, its holes filled; RenderError where there is no such text."""
        try:
            return self.texts[key].format(**values)
        except KeyError:
            raise RenderError(f"the pages have no text “{key}”, or no value for it") from None


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The words of every language there is."""

    languages: Mapping[str, Words]

    def best(self, wanted: Iterable[str]) -> Words:
        """The words of the first wanted language there is: de-AT, then de."""
        for language in wanted:
            code = language.lower()
            for one in (code, code.partition("-")[0]):
                if one in self.languages:
                    return self.languages[one]
        return self.languages[SPARE]


def load(folders: Sequence[Path]) -> Dictionary:
    """The words in these folders, each before those after it.

    RenderError, with file and line, for broken YAML, a text English does not know, or one that has
    other holes than the English one.
    """
    files = [path for folder in reversed(folders) for path in sorted(folder.glob("*.yaml"))]
    files.sort(key=lambda path: path.stem != SPARE)  # a stable sort: English first
    texts: dict[str, dict[str, str]] = {}
    for path in files:
        if not _FILE.match(path.stem):
            raise RenderError("should be called as its language is: de.yaml", file=_place(path))
        known = texts.get(SPARE, {})
        own = _checked(path, known if path.stem != SPARE or known else None)
        texts[path.stem] = texts.get(path.stem, {}) | own
    if SPARE not in texts:
        raise RenderError(f"there is no {SPARE}.yaml among the words of the pages")
    return Dictionary(
        {language: Words(language, texts[SPARE] | own) for language, own in texts.items()}
    )


def _checked(path: Path, english: Mapping[str, str] | None) -> dict[str, str]:
    found = {}
    for key, text, line in _lines(path):
        if english is not None and key not in english:
            raise RenderError(f"the pages have no text “{key}”", file=_place(path), line=line)
        wanted = _holes(text if english is None else english[key])
        if _holes(text) != wanted:
            holes = ", ".join(sorted(wanted)) or "no braces"
            raise RenderError(f"“{key}” should hold {holes}", file=_place(path), line=line)
        found[key] = text
    return found


def _lines(path: Path) -> list[tuple[str, str, int]]:
    """(key, text, line) of every text in a file."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(f"cannot be read: {error}", file=_place(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise RenderError("broken YAML", file=_place(path), line=line) from None
    if not isinstance(root, yaml.MappingNode):
        raise RenderError("should hold texts by name", file=_place(path), line=1)
    found = []
    for key, value in root.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise RenderError("should be a name and a text", file=_place(path), line=line)
        found.append((key.value, value.value, line))
    return found


def _holes(text: str) -> frozenset[str]:
    return frozenset(_HOLE.findall(text))


def _place(path: Path) -> str:
    return "/".join(("templates", *path.parts[-3:]))
