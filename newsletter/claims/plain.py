"""A brief's Markdown as plain text of the same length, so that every place stays where it is."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s+\"[^\"]*\")?\)"  # the address of a link
    r"|<https?://[^>\s]*>|https?://\S+|www\.\S+"
    r"|\{\{.*?\}\}|<!--.*?-->|</?[a-zA-Z][^<>]*>"
    r"|^[ \t]*\d{1,3}[.)](?=\s)|^[ \t]*[#>*+-]+(?=\s)",
    re.MULTILINE | re.DOTALL,
)
_MARKS = str.maketrans(dict.fromkeys("*_`[]\\~", " "))
_SPACES = str.maketrans(
    dict.fromkeys(
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\t",
        " ",
    )
)


def plain(markdown: str) -> str:
    """What a reader reads, place by place; marks and addresses are spaces."""
    shown = _HIDDEN.sub(lambda match: " " * len(match[0]), markdown)
    return shown.translate(_SPACES).translate(_MARKS)
