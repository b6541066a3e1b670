"""What must not go out: secrets, notes to oneself, tokens nobody will exchange."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import (
    HTML,
    TEXT,
    Checked,
    CheckedVersion,
    error,
    line,
    warning,
)
from newsletter.render.tokens import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.domain.rendition import Rendition

SECRET = error(
    "secret",
    "A text holds what looks like a key or password.",
    "Remove it, and revoke the key: it may have been copied already.",
    safety=True,
)
PLACEHOLDER = warning(
    "placeholder",
    "A text holds a note to oneself, filler, or a {{ … }} that nothing fills in.",
    "Write the real text, or remove it.",
)
TOKEN_LEFT = error(
    "token-left",
    "A merge token stands where it will not be exchanged.",
    "Use {{ reader.… }} and {{ unsubscribe_url }} only as the theme guide shows.",
    safety=True,
)
RULES = (SECRET, PLACEHOLDER, TOKEN_LEFT)

# (what it is, how it begins, its whole form): looking for beginnings first is far quicker.
_SECRETS = tuple(
    (name, beginnings.split(), re.compile(pattern))
    for name, beginnings, pattern in (
        ("a SendGrid key", "SG.", r"SG\.[\w-]{22}\."),
        ("an AWS key", "AKIA ASIA", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36}"),
        ("a Slack token", "xox", r"\bxox[abprs]-[\w-]{10,}"),
        ("a Stripe key", "sk_live_ rk_live_", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
        ("a Google key", "AIza", r"\bAIza[\w-]{35}"),
        ("a private key", "-----BEGIN", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    )
)
_PLACEHOLDER = re.compile(
    r"\b[Ll]orem ipsum\b|\b(?:TODO|FIXME|TK|TKTK|XXX)\b|\{\{.{0,40}|\{%.{0,40}|\*\|\w+\|\*"
    r"|\[(?:insert|add|your) [^\]]{1,40}\]",
    re.DOTALL | re.IGNORECASE,
)
# In small letters these are words of a text: a todo list, tk (a bank), xxx.
_ONLY_IN_CAPITALS = {"todo", "fixme", "tk", "tktk", "xxx"}


def check_secrets(checked: Checked) -> Iterator[Finding]:
    """No key in the issue; the finding does not repeat it (A107)."""
    links = ((one.place, one.address) for one in checked.links)
    for place, text in (*checked.texts, *links):
        for name in _secrets(text):
            yield SECRET.broken(place, f"there is {name}")


def check_page_secrets(version: CheckedVersion) -> Iterator[Finding]:
    """Nor in what a theme adds."""
    checked = version.checked
    told = {
        name
        for text in (*(text for _, text in checked.texts), *(one.address for one in checked.links))
        for name in _secrets(text)
    }
    for name in _secrets(version.rendition.html):
        if name not in told:
            yield SECRET.broken(HTML, f"there is {name}")


def _secrets(text: str) -> Iterator[str]:
    for name, beginnings, pattern in _SECRETS:
        if any(beginning in text for beginning in beginnings) and pattern.search(text):
            yield name


def check_placeholders(checked: Checked) -> Iterator[Finding]:
    """Nothing unfinished in what a person wrote."""
    for place, text in checked.texts:
        for found in _PLACEHOLDER.finditer(sample(text)):
            word = found[0]
            if word.lower() not in _ONLY_IN_CAPITALS or word.isupper():
                yield PLACEHOLDER.broken(place, f"“{' '.join(word.split())}”")
    for brief in checked.issue.briefs:
        if sample(brief.headline) != brief.headline:
            yield PLACEHOLDER.broken(
                line(brief), "a headline is never filled in, so it shows {{ … }}"
            )


def check_tokens(version: CheckedVersion) -> Iterator[Finding]:
    """Every word with the token prefix is a token of that very part."""
    rendition = version.rendition
    for part, text in _parts(rendition):
        known = {token.placeholder for token in rendition.tokens if token.part == part}
        for prefix in {token.placeholder[:-4] for token in rendition.tokens}:
            left = set(re.findall(rf"{prefix}[a-z0-9]{{0,4}}", text)) - known
            if left:
                yield TOKEN_LEFT.broken(part, f"{len(left)} words of ours are not exchanged")


def _parts(rendition: Rendition) -> tuple[tuple[str, str], ...]:
    return (HTML, rendition.html), (TEXT, rendition.text), ("subject", rendition.subject)
