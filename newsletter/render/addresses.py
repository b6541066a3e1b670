"""Which web addresses may stand in a mail, for links and for pictures."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LINK = re.compile(
    r"(?:https?://[^\s/?#@]+(?:[/?#]\S*)?|mailto:[^\s@]+@\S+|tel:\+?\d[\d().-]*)\Z", re.IGNORECASE
)
_PICTURE = re.compile(r"https://[^\s/?#@]+[/?#]\S*\Z", re.IGNORECASE)


def is_link(address: str) -> bool:
    """http, https, mailto and tel, without spaces and without a user name before the host."""
    return bool(_LINK.match(address)) and address.isprintable()


def is_picture(address: str) -> bool:
    """An https address, and no SVG: those hold scripts, and Gmail and Outlook draw none."""
    return bool(_PICTURE.match(address)) and not is_svg(address) and address.isprintable()


def is_svg(address: str) -> bool:
    """Whether the path of an address ends as one of an SVG does."""
    return re.split(r"[?#]", address, maxsplit=1)[0].lower().endswith((".svg", ".svgz"))


def host(address: str) -> str:
    """`example.com` of `https://www.example.com/a`; empty when the address has no host."""
    try:
        name = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.")
