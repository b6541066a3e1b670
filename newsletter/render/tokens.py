"""Merge tokens: unguessable words that stand in the rendered bytes until a reader's values do.

A word is `prefix + part letter + three digits`, all of [a-z0-9], so that autoescaping, MJML,
premailer and line wrapping leave it alone, in text and in an href. The prefix comes from the
workspace secret and the issue, so nothing written by others can hold one (A12).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part, Token
from newsletter.domain.token import derive_key
from newsletter.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LARGEST = 999
_LETTERS = {Part.HTML: "h", Part.TEXT: "t", Part.SUBJECT: "s"}
_QUOTE = "['\"‘’“”]"
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_WRITTEN = re.compile(
    r"\{\{\s*reader\.(?P<name>[a-z][a-z0-9_]{0,39})\s*"
    rf"(?:\|\s*fallback\(\s*{_QUOTE}(?P<fallback>[^'\"‘’“”\n]{{0,100}}){_QUOTE}\s*\)\s*)?\}}\}}"
)


def merge_prefix(secret: bytes, slug: str) -> str:
    """17 characters of [a-z2-7], the same for the same workspace secret and issue."""
    digest = hmac.digest(derive_key(secret, "merge tokens"), slug.encode(), hashlib.sha256)
    return "x" + base64.b32encode(digest[:10]).decode().lower()


class Placeholders:
    """The placeholders of one rendition, numbered in order of first use."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._tokens: dict[tuple[str, Part, str], Token] = {}

    def placeholder(self, field: str, part: Part, fallback: str = "") -> str:
        """The word for one field in one part; RenderError beyond 999 different ones."""
        key = (field, part, fallback)
        if key not in self._tokens:
            number = len(self._tokens) + 1
            if number > _LARGEST:
                raise RenderError(
                    f"the issue uses more than {_LARGEST} different merge tokens; use fewer"
                )
            word = f"{self._prefix}{_LETTERS[part]}{number:03d}"
            self._tokens[key] = Token(word, field, part, fallback)
        return self._tokens[key].placeholder

    def fill(self, text: str, part: Part) -> str:
        """`{{ reader.name | fallback('x') }}` in a text exchanged for its placeholder.

        Only this exact form is seen and nothing is ever compiled; other `{{ … }}` stay (A11).
        """
        return _WRITTEN.sub(
            lambda found: self.placeholder(
                f"reader.{found['name']}", part, found["fallback"] or ""
            ),
            text,
        )

    def refuse_in(self, texts: Iterable[str]) -> None:
        """RenderError when a text already holds the prefix: it would be exchanged as if ours."""
        if any(self._prefix in text.lower() for text in texts):
            raise RenderError(
                "the issue's text holds a word that only merge tokens of this issue may hold; "
                "find it in a preview's source and remove it"
            )

    def used_in(self, parts: Mapping[Part, str]) -> tuple[Token, ...]:
        """The tokens whose placeholder stands in its part, in order of first use."""
        return tuple(
            token for token in self._tokens.values() if token.placeholder in parts[token.part]
        )


class Nobody(Placeholders):
    """No reader at all, as on a public page: fallbacks in place of tokens, no link of one's own."""

    def __init__(self) -> None:
        super().__init__("")

    def placeholder(self, field: str, part: Part, fallback: str = "") -> str:  # noqa: ARG002
        """The fallback."""
        return fallback


def sample(text: str) -> str:
    """The text with every written token exchanged for its fallback: what it reads like."""
    return _WRITTEN.sub(lambda found: found["fallback"] or "", text)


def written_fields(text: str) -> Iterator[tuple[str, str]]:
    """(attribute, fallback or '') of every token written in a text."""
    for found in _WRITTEN.finditer(text):
        yield found["name"], found["fallback"] or ""


@dataclass(frozen=True, slots=True)
class ReaderField:
    """`reader.first_name` in a template: prints its placeholder, or takes a fallback first.

    Attributes are private because the sandbox keeps templates off private names.
    """

    _placeholders: Placeholders
    _part: Part
    _name: str

    def __str__(self) -> str:
        return fallback(self, "")


class Reader:
    """`reader` in a template; any attribute a subscriber may have."""

    __slots__ = ("_part", "_placeholders")

    def __init__(self, placeholders: Placeholders, part: Part) -> None:
        self._placeholders = placeholders
        self._part = part

    def __getattr__(self, name: str) -> ReaderField:
        if not _ATTRIBUTE.match(name):
            raise AttributeError(name)
        return ReaderField(self._placeholders, self._part, name)


def fallback(field: object, text: object) -> str:
    """The Jinja filter: a reader's field with what stands in when it is empty."""
    if not isinstance(field, ReaderField) or not isinstance(text, str):
        raise RenderError("fallback('…') follows a field of the reader, as in reader.first_name")
    return field._placeholders.placeholder(  # noqa: SLF001  # private to templates, not to us
        f"reader.{field._name}",  # noqa: SLF001
        field._part,  # noqa: SLF001
        text,
    )
