"""The same Markdown as plain text: 78 columns, links as numbered notes below the text.

RFC 5322 section 2.1.1 asks for lines of at most 78 characters; an address is never broken.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from markdown_it.tree import SyntaxTreeNode

from newsletter.render.addresses import is_link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markdown_it.token import Token

COLUMNS = 78


class Notes:
    """The links of one mail, numbered through; `taken` hands over those not printed yet."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: list[str] = []

    def add(self, address: str) -> int:
        """The number of a new note."""
        self._count += 1
        self._waiting.append(f"[{self._count}] {address}")
        return self._count

    def taken(self) -> str:
        """The waiting notes, a line each."""
        lines, self._waiting = self._waiting, []
        return "\n".join(lines)


def wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """The text in lines of 78 columns, after `first` and then `rest` as indents."""
    return "\n".join(
        textwrap.fill(
            line,
            COLUMNS,
            initial_indent=first if number == 0 else (first if rest is None else rest),
            subsequent_indent=first if rest is None else rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, line in enumerate(text.split("\n"))
    )


def to_text(tokens: Sequence[Token], fill: Callable[[str], str], notes: Notes) -> str:
    """The text with its notes below; `fill` exchanges merge tokens in running text."""
    tree = SyntaxTreeNode(tokens)
    body = _blocks(tree.children, "", fill, notes)
    return "\n\n".join(part for part in (body, notes.taken()) if part)


def _blocks(
    nodes: Sequence[SyntaxTreeNode], indent: str, fill: Callable[[str], str], notes: Notes
) -> str:
    blocks = (_block(node, indent, fill, notes) for node in nodes)
    return "\n\n".join(block for block in blocks if block)


def _block(node: SyntaxTreeNode, indent: str, fill: Callable[[str], str], notes: Notes) -> str:
    match node.type:
        case "bullet_list" | "ordered_list":
            return _list(node, indent, fill, notes)
        case "blockquote":
            return _blocks(node.children, f"{indent}> ", fill, notes)
        case "fence":
            return textwrap.indent(node.content.rstrip("\n"), f"{indent}    ")
        case "hr":
            return f"{indent}* * *"
        case _:
            words = "".join(_inline(child, fill, notes) for child in node.children)
            return wrap(words, indent)


def _list(node: SyntaxTreeNode, indent: str, fill: Callable[[str], str], notes: Notes) -> str:
    start = int(node.attrs.get("start", 1))
    items = []
    for number, item in enumerate(node.children, start):
        mark = f"{number}. " if node.type == "ordered_list" else "- "
        hang = indent + " " * len(mark)
        text = _blocks(item.children, hang, fill, notes)
        items.append(indent + mark + text.removeprefix(hang))
    return "\n".join(items)


def _inline(node: SyntaxTreeNode, fill: Callable[[str], str], notes: Notes) -> str:
    match node.type:
        case "text":
            return fill(node.content)
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "code_inline" | "image":
            return node.content
        case "link":
            return _link(node, fill, notes)
        case _:
            return "".join(_inline(child, fill, notes) for child in node.children)


def _link(node: SyntaxTreeNode, fill: Callable[[str], str], notes: Notes) -> str:
    words = "".join(_inline(child, fill, notes) for child in node.children)
    address = str(node.attrs["href"])
    if not is_link(address) or words == address.removeprefix("mailto:"):
        return words
    return f"{words} [{notes.add(address)}]"
