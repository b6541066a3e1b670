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
    from collections.abc import Callable, Iterator, Mapping, Sequence

_LONGEST = 200_000


class _IssueMarkdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002  # the name is markdown-it's
        """Every link becomes a token, so that the unsafe ones can be reported, not just lost."""
        return True


# An indented line, `===` under a line or `[1]: …` in pasted text is text, not structure.
_PARSER = _IssueMarkdown("commonmark", {"html": False}).disable(
    ["code", "html_block", "html_inline", "lheading", "reference"]
)


def parse(
    source: str,
    relink: Callable[[str], str] | None = None,
    pictures: Mapping[str, tuple[str, int]] | None = None,
) -> list[Token]:
    """The token stream of one Markdown text, every link's address through `relink`.

    `pictures` says for a written address where the picture lies and how many pixels it is wide.
    RenderError beyond 200,000 characters.
    """
    if len(source) > _LONGEST:
        raise RenderError(f"a text of more than {_LONGEST:,} characters is too long for a mail")
    tokens = _PARSER.parse(source)
    for block in tokens:
        for token in block.children or ():
            if relink and token.type == "link_open":
                token.attrs["href"] = relink(str(token.attrs["href"]))
            elif pictures and token.type == "image" and token.attrs["src"] in pictures:
                token.attrs["src"], token.attrs["width"] = pictures[str(token.attrs["src"])]
    return tokens


def addresses(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str]]:
    """(`link` or `image`, address, words) of every link and picture, safe or not."""
    for block in tokens:
        children = block.children or []
        for place, token in enumerate(children):
            if token.type == "link_open":
                yield "link", str(token.attrs["href"]), _words(children[place + 1 :])
            elif token.type == "image":
                yield "image", str(token.attrs["src"]), token.content


def opening_picture(
    tokens: Sequence[Token],
) -> tuple[tuple[str, str, int | None] | None, Sequence[Token]]:
    """(address, words, width if known) of the picture that is a text's whole first paragraph, and
    what follows it.
    """
    if len(tokens) > 2 and tokens[0].type == "paragraph_open":
        children = tokens[1].children or []
        if len(children) == 1 and children[0].type == "image":
            address, width = str(children[0].attrs["src"]), children[0].attrs.get("width")
            if is_picture(address):
                return (address, children[0].content, int(width) if width else None), tokens[3:]
    return None, tokens


def closing_choices(tokens: Sequence[Token]) -> tuple[tuple[tuple[str, str], ...], Sequence[Token]]:
    """(words, address) of each link in the list that ends a text, and what stands above it.

    Such a list holds nothing but one link an item; any other list is part of the text.
    """
    if not tokens or tokens[-1].type != "bullet_list_close":
        return (), tokens
    start = max(
        place
        for place, token in enumerate(tokens)
        if token.type == "bullet_list_open" and token.level == 0
    )
    items = [token.children or [] for token in tokens[start:] if token.type == "inline"]
    links = tuple(_lone_link(children) for children in items)
    found = tuple(link for link in links if link)
    return (found, tokens[:start]) if len(found) == len(links) else ((), tokens)


def _lone_link(children: Sequence[Token]) -> tuple[str, str] | None:
    if len(children) < 3 or (children[0].type, children[-1].type) != ("link_open", "link_close"):
        return None
    if any(token.type == "link_close" for token in children[:-1]):
        return None
    address = str(children[0].attrs["href"])
    return (_words(children[1:]), address) if is_link(address) else None


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


def _picture(token: Token, column: int) -> Token:
    """As wide as the column, or as itself where it is known to be narrower."""
    address = str(token.attrs["src"])
    if not is_picture(address):
        return Token("text", "", 0, content=token.content)
    width = int(token.attrs.get("width", column))
    attrs = {"src": address, "alt": "", "width": str(min(width, column)), "class": "picture"}
    if width < column:
        attrs["style"] = f"max-width:{width}px"
    return token.copy(attrs=attrs)


def _words(tokens: Sequence[Token]) -> str:
    """The text up to the link's end."""
    words = ""
    for token in tokens:
        if token.type == "link_close":
            break
        words += token.content
    return words
