"""Links a person wrote: an address for readers, said in words that say where it leads."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from newsletter.render.addresses import host, is_link
from newsletter.render.checks.rules import Checked, CheckedVersion, error, warning
from newsletter.render.links import is_tracking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

LINK_SCHEME = error(
    "link-scheme",
    "A link is neither http, https, mailto nor tel, or is no address at all; it was left out.",
    "Write the whole address, as in https://example.com/story.",
)
LINK_HTTP = warning(
    "link-http",
    "A link is http, which browsers warn of and networks can read.",
    "Use https if the site has it.",
)
LINK_EMPTY = error(
    "link-empty", "A link has no address or no words.", "Fill in what is missing, or remove it."
)
LINK_PRIVATE = error(
    "link-private",
    "A link leads to a machine of your own network, which no reader reaches.",
    "Use the address of the public site.",
)
LINK_STAGING = warning(
    "link-staging",
    "A link leads to what looks like a test or preview site.",
    "Use the address of the public site.",
)
LINK_SHORTENER = warning(
    "link-shortener",
    "A link is a shortened one; filters distrust those, and readers do not see where it leads.",
    "Use the address it leads to.",
)
LINK_TRACKING = warning(
    "link-tracking",
    "A link was written with somebody else's tracking words; readers get it without them.",
    "Open the address without them, and write it so: most end at the question mark.",
)
LINK_WORDS = warning(
    "link-words",
    "A link's words say nothing of where it leads: “here”, “read more”.",
    "Link the words that name the story.",
)
ANCHOR_DEAD = error(
    "anchor-dead",
    "A link leads to a place in the mail that is not there.",
    "Correct what stands after the #, or link the whole page.",
)
RULES = (
    LINK_SCHEME,
    LINK_HTTP,
    LINK_EMPTY,
    LINK_PRIVATE,
    LINK_STAGING,
    LINK_SHORTENER,
    LINK_TRACKING,
    LINK_WORDS,
    ANCHOR_DEAD,
)

_SHORTENERS = {
    "bit.ly", "buff.ly", "cutt.ly", "dlvr.it", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy",
    "rebrand.ly", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "trib.al", "v.gd",
}  # fmt: skip
_STAGING = re.compile(
    r"(?:^|[.-])(?:stag(?:e|ing)|preview|preprod|uat|qa|dev|test|sandbox|beta)\d*[.-]"
    r"|\.(?:vercel\.app|netlify\.app|ngrok(?:-free)?\.(?:io|app)|herokuapp\.com|pages\.dev"
    r"|azurewebsites\.net|wpengine\.com)$"
)
_PRIVATE_ENDINGS = ("localhost", ".local", ".internal", ".intranet", ".lan", ".corp", ".home.arpa")
_VAGUE = {
    "here", "click here", "click", "link", "this", "this link", "more", "read more", "learn more",
    "continue", "details", "hier", "hier klicken", "klicken sie hier", "mehr", "weiterlesen",
    "mehr lesen", "ici", "cliquez ici", "lire la suite", "en savoir plus", "plus", "aquí",
    "haga clic aquí", "leer más", "más", "más información", "ver más",
}  # fmt: skip


def check_addresses(checked: Checked) -> Iterator[Finding]:
    """Each link of the issue has words, and an address that readers can follow."""
    for link in checked.links:
        if not link.address or not link.words.strip():
            what = "address" if not link.address else "words"
            yield LINK_EMPTY.broken(link.place, f"a link has no {what}")
        elif link.address.startswith("#"):
            yield ANCHOR_DEAD.broken(
                link.place, f"“{link.address[:60]}” leads nowhere in a mail; it was left out"
            )
        elif not is_link(link.address):
            yield LINK_SCHEME.broken(
                link.place, f"“{link.address[:80]}” is no address for a mail; it was left out"
            )
        else:
            yield from _doubts(link.place, link.address)


def check_words(checked: Checked) -> Iterator[Finding]:
    """Each link says where it leads, also to who hears only the links (WCAG 2.4.4)."""
    for link in checked.links:
        if " ".join(re.sub(r"[^\w\s]", "", link.words).split()).casefold() in _VAGUE:
            yield LINK_WORDS.broken(link.place, f"“{link.words.strip()}” says not where it leads")


def check_page_addresses(version: CheckedVersion) -> Iterator[Finding]:
    """Links the theme makes have an address, and places in the mail exist."""
    tokens = {token.placeholder for token in version.rendition.tokens}
    page = version.page
    names = {
        element.attributes[name]
        for element in page.elements
        for name in ("id", "name")
        if name in element.attributes
    }
    for element, name, address in page.addresses():
        if element.tag not in {"a", "area"} or name != "href":
            continue
        place = f"html:{element.line}"
        if not address.strip():
            yield LINK_EMPTY.broken(place, "a link of the page has no address")
        elif address not in tokens and not _may_stand(address):
            yield LINK_SCHEME.broken(place, f"“{address[:80]}” is no address for a mail")
        elif address.startswith("#") and address != "#" and address[1:] not in names:
            yield ANCHOR_DEAD.broken(place, f"nothing in the mail is called “{address[1:60]}”")


def _doubts(place: str, address: str) -> Iterator[Finding]:
    """What else may be wrong with an address that may stand."""
    shown, name = address[:200], host(address)
    if address.lower().startswith("http:"):
        yield LINK_HTTP.broken(place, f"{shown} is not https")
    if not address.lower().startswith("http"):
        return
    if _is_private(name):
        yield LINK_PRIVATE.broken(place, f"{name} is not on the public internet")
    elif _STAGING.search(name):
        yield LINK_STAGING.broken(place, f"{name} looks like a test site")
    elif name in _SHORTENERS:
        yield LINK_SHORTENER.broken(place, f"{shown} is a shortened address")
    junk = [key for key, _ in parse_qsl(urlsplit(address).query) if is_tracking(key)]
    if junk:
        yield LINK_TRACKING.broken(place, f"{name} is linked with {', '.join(junk[:5])}")


def _is_private(name: str) -> bool:
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return name.endswith(_PRIVATE_ENDINGS) or "." not in name


def _may_stand(address: str) -> bool:
    return is_link(address) or address.startswith(("cid:", "#"))
