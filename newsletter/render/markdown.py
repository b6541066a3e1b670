"""An issue's Markdown as a safe HTML fragment. Styles come from the theme, by element.

Raw HTML is shown, never passed on; a link or picture that may not stand in a mail leaves its words
behind, and a check reports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from newsletter.errors import RenderError
from newsletter.render.addresses import is_link, is_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LONGEST = 200_000


class _IssueMarkdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002  # the name is markdown-it's
        """Every link becomes a token, so that the unsafe ones can be reported, not just lost."""
        return True


# An indented line, `===` under a line or `[1]: …` in pasted text is text, not structure.
_PARSER = _IssueMarkdown("commonmark", {"html": False}).disable(
    ["code", "html_block", "html_inline", "lheading", "reference"]
)


def parse(source: str) -> list[Token]:
    """The token stream of one Markdown text; RenderError beyond 200,000 characters."""
    if len(source) > _LONGEST:
        raise RenderError(f"a text of more than {_LONGEST:,} characters is too long for a mail")
    return _PARSER.parse(source)


def addresses(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str]]:
    """(`link` or `image`, address, words) of every link and picture, safe or not."""
    for block in tokens:
        children = block.children or []
        for place, token in enumerate(children):
            if token.type == "link_open":
                yield "link", str(token.attrs["href"]), _words(children[place + 1 :])
            elif token.type == "image":
                yield "image", str(token.attrs["src"]), token.content


def to_html(tokens: Sequence[Token], fill: Callable[[str], str], picture_width: int) -> Markup:
    """The fragment; `fill` exchanges merge tokens in running text, never inside an address."""
    ready = [_prepared(token, fill, picture_width) for token in tokens]
    return Markup(_PARSER.renderer.render(ready, _PARSER.options, {}).strip())  # noqa: S704


def _prepared(token: Token, fill: Callable[[str], str], picture_width: int) -> Token:
    if token.type in {"heading_open", "heading_close"}:
        # h1 to h3 are the mail's own: title, section, brief.
        return token.copy(tag="h4")
    if not token.children:
        return token
    return token.copy(children=list(_inline(token.children, fill, picture_width)))


def _inline(
    children: Sequence[Token], fill: Callable[[str], str], picture_width: int
) -> Iterator[Token]:
    kept: list[bool] = []
    for token in children:
        if token.type == "link_open":
            kept.append(is_link(str(token.attrs["href"])))
            if kept[-1]:
                yield token
        elif token.type == "link_close":
            if kept.pop():
                yield token
        elif token.type == "image":
            yield _picture(token, picture_width)
        elif token.type == "text":
            yield token.copy(content=fill(token.content))
        else:
            yield token


def _picture(token: Token, width: int) -> Token:
    address = str(token.attrs["src"])
    if not is_picture(address):
        return Token("text", "", 0, content=token.content)
    return token.copy(attrs={"src": address, "alt": "", "width": str(width), "class": "picture"})


def _words(tokens: Sequence[Token]) -> str:
    """The text up to the link's end."""
    words = ""
    for token in tokens:
        if token.type == "link_close":
            break
        words += token.content
    return words
