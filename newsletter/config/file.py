"""Reading config.yaml, and telling every mistake with its line and the nearest right name."""

from __future__ import annotations

import difflib
import os
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from newsletter.config.settings import Settings
from newsletter.config.values import KEY, Misplaced
from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

CONFIG_FILE = "config.yaml"
Kind = TypeVar("Kind", bound=BaseModel)

_KINDS = {
    "dict_type": "names, each with its own settings below",
    "string_type": "words",
    "tuple_type": "a list, as in [one, another]",
}
"""What was expected, by pydantic's name for the mistake."""


def load(workspace: Path) -> Settings:
    """The settings of a workspace.

    Raises ConfigError with file and line for a missing file, broken YAML, an unknown key (naming
    the nearest right one) or a value that is not allowed.
    """
    path = workspace / CONFIG_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{workspace} is not a workspace: it has no {CONFIG_FILE}; "
            f"make one with `newsletter init {workspace}`, or name another with -C"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=CONFIG_FILE) from error
    return read(Settings, text, file=CONFIG_FILE)


def read(kind: type[Kind], text: str, *, file: str) -> Kind:
    """A value of `kind` from YAML; ConfigError with `file` and line for the first mistake."""
    root, values = _parsed(text, kind, file)
    try:
        return kind(**values)
    except ValidationError as error:
        # An unknown name often explains the one that is missing, so it is told first.
        mistakes = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise _explained(mistakes[0], root, len(mistakes), kind, file) from None
    except SettingsError as error:
        raise _no_json(error) from None


def _no_json(error: SettingsError) -> ConfigError:
    """The mistake of a variable that holds a list or mapping, and not as JSON."""
    written = getattr(error.__cause__, "doc", None)
    named = [name for name in sorted(os.environ) if os.environ[name] == written]
    which = next((name for name in named if name.startswith("NEWSLETTER_")), "NEWSLETTER_…")
    return ConfigError(
        f"the environment variable {which} holds no JSON; a list is written as "
        """'["one", "another"]'"""
    )


def _parsed(text: str, kind: type[BaseModel], file: str) -> tuple[yaml.Node | None, dict[str, Any]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ConfigError(
            f"broken YAML: {error.problem or error.context}", file=file, line=line
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"broken YAML: {error}", file=file) from None
    if twice := _twice(root):
        raise ConfigError(
            f"“{twice.value}” stands twice, and one would be lost; give one of them another name",
            file=file,
            line=twice.start_mark.line + 1,
        )
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        some = ", ".join(f"`{name}:`" for name in _names_at(kind, ())[:3])
        raise ConfigError(f"should hold settings such as {some}", file=file, line=1)
    return root, values


def _twice(root: yaml.Node | None) -> yaml.Node | None:
    """The second of two settings of one name in one group; YAML keeps it and forgets the first."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # aliases may lead round and round
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            names = [name.value for name, _ in node.value]
            for place, (name, value) in enumerate(node.value):
                if isinstance(name, yaml.ScalarNode) and name.value in names[:place]:
                    return name
                waiting.append(value)
    return None


def _explained(
    error: ErrorDetails, root: yaml.Node | None, total: int, kind: type[BaseModel], file: str
) -> ConfigError:
    cause = error.get("ctx", {}).get("error")
    path = tuple(error["loc"]) + (cause.place if isinstance(cause, Misplaced) else ())
    name = ".".join(str(part) for part in path) or "the settings"
    variable = "NEWSLETTER_" + "__".join(str(part) for part in path).upper()
    if error["type"] == "extra_forbidden":
        message = f"unknown setting “{name}”{_nearest(kind, path)}"
    elif error["type"] == "missing":
        message = f"“{name}” is missing; add it"
    elif path and path[-1] == "[key]" and error.get("ctx", {}).get("pattern") == KEY:
        named = ".".join(str(part) for part in path[:-1])
        message = f"“{named}” is no name; write small letters and digits, a letter first"
    elif error["type"] == "model_type":
        some = ", ".join(f"`{one}:`" for one in _names_at(kind, path)[:3])
        message = f"“{name}” should hold settings such as {some}"
    elif error["type"] in _KINDS:
        message = f"“{name}” should be {_KINDS[error['type']]}"
    else:
        message = f"“{name}” {error['msg'].removeprefix('Value error, ')}"
    if total > 1:
        message += f" ({total - 1} more after this one)"
    if path and variable in os.environ:
        return ConfigError(f"{message} (set by the environment variable {variable})")
    return ConfigError(message, file=file, line=_line(root, path))


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int | None:
    """The line of the deepest part of `path` that stands in the file."""
    line = None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _nearest(kind: type[BaseModel], path: tuple[int | str, ...]) -> str:
    """`; did you mean “…”?` with the nearest name allowed at that place."""
    names = _names_at(kind, path[:-1])
    close = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.5)
    return f"; did you mean “{close[0]}”?" if close else f"; known here: {', '.join(names)}"


def _names_at(annotation: Any, path: tuple[int | str, ...]) -> list[str]:
    """The names a mapping at `path` may hold."""
    if isinstance(annotation, UnionType):  # a group that may be left out
        annotation = annotation.__args__[0]
    fields = getattr(annotation, "model_fields", None)
    if fields is None:  # a dict or tuple of models: its keys and positions are free
        return _names_at(
            annotation.__args__[-1 if path and isinstance(path[0], str) else 0], path[1:]
        )
    if not path:
        return [field.alias or name for name, field in fields.items()]
    inner = next(
        field.annotation for name, field in fields.items() if path[0] in (name, field.alias)
    )
    return _names_at(inner, path[1:])
