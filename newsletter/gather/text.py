"""Plain text out of what sources send: nothing that is hidden, no character lost.

Text is a run of paragraphs with one blank line between them, as `domain.item.Item` holds it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Iterable

# C0 and C1 controls, surrogates and non-characters carry no text, and XML refuses them. The
# bidirectional embeddings, overrides and isolates can make a line read as something it is not
# (CVE-2021-42574).
_UNTEXT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_SURROUNDING = " \t\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_SURROUNDING += "\u200b\u2060\u202f\u205f\u3000\ufeff"

_ADDRESS = re.compile(r"(?i)https?://[^\s/\\@][^\s\\\x00-\x1f]*\Z")
# Nothing in it that joining it to a base would change.
_WHOLE_ADDRESS = re.compile(r"https?://[a-z0-9.-]+/[^\s\\;#\x00-\x1f]*(?<!\?)\Z")


def visible(text: str) -> str:
    """`text` without control characters, surrogates and bidirectional overrides."""
    return _UNTEXT.sub("", text)


def trimmed(text: str) -> str:
    """`text` without the white space and invisible marks around it; inside all stays."""
    return text.strip(_SURROUNDING)


def lines_of(text: str) -> list[str]:
    """The lines of a text with any line ends, each trimmed; blank ones are empty strings."""
    return [trimmed(visible(line)) for line in _LINE_END.split(text)]


def paragraphs_of(text: str) -> tuple[str, ...]:
    """The paragraphs of a plain text: blocks between blank lines, a wrapped block made one line."""
    blocks: list[list[str]] = [[]]
    for line in lines_of(text):
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return tuple(" ".join(block) for block in blocks if block)


def joined(paragraphs: Iterable[str]) -> str:
    """Paragraphs as one text."""
    return "\n\n".join(paragraphs)


def one_line(text: str) -> str:
    """`text` on one line, its line ends turned into spaces."""
    return " ".join(line for line in lines_of(text) if line)


def web_address(text: str | None, *, base: str = "") -> str | None:
    """`text` as an absolute http(s) address, or None when it is not one."""
    text = (text or "").strip()
    if _WHOLE_ADDRESS.match(text):
        return text
    try:
        address = urljoin(base, text)
    except ValueError:
        return None
    return address if text and _ADDRESS.match(address) else None
