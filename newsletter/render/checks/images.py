"""Pictures: described, and where a mail can show them from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.render.addresses import host, is_picture, is_svg
from newsletter.render.checks.rules import Checked, CheckedVersion, error, note, warning
from newsletter.render.stylesheet import declarations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.render.checks.page import Element

ALT_MISSING = error(
    "alt-missing",
    "A picture has no description; many readers see only that.",
    "Write it between the brackets: ![A ring on a velvet tray](https://…).",
)
IMAGE_LOCAL = error(
    "image-local",
    "A picture is a local file, an SVG, or not https; the mail shows its description instead.",
    "Put a PNG or JPEG into the issue's own images/ and name it from there: images/name.jpg.",
)
IMAGE_REMOTE = note(
    "image-remote",
    "Pictures come from another server, which learns who opens the mail.",
    "Keep pictures you trust; `newsletter images rehost ISSUE` fetches the others.",
)
IMAGES_HEAVY = warning(
    "images-heavy",
    "The issue's own pictures weigh more than 2 MB together; readers on a phone wait for them.",
    "Leave one out, or make them smaller.",
)
REMOTE_PIXEL = error(
    "remote-pixel",
    "The HTML holds a picture nobody can see, loaded to learn who opens the mail.",
    "Remove it.",
    safety=True,
)
RULES = (ALT_MISSING, IMAGE_LOCAL, IMAGE_REMOTE, IMAGES_HEAVY, REMOTE_PIXEL)
HEAVY = 2_000_000

_PIXELS = re.compile(r"\s*([\d.]+)\s*(?:px)?\s*\Z", re.IGNORECASE)


def check_images(checked: Checked) -> Iterator[Finding]:
    """Each picture in the text has words and an address that mail programs load."""
    hosts: dict[str, str] = {}
    for picture in checked.written:
        if picture.kind != "image":
            continue
        place, address = picture.place, picture.address
        if not picture.words.strip():
            yield ALT_MISSING.broken(place, f"the picture {address[:200]} has no description")
        if address in checked.known.pictures:
            continue
        if not is_picture(address):
            yield IMAGE_LOCAL.broken(place, f"{address[:200]} is {_why_not(address)}")
        else:
            hosts.setdefault(host(address), place)
    for name, place in hosts.items():
        yield IMAGE_REMOTE.broken(place, f"pictures are loaded from {name}")
    weight = sum(checked.known.pictures.values())
    if weight > HEAVY:
        yield IMAGES_HEAVY.broken("issue.md", f"its pictures weigh {weight / 1_000_000:.1f} MB")


def check_page_images(version: CheckedVersion) -> Iterator[Finding]:
    """Each picture of the finished page has an alt attribute, if an empty one, and can be seen."""
    for element in version.page.elements:
        if element.tag != "img":
            continue
        if "alt" not in element.attributes:
            yield ALT_MISSING.broken(f"html:{element.line}", "a picture has no alt attribute")
        address = element.attributes.get("src", "")
        if address.lower().startswith(("http:", "https:", "//")) and _is_unseen(element):
            yield REMOTE_PIXEL.broken(f"html:{element.line}", f"it is loaded from {host(address)}")


def _is_unseen(element: Element) -> bool:
    """Two pixels or less in either direction, or hidden (A106)."""
    style = {
        one.name: one.value.lower() for one in declarations(element.attributes.get("style", ""))
    }
    if style.get("display") == "none" or style.get("visibility") == "hidden":
        return True
    sizes = (style.get(name, element.attributes.get(name, "")) for name in ("width", "height"))
    return any((found := _PIXELS.match(size)) and float(found[1]) <= 2 for size in sizes)


def _why_not(address: str) -> str:
    if is_svg(address):
        return "an SVG, which most mail programs do not show"
    if "://" in address:
        return "not https"
    return "a file that is not in the issue's images/"
