"""The sources of config.yaml: listed, found from a site's address, added, taken from OPML."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from newsletter import config
from newsletter.config.file import CONFIG_FILE, read
from newsletter.config.source_lines import with_sources
from newsletter.domain.source import Offer, Sample
from newsletter.errors import ConfigError, GatherError
from newsletter.gather.canonical import address_key
from newsletter.gather.discovery import USUAL_PLACES, feeds_of, news_sitemaps_of, site_name
from newsletter.gather.opml import read_opml, write_opml
from newsletter.gather.reading import kind_of
from newsletter.gather.sandbox import Kind
from newsletter.gather.sourcing import items_of, place_of
from newsletter.issues.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.item import Item
    from newsletter.gather.fetch import Page

_HEADLINES = 3
_FEWEST_STORIES = 3
"""A page with fewer links that look like stories is no listing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place that was read once; `taken_by` names the source that reads it already."""

    offer: Offer
    sample: Sample
    taken_by: str | None = None


def offers_of(sources: Sequence[config.Source]) -> tuple[Offer, ...]:
    """The sources on the web, in their order."""
    return tuple(
        Offer(place_of(source)[0].value, place_of(source)[1], source.name, source.weight,
              source.follow)
        for source in sources
        if source.folder is None
    )  # fmt: skip


def find_sources(workspace: Workspace, url: str) -> tuple[Found, ...]:
    """What can be read at an address or on its site, the best first: feeds, a news sitemap, a page.

    An address that is a feed or a sitemap is that one alone. Raises GatherError where the address
    cannot be fetched or nothing can be read there.
    """
    page = workspace.fetcher.fetch(url, None)
    found = tuple(_looked_at(workspace, page))
    if not found:
        host = urlsplit(page.url).hostname
        raise GatherError(f"{host} offers nothing to read here; give the address of its news page")
    return found


def add_sources(workspace: Workspace, offers: Sequence[Offer]) -> tuple[config.Source, ...]:
    """Write new sources into config.yaml, the rest of it unchanged; what was written.

    A name that is taken gets its host behind it. Raises ConfigError where config.yaml is not the
    place that decides, or has a form that is not edited safely.
    """
    if "NEWSLETTER_SOURCES" in workspace.environment:
        raise ConfigError("the sources come from NEWSLETTER_SOURCES; change them there")
    path = workspace.root / CONFIG_FILE
    text = path.read_bytes().decode("utf-8")
    names = {source.name for source in workspace.settings.sources}
    entries = []
    for offer in offers:
        name = _free_name(offer, names)
        names.add(name)
        entries.append(_entry(replace(offer, name=name)))
    written = with_sources(text, entries, file=CONFIG_FILE)
    before = workspace.settings.sources
    after = read(config.Settings, written, file=CONFIG_FILE).sources
    if after[: len(before)] != before or len(after) != len(before) + len(entries):
        raise ConfigError("its sources are not edited here; add them by hand", file=CONFIG_FILE)
    write_atomically(path, written)
    return after[len(before) :]


def import_opml(workspace: Workspace, file: Path) -> tuple[tuple[config.Source, ...], int]:
    """Add the sources of an OPML file; what was added, and how many were there before.

    Nothing is fetched: `sources check` tells which of them can be read. Raises GatherError naming
    the file where it is no OPML.
    """
    try:
        offers = workspace.isolation.run(read_opml, file.read_bytes())
    except FileNotFoundError:
        raise GatherError("there is no such file; check the path", file=str(file)) from None
    except GatherError as error:
        raise GatherError(error.message, file=str(file)) from error
    known = {address_key(one.url) for one in offers_of(workspace.settings.sources)}
    new = [offer for offer in offers if address_key(offer.url) not in known]
    return (add_sources(workspace, new) if new else ()), len(offers) - len(new)


def export_opml(workspace: Workspace, file: Path) -> tuple[int, int]:
    """Write the sources on the web to an OPML file; how many, and how many folders were left."""
    sources = workspace.settings.sources
    offers = offers_of(sources)
    write_atomically(file, write_opml(offers, title=workspace.settings.publication.name))
    return len(offers), len(sources) - len(offers)


def sampled(items: Sequence[Item], *, validators: bool = False) -> Sample:
    """What the items of one reading say of their source."""
    moments = [item.published for item in items if item.published]
    return Sample(
        items=len(items),
        articles=sum(bool(item.text and item.title) for item in items),
        newest=max(moments, default=None),
        headlines=tuple(item.title or item.text for item in items[:_HEADLINES]),
        validators=validators,
    )


def has_validators(page: Page) -> bool:
    """Whether the server can tell, the next time, that nothing has changed."""
    return bool(page.validators.etag or page.validators.last_modified)


def _looked_at(workspace: Workspace, page: Page) -> Iterator[Found]:
    kind = kind_of(page.content)
    named = workspace.isolation.run(site_name, page.content, url=page.url, charset=page.charset)
    if kind != "page":
        place = "sitemap" if kind == "sitemap" else "feed"
        yield from _tried(workspace, page, Offer(place, page.url, named))
        return
    some = False
    for found in _elsewhere(workspace, page, named):
        some = True
        yield found
    if not some:
        yield from _as_page(workspace, page, named)


def _elsewhere(workspace: Workspace, page: Page, named: str) -> Iterator[Found]:
    """The feeds a page links to, else those in the usual places, and the site's news sitemap."""
    offers = workspace.isolation.run(feeds_of, page.content, url=page.url, charset=page.charset)
    offers = offers or tuple(Offer("feed", urljoin(page.url, path)) for path in USUAL_PLACES)
    known: set[str] = set()
    for offer in (*offers, *_sitemaps(workspace, page)):
        if address_key(offer.url) in known:
            continue
        known.add(address_key(offer.url))
        with suppress(GatherError):
            answer = workspace.fetcher.fetch(offer.url, None)
            if kind_of(answer.content) != "page":
                name = named if offer.name in ("", "RSS", "Atom") else offer.name
                yield from _tried(workspace, answer, replace(offer, name=name))


def _sitemaps(workspace: Workspace, page: Page) -> tuple[Offer, ...]:
    try:
        robots = workspace.fetcher.fetch(urljoin(page.url, "/robots.txt"), None)
    except GatherError:
        return ()
    named = news_sitemaps_of(robots.content, url=robots.url)
    return tuple(Offer("sitemap", address) for address in named)


def _as_page(workspace: Workspace, page: Page, named: str) -> Iterator[Found]:
    """The page itself, as a list of stories where it has some, else as an article."""
    for found in _tried(workspace, page, Offer("listing", page.url, named)):
        if found.sample.items >= _FEWEST_STORIES:
            yield found
            return
    yield from _tried(workspace, page, Offer("page", page.url, named))


def _tried(workspace: Workspace, page: Page, offer: Offer) -> Iterator[Found]:
    """The offer with what was read there; nothing where it cannot be read."""
    with suppress(GatherError):
        items = items_of(
            page,
            Kind(offer.kind),
            source=offer.name,
            fetcher=workspace.fetcher,
            sandbox=workspace.sandbox,
        )
        taken = {address_key(one.url): one.name for one in offers_of(workspace.settings.sources)}
        validators = has_validators(page)
        yield Found(offer, sampled(items, validators=validators), taken.get(address_key(offer.url)))


def _free_name(offer: Offer, names: set[str]) -> str:
    """A name no source has: its own, with its host, with a number."""
    host = (urlsplit(offer.url).hostname or "").removeprefix("www.")
    name = offer.name or host
    candidates = [name, f"{name} ({host})", *(f"{name} {number}" for number in range(2, 1_000))]
    return next(one for one in candidates if one not in names)


def _entry(offer: Offer) -> dict[str, str | float | bool]:
    entry: dict[str, str | float | bool] = {"name": offer.name, offer.kind: offer.url}
    if offer.weight != 1:
        entry["weight"] = offer.weight
    if offer.follow:
        entry["follow"] = True
    return entry
