"""Jinja2 for themes: sandboxed, everything escaped, nothing undefined, little to call.

Filters, tests and globals are short allow-lists: what is not here cannot be misused, under no alias
(A01, A02, A06, A09). There is no `safe`: only this package marks text as HTML.
"""

from __future__ import annotations

import re
import traceback
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from newsletter.errors import RenderError
from newsletter.render.text import wrap
from newsletter.render.tokens import fallback

if TYPE_CHECKING:
    from collections.abc import Callable

FILTER_NAMES = (
    "capitalize", "default", "e", "escape", "first", "groupby", "join", "last", "length", "lower",
    "reject", "rejectattr", "select", "selectattr", "trim", "upper",
)  # fmt: skip
TEST_NAMES = ("defined", "divisibleby", "eq", "even", "in", "ne", "none", "odd", "undefined")
_STEM = re.compile(r"(?=.{1,64}\Z)[a-z0-9_-]+(?:/[a-z0-9_-]+)*\Z")
HTML_ENDING = ".mjml.j2"
TEXT_ENDING = ".txt.j2"
_OLDEST = (3, 1, 6)
_BREAKAGE = (
    TemplateError, ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError,
    TypeError, ValueError,
)  # fmt: skip


class ThemeLoader(BaseLoader):
    """Templates with one ending that truly lie in the theme's folder."""

    def __init__(self, theme: Path, ending: str) -> None:
        self._theme = theme
        self._ending = ending

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """Refuses odd names, links out of the theme and missing files alike (A04, A13, A16)."""
        path = self._theme / template
        if not self._allows(template) or not path.resolve().is_relative_to(self._theme.resolve()):
            raise TemplateNotFound(template)
        try:
            stamp = path.stat().st_mtime_ns
            source = path.read_text(encoding="utf-8")
        except OSError:
            raise TemplateNotFound(template) from None
        except UnicodeDecodeError:
            raise RenderError("is not UTF-8; save it as UTF-8", file=place(path)) from None
        return source, str(path), lambda: _stamp(path) == stamp

    def _allows(self, template: str) -> bool:
        stem = template.removesuffix(self._ending)
        return stem != template and bool(_STEM.match(stem))


def _stamp(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None


# Compiling a theme's templates takes a third of a build: kept until a file changes.
@lru_cache(maxsize=8)
def environment(theme: Path, *, escaping: bool) -> Environment:
    """The environment of one theme; RenderError when Jinja2 is too old to be safe.

    `escaping` is off for plain text only, where `&amp;` would be shown as such: that environment
    loads `.txt.j2` templates and no others.
    """
    ending = HTML_ENDING if escaping else TEXT_ENDING
    return sandboxed(ThemeLoader(theme, ending), escaping=escaping)


def sandboxed(loader: BaseLoader, *, escaping: bool) -> Environment:
    """An environment of our rules over whatever templates a loader finds."""
    refuse_old_jinja(version("jinja2"))
    made = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=escaping,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        cache_size=50,
    )
    made.globals.clear()
    made.filters = {name: FILTERS[name] for name in FILTER_NAMES}
    made.filters |= {"fallback": fallback, "wrap": wrap}
    made.tests = {name: TESTS[name] for name in TEST_NAMES}
    return made


def fill(made: Environment, name: str, context: dict[str, Any]) -> str:
    """The template's text; RenderError with file and line for whatever goes wrong in it."""
    try:
        return made.get_template(name).render(context)
    except RenderError as error:
        if error.file is not None:
            raise
        raise RenderError(error.message, file=_file(error), line=_line(error)) from error
    except TemplateNotFound as error:
        raise RenderError(
            f"the theme has no usable template “{error.name}”", file=_file(error), line=_line(error)
        ) from error
    except TemplateSyntaxError as error:
        raise RenderError(
            f"{error.message}; mend the template", file=_short(error.filename), line=error.lineno
        ) from None
    except _BREAKAGE as error:
        what = str(error) or type(error).__name__
        raise RenderError(
            f"{what}; mend the template", file=_file(error), line=_line(error)
        ) from error


def refuse_old_jinja(installed: str) -> None:
    """Jinja2 before 3.1.6 lets a template out of its sandbox (CVE-2025-27516)."""
    parts = tuple(int(part) for part in re.findall(r"\d+", installed)[:3])
    if parts < _OLDEST:
        raise RenderError(f"Jinja2 {installed} has a hole in its sandbox; install 3.1.6 or later")


def place(path: Path) -> str:
    """How a theme's file is named to people: `digest/components/cards.mjml.j2`."""
    theme = next((up for up in path.parents if (up / "theme.yaml").is_file()), path.parent)
    return path.relative_to(theme.parent).as_posix()


def _short(filename: str | None) -> str | None:
    return place(Path(filename)) if filename else None


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if frame.filename.endswith(".j2")]


def _file(error: BaseException) -> str | None:
    frames = _frames(error)
    return _short(frames[-1].filename) if frames else None


def _line(error: BaseException) -> int | None:
    frames = _frames(error)
    return frames[-1].lineno if frames else None
