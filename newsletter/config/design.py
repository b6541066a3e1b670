"""The design values all themes share: their names, and what each may be.

theme.yaml gives every one; `design:` in config.yaml may give any of them anew for a publication.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from newsletter.config.values import Strict

_FONTS = re.compile(r"[A-Za-z0-9 ,-]{1,200}\Z")
_PICTURE = re.compile(r"https://[^\s/?#@<>\"']+/[^\s<>\"']+\.(?:png|jpe?g|gif)\Z", re.IGNORECASE)
_FILE = re.compile(r"[a-z0-9_-]{1,60}\.(?:png|jpe?g|gif|webp)\Z", re.IGNORECASE)
_HOLES = re.compile(r"\{[^{}]*\}|[{}]")


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("should be a colour such as #1a2b3c")
    return value.lower()


def _fonts(value: str) -> str:
    if not _FONTS.match(value):
        raise ValueError("should be names of fonts with commas between, without quotation marks")
    return value


def _logo(value: str) -> str:
    if value and not _PICTURE.match(value) and not _FILE.match(value):
        raise ValueError("should be a PNG, JPEG or GIF: its https address, or a file of the theme")
    return value


def _words(*holes: str) -> AfterValidator:
    """Plain words that hold exactly these holes, such as `{source}`."""

    def checked(value: str) -> str:
        if _HOLES.findall(value) != [f"{{{hole}}}" for hole in holes]:
            wanted = " and ".join(f"{{{hole}}} once" for hole in holes) or "no braces"
            raise ValueError(f"should hold {wanted}")
        return value

    return AfterValidator(checked)


Colour = Annotated[str, AfterValidator(_colour)]
Fonts = Annotated[str, AfterValidator(_fonts)]
Logo = Annotated[str, AfterValidator(_logo)]
Text = Annotated[int, Field(ge=11, le=120)]
Pixels = Annotated[int, Field(ge=0, le=120)]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Words = Annotated[_Line, _words()]


class Palette(Strict):
    """One set of colours: `card` lies on `page`, `tint` sets a box off from `card`."""

    page: Colour | None = None
    card: Colour | None = None
    tint: Colour | None = None
    line: Colour | None = None
    text: Colour | None = None
    muted: Colour | None = None
    accent: Colour | None = None
    on_accent: Colour | None = None


class Type(Strict):
    """Fonts: of the publication's name and largest headlines, of headlines, of running text."""

    display: Fonts | None = None
    heading: Fonts | None = None
    body: Fonts | None = None


class Size(Strict):
    """The type scale, in pixels."""

    name: Text | None = None
    figure: Text | None = None
    lead: Text | None = None
    quotation: Text | None = None
    headline: Text | None = None
    intro: Text | None = None
    text: Text | None = None
    small: Text | None = None


class Space(Strict):
    """Widths and distances in pixels; `width` is the mail's, the gutters are its side margins."""

    width: Annotated[int, Field(ge=480, le=800)] | None = None
    gutter: Pixels | None = None
    gutter_phone: Annotated[int, Field(ge=0, le=40)] | None = None
    section: Pixels | None = None
    brief: Pixels | None = None


class Shape(Strict):
    """How round buttons are, in pixels."""

    radius: Annotated[int, Field(ge=0, le=40)] | None = None


class Brand(Strict):
    """Pictures that stand for the publication's name; without `light` the name is written."""

    light: Logo | None = None
    dark: Logo | None = None
    width: Annotated[int, Field(ge=40, le=600)] | None = None


class Vocabulary(Strict):
    """The theme's own words in one language."""

    read: Words | None = None
    read_at: Annotated[_Line, _words("source")] | None = None
    number: Annotated[_Line, _words("number")] | None = None
    web_version: Words | None = None
    advertisement: Words | None = None
    why: Annotated[_Line, _words("list")] | None = None
    unsubscribe: Words | None = None
    preferences: Words | None = None
    visit: Words | None = None


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class Design(Strict):
    """Every design value; what is None is left to the theme."""

    colours: Palette = Palette()
    dark: Palette = Palette()
    type: Type = Type()
    size: Size = Size()
    space: Space = Space()
    shape: Shape = Shape()
    logo: Brand = Brand()
    words: dict[Language, Vocabulary] = Field(default_factory=dict)
