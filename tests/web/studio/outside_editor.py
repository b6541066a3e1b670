"""An editor that knows nothing of the studio: it adds a word to a brief and saves, over and over.

    python outside_editor.py ISSUE.MD HOW_MANY

It saves as careful editors do: a new file changes places with the old one, and where that is not
what was read, the words of both are put together. So whatever is missing in the end, the studio
has lost. Words are o1, o2 and so on; each is told once it stands in the file.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from newsletter.issues.replacing import exchange

WORD = re.compile(r" [os]\d+\b")
FOOT = "\n\n[Trade Wire]"


def blocks(text: str) -> list[str]:
    """The text cut before each brief."""
    return re.split(r"(?m)^(?=### )", text)


def name(block: str) -> str:
    return block.partition("\n")[0]


def with_words(block: str, words: list[str]) -> str:
    return block.replace(FOOT, f"{''.join(words)}{FOOT}", 1)


def together(mine: str, theirs: str) -> str:
    """Their text with the words that only mine has."""
    known = {name(block): WORD.findall(block) for block in blocks(mine)}
    made = []
    for block in blocks(theirs):
        there = set(WORD.findall(block))
        made.append(
            with_words(block, [one for one in known.get(name(block), []) if one not in there])
        )
    return "".join(made)


def save(path: Path, old: str, new: str) -> None:
    spare = path.with_name(".outside.tmp")
    while True:
        spare.write_bytes(new.encode())
        try:
            exchange(spare, path)
        except FileNotFoundError:
            continue
        displaced = spare.read_bytes().decode()
        spare.unlink()
        if displaced == old:
            return
        old, new = new, together(new, displaced)


def main(path: Path, count: int) -> None:
    for number in range(1, count + 1):
        text = path.read_bytes().decode()
        parts = blocks(text)
        place = 1 + number * 7 % (len(parts) - 1)
        parts[place] = with_words(parts[place], [f" o{number}"])
        save(path, text, "".join(parts))
        print(f"o{number}", flush=True)
        time.sleep(0.002 * (number % 5))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
