"""Fills the templates of the pages, and the stylesheet they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader

from newsletter.render.environment import ThemeLoader, fill, sandboxed
from newsletter.render.pages import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jinja2 import Environment

    from newsletter.render.pages.words import Dictionary, Words

HTML, TEXT, CSS = ".html.j2", ".txt.j2", ".css.j2"
FOLDER = "pages"
"""Where the pages lie in templates/."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The templates and words of the pages. `shared` is what every template may show."""

    dictionary: Dictionary
    shared: Mapping[str, Any]
    _environments: Mapping[str, Environment]

    def filled(self, name: str, said: Words, /, **values: object) -> str:
        """A template by its file name, in a language; RenderError for any mistake in it."""
        ending = name[name.index(".") :]
        context = {
            **self.shared,
            "language": said.language,
            "direction": said.direction,
            "say": said.say,
            **values,
        }
        return fill(self._environments[ending], name, context)


def load(folders: Sequence[Path], shared: Mapping[str, Any]) -> Pages:
    """The pages in these folders, each file of the first one that has it.

    RenderError for words that cannot be used; a broken template is told when it is first filled.
    """
    environments = {
        ending: sandboxed(
            ChoiceLoader([ThemeLoader(folder, ending) for folder in folders]),
            escaping=ending == HTML,
        )
        for ending in (HTML, TEXT, CSS)
    }
    return Pages(words.load([folder / "words" for folder in folders]), shared, environments)
