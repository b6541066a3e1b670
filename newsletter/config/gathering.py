"""Where news comes from, how politely it is fetched, and how it becomes a draft."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from newsletter.config.values import Duration, Key, Line, Name, Strict, WebAddress

PLACES = ("feed", "page", "listing", "sitemap", "folder")


class Source(Strict):
    """Where news comes from: exactly one of feed, page, listing, sitemap and folder.

    `weight` says how much the desk thinks of it: the heaviest outlet of a story leads. `follow`
    reads the article behind each entry, too.
    """

    name: Name
    feed: WebAddress | None = None
    page: WebAddress | None = None
    listing: WebAddress | None = None
    sitemap: WebAddress | None = None
    folder: Path | None = None
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    follow: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(getattr(self, place) is not None for place in PLACES) != 1:
            raise ValueError("a source has exactly one of feed, page, listing, sitemap and folder")
        return self


class SectionRule(Strict):
    """A section of each issue, filled by `gather` with `min` to `max` briefs.

    Whatever is of one of the `sources`, in one of the `categories`, holds one of the `keywords` or
    fulfils `match` belongs to it; a section without any of these takes what no other asks for.
    """

    key: Key
    title: Name
    min: Annotated[int, Field(ge=0, le=200)] = 0
    max: Annotated[int, Field(ge=1, le=200)] | None = None
    sources: tuple[Name, ...] = ()
    categories: tuple[Name, ...] = ()
    keywords: tuple[Name, ...] = ()
    match: Line = ""


class ThinWeek(Strict):
    """What happens, decided in advance, in a week with fewer than `least` new stories.

    `widen` looks back further, up to `widen_to`; `shorten` leaves sections below their minimum out;
    `skip` says that this week has no issue.
    """

    least: Annotated[int, Field(ge=0, le=1000)] = 0
    then: Literal["shorten", "widen", "skip"] = "shorten"
    widen_to: Annotated[Duration, Field(json_schema_extra={"default": "14d"})] = timedelta(days=14)


class Gathering(Strict):
    """How news is fetched, and what of it is drafted.

    `allow_private` names hosts on private networks to be read; `pause` is the least time between
    two requests to one host; `contact` stands in the User-Agent. Nothing older than `look_back` is
    drafted, and what is held over is offered until `hold_over` has passed.
    """

    allow_private: tuple[str, ...] = ()
    deadline: Annotated[float, Field(gt=0, le=300)] = 30.0
    concurrency: Annotated[int, Field(ge=1, le=200)] = 16
    pause: Annotated[float, Field(ge=0, le=60)] = 1.0
    robots: bool = True
    contact: Line = ""
    proxy: WebAddress | None = None
    most_new: Annotated[int, Field(ge=1)] = 100
    look_back: Annotated[Duration, Field(json_schema_extra={"default": "7d"})] = timedelta(days=7)
    hold_over: Annotated[Duration, Field(json_schema_extra={"default": "14d"})] = timedelta(days=14)
    thin_week: ThinWeek = ThinWeek()

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None and not proxy.startswith("http://"):
            raise ValueError("should be an address such as http://proxy.example.com:3128")
        return proxy
