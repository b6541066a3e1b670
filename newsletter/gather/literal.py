"""Source text as Markdown that shows exactly that text."""

from __future__ import annotations

import re

# Marks that mean something anywhere in a line (CommonMark 0.31), and the braces of merge
# tokens. A backslash before ASCII punctuation makes it literal.
_ANYWHERE = re.compile(r"[\\`*_\[<~]|&(?=#?\w+;)|\{(?=\{)|(?<=\{)\{|!(?=\[)")
_LINE_START = re.compile(r"(?m)^(\s*)(#{1,6}(?=\s|$)|[-+=](?=[-+=\s]|$)|>)")
_NUMBERED = re.compile(r"(?m)^(\s*\d{1,9})([.)])(?=\s|$)")


def literal(text: str) -> str:
    """`text` with every mark escaped that a Markdown reader would take for more than itself."""
    escaped = _ANYWHERE.sub(r"\\\g<0>", text)
    escaped = _LINE_START.sub(r"\1\\\2", escaped)
    return _NUMBERED.sub(r"\1\\\2", escaped)
