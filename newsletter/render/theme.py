"""A theme: a folder of templates, one for each component, and the design values of theme.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from newsletter import config
from newsletter.errors import ConfigError, RenderError
from newsletter.render.environment import HTML_ENDING, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DESIGN_FILE = "theme.yaml"
COMPONENTS = "components"
_SPARE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme's folder, its design values by group, and the components an editor may name."""

    folder: Path
    design: Mapping[str, Mapping[str, Any]]
    components: frozenset[str]

    @property
    def ink(self) -> str:
        """The colour of running text."""
        return str(self.design["colours"]["text"])

    @property
    def picture_width(self) -> int:
        """How wide a picture in running text is, in pixels."""
        space = self.design["space"]
        return int(space["width"] - 2 * space["gutter"])

    @property
    def widest_picture(self) -> int:
        """How wide a picture from edge to edge is, in pixels."""
        return int(self.design["space"]["width"])

    def words(self, language: str) -> Mapping[str, str]:
        """The theme's own words in a language, in English where it has none."""
        known = self.design["words"]
        return {**known[_SPARE_LANGUAGE], **known.get(language, {})}

    def where(self, snippet: str) -> tuple[str, int] | None:
        """(file, line) of the first place in the templates where `snippet` stands."""
        for path in sorted(self.folder.rglob(f"*{HTML_ENDING}")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if snippet in line:
                    return place(path), number
        return None


def load(folder: Path, overrides: config.Design | None = None) -> Theme:
    """Read a theme; `overrides` are the publication's own design values.

    Raises RenderError, with line, for a missing folder, broken YAML, or a value that is missing,
    unknown or not allowed.
    """
    path = folder / DESIGN_FILE
    if not path.resolve().is_relative_to(folder.resolve()):
        raise RenderError("is a link out of the theme; copy the file", file=place(path))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RenderError(
            f"there is no theme “{folder.name}”: templates/{folder.name}/{DESIGN_FILE} is missing; "
            "set `theme:` in config.yaml to a folder of templates/"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(f"cannot be read: {error}", file=place(path)) from error
    values = _values(text, place(path))
    if overrides:
        values = _merged(values, overrides.model_dump(exclude_none=True))
    return Theme(folder, values, frozenset(_components(folder)))


@lru_cache(maxsize=8)
def _values(text: str, file: str) -> Mapping[str, Mapping[str, Any]]:
    """Every design value; reading YAML is a sixth of a build, so it is kept until it changes."""
    try:
        design = config.read(config.Design, text, file=file)
    except ConfigError as error:
        raise RenderError(error.message, file=error.file, line=error.line) from None
    for group, name in _missing(design):
        lines = text.splitlines()
        line = next((at for at, one in enumerate(lines, 1) if one.startswith(f"{group}:")), None)
        raise RenderError(f"“{group}.{name}” is missing; add it", file=file, line=line)
    return design.model_dump(exclude_none=True)


def _missing(design: config.Design) -> Iterator[tuple[str, str]]:
    whole = design.model_dump()
    words = whole.pop("words").get(_SPARE_LANGUAGE)
    for group, values in whole.items():
        yield from ((group, name) for name, value in values.items() if value is None)
    if words is None:
        yield "words", _SPARE_LANGUAGE
    else:
        for name, value in words.items():
            if value is None:
                yield "words", f"{_SPARE_LANGUAGE}.{name}"


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with what `above` says anew, group by group."""
    return dict(below) | {
        name: _merged(below.get(name, {}), value) if isinstance(value, dict) else value
        for name, value in above.items()
    }


def _components(folder: Path) -> Iterator[str]:
    for path in (folder / COMPONENTS).glob(f"*{HTML_ENDING}"):
        yield path.name.removesuffix(HTML_ENDING)
