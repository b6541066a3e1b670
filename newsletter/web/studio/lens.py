"""How an editor wants to look at an issue, as an address says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from newsletter.usecases.looking import Lens

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTHS = (("phone", "Phone"), ("tablet", "Tablet"), ("desktop", "Desktop"), ("all", "All"))
PIXELS = {"phone": 390, "tablet": 768, "desktop": 1024}
PARTS = (
    ("mail", "Mail"),
    ("text", "Text part"),
    ("html", "HTML source"),
    ("mjml", "MJML source"),
    ("eml", "Mail file"),
    ("file", "issue.md"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A lens, the width of the frames, and which part of the mail is wanted."""

    lens: Lens
    width: str = "desktop"
    part: str = "mail"

    @property
    def frames(self) -> tuple[tuple[str, int], ...]:
        """Name and width in pixels of each frame."""
        return tuple((key, PIXELS[key]) for key in PIXELS if self.width in (key, "all"))

    @property
    def query(self) -> str:
        """The same, as the query of an address: what differs from the usual."""
        lens = self.lens
        values = {
            "width": "" if self.width == "desktop" else self.width,
            "part": "" if self.part == "mail" else self.part,
            "version": lens.version,
            "client": lens.client,
            "scheme": "dark" if lens.dark else "",
            "pictures": "" if lens.pictures else "off",
            "reader": lens.reader,
        }
        return urlencode({name: value for name, value in values.items() if value})


def asked_of(query: Mapping[str, str]) -> Asked:
    """What a query asks for; anything unknown is as if it were not there."""
    width, part = query.get("width", ""), query.get("part", "")
    return Asked(
        lens=Lens(
            version=query.get("version", ""),
            client=query.get("client", ""),
            dark=query.get("scheme") == "dark",
            pictures=query.get("pictures") != "off",
            reader=query.get("reader", ""),
        ),
        width=width if width in dict(WIDTHS) else "desktop",
        part=part if part in dict(PARTS) else "mail",
    )
