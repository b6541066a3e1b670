"""The whole message: what RFC 5322 allows, and what SpamAssassin makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import TEXT, Checked, CheckedVersion, error, note, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

LONGEST_LINE = 998

LINE_LENGTH = error(
    "line-length",
    f"A line of the message is longer than {LONGEST_LINE} bytes, which RFC 5322 forbids.",
    "Shorten the subject or the names in config.yaml; bodies are encoded and never that long.",
)
HEADER_NOT_ASCII = error(
    "header-not-ascii",
    "A header of the message holds bytes that are not ASCII, which RFC 5322 forbids.",
    "Use ASCII in addresses; names and subjects are encoded for you.",
)
TEXT_STUB = warning(
    "text-stub",
    "The text part lacks most words of the HTML; filters count that, and some readers see only it.",
    "Let the theme's issue.txt.j2 print every brief.",
)
SPAM_SCORE = warning(
    "spam-score",
    "SpamAssassin on this machine would call the mail spam, or nearly so.",
    "Change what its reasons name.",
)
SPAM_FILTER_MISSING = note(
    "spam-filter-missing",
    "SpamAssassin is not installed on this machine, so the mail was not scored.",
    "Install it (`spamassassin` or `spamc` on the PATH), or switch this note off in config.yaml.",
)
RULES = (LINE_LENGTH, HEADER_NOT_ASCII, TEXT_STUB, SPAM_SCORE, SPAM_FILTER_MISSING)

_WORD = re.compile(r"[^\W\d_]{4,}")
_FEWEST_WORDS = 20
# A mail near the limit is over it elsewhere: sites add rules of their own.
_NEARLY = 0.8


def check_message(version: CheckedVersion) -> Iterator[Finding]:
    """Lines within 998 bytes and headers in ASCII (RFC 5322, 2.1.1 and 2.2)."""
    mail = version.checked.known.mails.get(version.rendition.version)
    if mail is None:
        return
    longest = max((len(one) for one in re.split(rb"\r?\n", mail)), default=0)
    if longest > LONGEST_LINE:
        yield LINE_LENGTH.broken("message", f"a line has {longest:,} bytes")
    head = re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0]
    for line in re.split(rb"\r?\n", head):
        if not line.isascii():
            name = line.partition(b":")[0].decode("ascii", "replace")[:40]
            yield HEADER_NOT_ASCII.broken("message", f"the header {name}")


def check_text(version: CheckedVersion) -> Iterator[Finding]:
    """Most words of the HTML stand in the text (SpamAssassin's MPART_ALT_DIFF)."""
    words = set(_WORD.findall(version.page.text.casefold()))
    told = set(_WORD.findall(version.rendition.text.casefold()))
    if len(words) >= _FEWEST_WORDS and len(words & told) < len(words) / 2:
        share = len(words & told) / len(words)
        yield TEXT_STUB.broken(TEXT, f"it has {share:.0%} of the words")


def check_spam(checked: Checked) -> Iterator[Finding]:
    """The score, where somebody asked for it."""
    spam = checked.known.spam
    if spam is not None and spam.score >= _NEARLY * spam.limit:
        why = ", ".join(spam.reasons[:8])
        yield SPAM_SCORE.broken("message", f"{spam.score:.1f} of {spam.limit:.1f} points: {why}")
    if checked.known.spam_filter_missing:
        yield SPAM_FILTER_MISSING.broken("message", "neither spamc nor spamassassin was found")
