"""What the inbox shows: subject and preheader."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import HEADER_PLACE, Checked, error, note, warning
from newsletter.render.tokens import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

LONGEST_SUBJECT = 60
LONGEST_PREHEADER = 140

SUBJECT_MISSING = error(
    "subject-missing",
    "The issue has no subject.",
    "Write `subject:` in the front matter of issue.md.",
)
SUBJECT_LONG = warning(
    "subject-long",
    f"The subject is longer than {LONGEST_SUBJECT} characters, and phones cut it.",
    "Shorten it, or put what matters first.",
)
SUBJECT_REPEATED = warning(
    "subject-repeated",
    "An earlier issue had the same subject; inboxes thread the two, and readers skip the second.",
    "Say what is new this time.",
)
SUBJECT_REPLY = warning(
    "subject-reply",
    "The subject begins like an answer or a forwarded mail, which filters and readers mistrust.",
    "Remove RE:, FW: and the like.",
)
SUBJECT_SHOUTS = warning(
    "subject-shouts",
    "The subject is in capitals, or holds marks that spam filters count: !!, $$, 100% free.",
    "Write it as a headline.",
)
SUBJECT_EMOJI = note(
    "subject-emoji",
    "The subject begins or ends with an emoji, which screen readers spell out.",
    "Put words first and last.",
)
PREHEADER_MISSING = warning(
    "preheader-missing",
    "There is no preheader, so inboxes show the first words of the mail instead.",
    "Write `preheader:` in the front matter of issue.md.",
)
PREHEADER_LONG = note(
    "preheader-long",
    f"The preheader is longer than {LONGEST_PREHEADER} characters; no inbox shows so much.",
    "Shorten it.",
)
PREHEADER_REPEATS = warning(
    "preheader-repeats",
    "The preheader says what the subject says; the inbox shows both side by side.",
    "Use it for the second story.",
)
RULES = (
    SUBJECT_MISSING,
    SUBJECT_LONG,
    SUBJECT_REPEATED,
    SUBJECT_REPLY,
    SUBJECT_SHOUTS,
    SUBJECT_EMOJI,
    PREHEADER_MISSING,
    PREHEADER_LONG,
    PREHEADER_REPEATS,
)

# Answers and forwards in English, German, French, Spanish, Italian, Dutch and Scandinavian.
_REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg|antw|tr|rv|rif|i|sv|vs|vb|enc|doorst)\s?:", re.IGNORECASE)
_SPAM = re.compile(
    r"!{2,}|[$€£]{2,}|\?{3,}|\b100\s?% free\b|\bact now\b|\bclick here\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_EMOJI_RANGES = ((0x1F000, 0x1FAFF), (0x2600, 0x27BF), (0x2B00, 0x2BFF))


def check_subject(checked: Checked) -> Iterator[Finding]:
    """There, short, new, and neither an answer nor a shout; so is each on trial."""
    for written in checked.subjects:
        subject = sample(written).strip()
        for finding in _of_subject(checked, subject):
            tells = written == checked.issue.subject
            yield finding if tells else replace(finding, message=f"“{subject}”: {finding.message}")


def _of_subject(checked: Checked, subject: str) -> Iterator[Finding]:
    if not subject:
        yield SUBJECT_MISSING.broken(HEADER_PLACE, "the subject is empty")
        return
    if len(subject) > LONGEST_SUBJECT:
        yield SUBJECT_LONG.broken(HEADER_PLACE, f"the subject has {len(subject)} characters")
    if earlier := checked.known.subjects.get(_folded(subject)):
        yield SUBJECT_REPEATED.broken(HEADER_PLACE, f"{earlier} has the same subject")
    if _REPLY.match(subject):
        yield SUBJECT_REPLY.broken(HEADER_PLACE, f"it begins with “{subject.partition(':')[0]}:”")
    yield from _shouts(subject)
    if _is_emoji(subject[0]) or _is_emoji(subject.rstrip("\ufe0f\u200d")[-1]):
        yield SUBJECT_EMOJI.broken(HEADER_PLACE, "an emoji stands at its edge")


def check_preheader(checked: Checked) -> Iterator[Finding]:
    """There, short, and not the subject again."""
    subject = _folded(sample(checked.issue.subject))
    preheader = sample(checked.issue.preheader).strip()
    if not preheader:
        yield PREHEADER_MISSING.broken(HEADER_PLACE, "the preheader is empty")
    elif subject and _folded(preheader).startswith(subject):
        yield PREHEADER_REPEATS.broken(HEADER_PLACE, "it begins with the subject")
    if len(preheader) > LONGEST_PREHEADER:
        yield PREHEADER_LONG.broken(HEADER_PLACE, f"the preheader has {len(preheader)} characters")


def folded_subject(subject: str) -> str:
    """A subject as it is compared with those of other issues."""
    return _folded(sample(subject))


def _shouts(subject: str) -> Iterator[Finding]:
    if found := _SPAM.search(subject):
        yield SUBJECT_SHOUTS.broken(HEADER_PLACE, f"“{found[0]}” is in it")
    words = _WORD.findall(subject)
    if len(words) >= 3 and all(word.isupper() for word in words):
        yield SUBJECT_SHOUTS.broken(HEADER_PLACE, "it is all in capitals")


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", unicodedata.normalize("NFC", text).casefold()).split())


def _is_emoji(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _EMOJI_RANGES)
