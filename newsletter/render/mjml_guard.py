"""Makes MJML safe for PyPI mjml: one parse that refuses what it gets wrong and re-escapes the rest.

mjml decodes entities in attribute values and writes them out bare, so that rightly escaped data
still injects (mjml-python 0.12, see A10). Every mj- tag is therefore written anew with its values
escaped twice. The parser is the one mjml itself reads with, so both see the same tags.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

from newsletter.errors import RenderError
from newsletter.render.mjml_rules import (
    HTML_INSIDE,
    wrong_attributes,
    wrong_tag,
)

# mjml recurses: 200 levels pass, 1,000 raise RecursionError.
DEEPEST = 100
LONGEST = 2_000_000
_ONCE = frozenset({"mjml", "mj-head", "mj-body", "mj-attributes", "mj-title", "mj-preview"})
_PARKED = re.compile("\ue010([0-9]+)\ue011")
_PRIVATE = re.compile("[\ue010\ue011]")
_PARKING = frozenset({"mj-text", "mj-table", "mj-raw", "mj-button"})
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)


class MjmlMistake(RenderError):
    """MJML that must not be compiled; `snippet` is how the place begins, for finding its source."""

    def __init__(self, message: str, *, snippet: str, line: int) -> None:
        super().__init__(f"{message} (line {line} of the MJML)")
        self.snippet = snippet


@dataclass(frozen=True, slots=True)
class Guarded:
    """MJML ready for the compiler, and what waits outside meanwhile: HTML and inline CSS.

    The HTML inside mj-text and its like is not the compiler's business: it would only parse and
    write it again, which is half of a build. In its place stands `\ue010number\ue011`.
    """

    mjml: str
    inline_css: str
    parked: tuple[str, ...] = ()

    def unparked(self, html: str) -> str:
        """Compiled HTML with what was parked back in its places."""
        return _PARKED.sub(lambda found: self.parked[int(found[1])], html)


def guard(mjml: str) -> Guarded:
    """Refuse with MjmlMistake, or give back what is safe to compile."""
    if len(mjml) > LONGEST:
        raise RenderError(f"the MJML has more than {LONGEST:,} characters; shorten the issue")
    mjml = _PRIVATE.sub("", mjml)
    reader = _Guard(mjml)
    reader.feed(mjml)
    reader.close()
    reader.finish()
    return Guarded(reader.rewritten(), "\n".join(reader.inline_css), tuple(reader.parked))


class _Guard(HTMLParser):
    def __init__(self, mjml: str) -> None:
        super().__init__(convert_charrefs=True)
        self._source = mjml
        self._starts = [0]
        for line in mjml.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._open: list[str] = []
        self._edits: list[tuple[int, int, str]] = []
        self._seen: set[tuple[str, str]] = set()
        self._style_start: int | None = None
        self._text_start = 0
        self.inline_css: list[str] = []
        self.parked: list[str] = []

    # -- what the parser calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag.startswith("mj"):
            self._mj_start(tag, attrs)
        elif self._parent() not in HTML_INSIDE:
            self._fail(f"<{tag}> must stand inside mj-text, mj-table or mj-raw", f"<{tag}")
        if tag not in _VOID:
            self._open.append(tag)
        if len(self._open) > DEEPEST:
            self._fail(f"tags are nested more than {DEEPEST} deep; flatten the text", f"<{tag}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag, alone=True)

    def handle_endtag(self, tag: str, *, alone: bool = False) -> None:
        if tag in _VOID:
            return
        if tag not in self._open:
            self._fail(f"</{tag}> closes nothing", f"</{tag}")
        if self._open[-1] != tag:
            self._fail(f"<{self._open[-1]}> is not closed before </{tag}>", f"<{self._open[-1]}")
        self._open.pop()
        if not alone:
            self._mj_end(tag)

    def finish(self) -> None:
        """After the last character: everything closed, a body there."""
        unclosed = [tag for tag in self._open if tag.startswith("mj")]
        if unclosed:
            self._fail(f"<{unclosed[-1]}> is not closed", f"<{unclosed[-1]}")
        if ("mj-body", "") not in self._seen:
            self._fail("there is no <mjml> with an <mj-body>", "<mjml")

    def rewritten(self) -> str:
        """The source with every edit made."""
        pieces, end = [], 0
        for start, stop, text in self._edits:
            pieces += [self._source[end:start], text]
            end = stop
        return "".join((*pieces, self._source[end:]))

    # -- one mj- tag

    def _mj_start(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self._parent()
        attributes = {name: value or "" for name, value in attrs}
        mistakes = [wrong_tag(tag, parent)]
        mistakes += wrong_attributes(tag, attributes, default=parent == "mj-attributes")
        if len(attributes) < len(attrs):
            mistakes.append(f"<{tag}> has an attribute twice")
        mistakes.append(self._repeated(tag, attributes, parent))
        for mistake in filter(None, mistakes):
            self._fail(mistake, f"<{tag}")
        start, written = self._offset(), self.get_starttag_text() or ""
        end = start + len(written)
        ending = "/>" if written.endswith("/>") else ">"
        if tag == "mj-style" and attributes.get("inline") == "inline" and ending == ">":
            self._style_start = start
        self._text_start = end
        self._edits.append((start, end, f"<{tag}{_escaped(attributes)}{ending}"))

    def _mj_end(self, tag: str) -> None:
        start = self._offset()
        content = self._source[self._text_start : start]
        if tag in _PARKING and content.strip():
            self._edits.append((self._text_start, start, f"\ue010{len(self.parked)}\ue011"))
            self.parked.append(content.strip())
        if tag == "mj-title":
            # The title becomes the aria-label of the root div, unescaped.
            words = html.unescape(content).replace('"', "”")
            self._edits.append((self._text_start, start, html.escape(words, quote=False)))
        if tag == "mj-style" and self._style_start is not None:
            # inline="inline" would need the package css-inline: premailer takes it instead.
            self.inline_css.append(html.unescape(content))
            self._edits.pop()
            end = self._source.index(">", start) + 1
            self._edits.append((self._style_start, end, ""))
            self._style_start = None

    def _repeated(self, tag: str, attributes: dict[str, str], parent: str) -> str | None:
        """What comes once at most: the compiler asserts it, or drops one in silence."""
        if parent == "mj-attributes":
            key = (f"default {tag}", attributes.get("name", "") if tag == "mj-class" else "")
        elif tag in _ONCE:
            key = (tag, "")
        else:
            return None
        if key in self._seen:
            return f"<{tag}> stands twice; merge the two"
        self._seen.add(key)
        return None

    # -- where we are

    def _parent(self) -> str:
        """The innermost open mj- tag."""
        return next((tag for tag in reversed(self._open) if tag.startswith("mj")), "")

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def _fail(self, message: str, snippet: str) -> None:
        raise MjmlMistake(message, snippet=snippet, line=self.getpos()[0])


def _escaped(attributes: dict[str, str]) -> str:
    return "".join(
        f' {name}="{html.escape(html.escape(value))}"' for name, value in attributes.items()
    )
