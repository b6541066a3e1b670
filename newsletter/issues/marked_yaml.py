"""YAML that people write by hand, with the lines at which its names stand. Pure.

Every value is text as it was written: a day that is none, or a name that looks like a number, is
then told by what it is for, and not by what YAML makes of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from newsletter.errors import IssueError

if TYPE_CHECKING:
    from collections.abc import Mapping

_REMEDY = (
    "indent with spaces, close every bracket and quotation mark, and put text that begins with a "
    "sign, or holds a colon, into quotation marks"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A name at the margin, its line, and what stands below it: text, or lists and mappings of
    text. `lines` tells where the names of the first level below stand.
    """

    name: str
    line: int
    value: Any
    lines: Mapping[str, int]


def entries(text: str, *, file: str) -> tuple[Entry, ...]:
    """What a file holds, in its order. IssueError with file and line where it is no YAML, has no
    names at its margin, or has one twice in a place.
    """
    root, values = _parsed(text, file)
    if root is None:
        return ()
    if not isinstance(root, yaml.MappingNode):
        raise IssueError(
            "should have a name and a colon at the start of its first line, such as "
            "`halden-cover:`",
            file=file,
            line=root.start_mark.line + 1,
        )
    _refuse_twice(root, file)
    return tuple(_entry(key, node, values, file) for key, node in root.value)


def _parsed(text: str, file: str) -> tuple[yaml.Node | None, Any]:
    try:
        loader = yaml.BaseLoader(text)
        root = loader.get_single_node()
        return root, None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
    except RecursionError:
        line = 1
    raise IssueError(f"cannot be read as YAML here; {_REMEDY}", file=file, line=line)


def _entry(key: yaml.Node, node: yaml.Node, values: Mapping[str, Any], file: str) -> Entry:
    lines = {}
    if isinstance(node, yaml.MappingNode):
        _refuse_twice(node, file)
        lines = {inner.value: inner.start_mark.line + 1 for inner, _ in node.value}
    return Entry(key.value, key.start_mark.line + 1, values[key.value], lines)


def _refuse_twice(node: yaml.MappingNode, file: str) -> None:
    seen = Counter[str]()
    for key, _ in node.value:
        seen[key.value] += 1
        if seen[key.value] > 1:
            line = key.start_mark.line + 1
            raise IssueError(f"“{key.value}” stands twice; keep one", file=file, line=line)
