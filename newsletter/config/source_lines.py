"""New sources as lines of config.yaml, everything else in the file kept byte for byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INDENT = "  "


def with_sources(text: str, sources: Sequence[Mapping[str, Any]], *, file: str) -> str:
    """`text` with these sources at the end of its list, a line for each.

    Raises ConfigError, with the lines to add by hand, where the list is written in a form that
    cannot be added to safely.
    """
    lines = [f"- {_flow(source)}" for source in sources]
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = _node(root)
    end = "\r\n" if "\r\n" in text else "\n"
    if found is None:
        before = text if not text or text.endswith("\n") else text + end
        gap = end if before.strip() else ""
        return before + gap + f"sources:{end}" + _block(lines, _INDENT, end)
    key, node = found
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        indent = " " * _dash_column(text, node.value[0])
        at, started = _after(text, _end(node.value[-1]))
        return text[:at] + (end if started else "") + _block(lines, indent, end) + text[at:]
    if _is_empty(node):
        at, started = _after(text, node.end_mark.index)
        kept = text[: key.end_mark.index] + ":" + _rest_of_line(text, node, at, started)
        return kept + (end if started else "") + _block(lines, _INDENT, end) + text[at:]
    raise ConfigError(
        "the sources are written in a form that is not edited here; add by hand: "
        + "  ".join(lines),
        file=file,
        line=key.start_mark.line + 1,
    )


def _flow(source: Mapping[str, Any]) -> str:
    """One line of YAML."""
    dumped = yaml.safe_dump(
        dict(source), default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
    )
    return dumped.strip()


def _block(lines: Sequence[str], indent: str, end: str) -> str:
    return "".join(f"{indent}{line}{end}" for line in lines)


def _node(root: yaml.Node | None) -> tuple[yaml.Node, yaml.Node] | None:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next(((key, value) for key, value in pairs if key.value == "sources"), None)


def _is_empty(node: yaml.Node) -> bool:
    """`sources:` with nothing behind it, `[]` or `null`."""
    if isinstance(node, yaml.SequenceNode):
        return not node.value
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _dash_column(text: str, item: yaml.Node) -> int:
    """The column of the dash before the first item of a block list."""
    dash = text.rindex("-", 0, item.start_mark.index)
    return dash - (text.rfind("\n", 0, dash) + 1)


def _end(node: yaml.Node) -> int:
    """Where the last thing in a node ends; a block's own end lies after the comments below it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _after(text: str, index: int) -> tuple[int, bool]:
    """The beginning of the next line, and whether the text ends before there is one."""
    if index and text[index - 1] == "\n":  # a block scalar ends there itself
        return index, False
    line_end = text.find("\n", index)
    return (len(text), True) if line_end < 0 else (line_end + 1, False)


def _rest_of_line(text: str, node: yaml.Node, at: int, started: bool) -> str:
    """What follows an empty list on its line, such as a comment, with the line's end."""
    rest = text[node.end_mark.index : at]
    return re.sub(r"^\s+(?=#)", "  ", rest) if rest.strip() or not started else ""
