"""How well briefs are held against their sources: what is told, against what a person marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from newsletter.claims import Source, claims_of
from tests.evaluation.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "data" / "claims"
TUNED, HELD_OUT = ("tuned", "tuned-2"), ("held-out",)
PRECISION, RECALL = 0.90, 0.95
_MARKED = re.compile(r"\[\[(.*?)\]\]")


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief, the places in it that its source does not support, and that source."""

    text: str
    wrong: tuple[tuple[int, int], ...]
    source: Source
    language: str


def labelled(name: str) -> Iterator[Brief]:
    """The briefs of a file; the comment at the head of tuned.yaml says how they are marked."""
    for pair in yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")):
        language = pair.get("language", "en")
        source = Source(pair["source"], pair.get("published"), "", pair.get("of", language))
        for marked in pair["briefs"]:
            # Each mark before a place moves it by the four brackets around it.
            wrong = tuple(
                (found.start() - 4 * before, found.end() - 4 * before - 4)
                for before, found in enumerate(_MARKED.finditer(marked))
            )
            yield Brief(_MARKED.sub(r"\1", marked), wrong, source, language)


def told(briefs: list[Brief]) -> tuple[float, float, int]:
    """The shares of findings that are right and of marks that are found, and how many claims."""
    right = findings = found = marks = claims = 0
    for brief in briefs:
        every = claims_of(brief.text, brief.source, language=brief.language)
        lacking = [(one.start, one.end) for one in every if not one.supported]
        right += sum(_touches(one, brief.wrong) for one in lacking)
        found += sum(_touches(one, lacking) for one in brief.wrong)
        findings, marks, claims = (
            findings + len(lacking),
            marks + len(brief.wrong),
            claims + len(every),
        )
    return right / findings, found / marks, claims


def _touches(
    one: tuple[int, int], others: list[tuple[int, int]] | tuple[tuple[int, int], ...]
) -> bool:
    return any(start < one[1] and one[0] < end for start, end in others)


def measure() -> tuple[Figure, ...]:
    """Both shares, on the briefs that the rules were tuned on and on those held out."""
    samples = [[brief for name in names for brief in labelled(name)] for names in (TUNED, HELD_OUT)]
    (precise, complete, some), (held_precise, held_complete, more) = map(told, samples)
    briefs = sum(map(len, samples))
    detail = f"{some + more} claims in {briefs} briefs"
    return (
        Figure("claim check, precision", precise, held_precise, PRECISION, detail),
        Figure("claim check, recall", complete, held_complete, RECALL, detail),
    )
