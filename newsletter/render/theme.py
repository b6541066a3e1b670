"""A theme: a folder with `issue.mjml.j2`, `issue.txt.j2` and the design values of `theme.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from newsletter.errors import RenderError
from newsletter.render.environment import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DESIGN_FILE = "theme.yaml"
_COLOUR = re.compile(r"#[0-9a-f]{6}\Z", re.IGNORECASE)
# Values become part of CSS and attributes: nothing that could end either.
_VALUE = re.compile(r"[^;{}<>\"\\]{0,200}\Z")


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme's folder and design values; `colours` and `dark` hold #rrggbb, `layout` pixels."""

    folder: Path
    design: Mapping[str, Mapping[str, Any]]

    @property
    def ink(self) -> str:
        """The colour of running text."""
        return str(self.design["colours"]["text"])

    @property
    def picture_width(self) -> int:
        """How wide a picture in running text is, in pixels."""
        return int(self.design["layout"]["picture"])

    def where(self, snippet: str) -> tuple[str, int] | None:
        """(file, line) of the first place in the templates where `snippet` stands."""
        for path in sorted(self.folder.rglob("*.mjml.j2")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if snippet in line:
                    return place(path), number
        return None


def load(folder: Path) -> Theme:
    """Read a theme; RenderError for a missing folder, broken YAML or a value not allowed."""
    path = folder / DESIGN_FILE
    if not path.resolve().is_relative_to(folder.resolve()):
        raise RenderError("is a link out of the theme; copy the file", file=place(path))
    try:
        design = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RenderError(
            f"there is no theme “{folder.name}”: templates/{folder.name}/{DESIGN_FILE} is missing; "
            "set `theme:` in config.yaml to a folder of templates/"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise RenderError(
            "is not readable YAML", file=place(path), line=mark.line + 1 if mark else None
        ) from error
    for mistake in _mistakes(design):
        raise RenderError(mistake, file=place(path))
    return Theme(folder, design)


def _mistakes(design: object) -> Iterator[str]:
    if not isinstance(design, dict) or not all(isinstance(part, dict) for part in design.values()):
        yield "should hold groups of values such as `colours:` and `layout:`"
        return
    for group, name in (("colours", "text"), ("layout", "picture")):
        if name not in design.get(group, {}):
            yield f"“{group}.{name}” is missing; add it"
    for group, values in design.items():
        for name, value in values.items():
            if group in {"colours", "dark"} and not _COLOUR.match(str(value)):
                yield f"“{group}.{name}” should be a colour such as #1a2b3c"
            if group == "layout" and not isinstance(value, int):
                yield f"“{group}.{name}” should be a number of pixels"
            if not isinstance(value, str | int | float) or not _VALUE.match(str(value)):
                yield f"“{group}.{name}” should be plain words or a number"
