"""Pictures: described, and where a mail can show them from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.render.addresses import host, is_picture, is_svg
from newsletter.render.checks.rules import Checked, error, note
from newsletter.render.markdown import addresses, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

ALT_MISSING = error(
    "alt-missing",
    "A picture has no description; many readers see only that.",
    "Write it between the brackets: ![A ring on a velvet tray](https://…).",
)
IMAGE_LOCAL = error(
    "image-local",
    "A picture is a local file, an SVG, or not https; the mail shows its description instead.",
    "Put a PNG or JPEG on your web site and use its https address.",
)
IMAGE_REMOTE = note(
    "image-remote",
    "Pictures come from another server, which learns who opens the mail.",
    "Keep pictures you trust; rehost the others.",
)
RULES = (ALT_MISSING, IMAGE_LOCAL, IMAGE_REMOTE)


def check_images(checked: Checked) -> Iterator[Finding]:
    """Each picture in the text has words and an address that mail programs load."""
    hosts: dict[str, str] = {}
    for place, text in checked.texts:
        for kind, address, words in addresses(parse(text)):
            if kind != "image":
                continue
            if not words.strip():
                yield ALT_MISSING.broken(place, f"the picture {address[:200]} has no description")
            if not is_picture(address):
                yield IMAGE_LOCAL.broken(place, f"{address[:200]} is {_why_not(address)}")
            else:
                hosts.setdefault(host(address), place)
    for name, place in hosts.items():
        yield IMAGE_REMOTE.broken(place, f"pictures are loaded from {name}")


def check_page_images(checked: Checked) -> Iterator[Finding]:
    """Each picture of the finished page has an alt attribute, if an empty one."""
    for page in checked.pages:
        for element in page.elements:
            if element.tag == "img" and "alt" not in element.attributes:
                yield ALT_MISSING.broken(f"html:{element.line}", "a picture has no alt attribute")


def _why_not(address: str) -> str:
    if is_svg(address):
        return "an SVG, which most mail programs do not show"
    if "://" in address:
        return "not https"
    return "a local file, which is not supported yet"
