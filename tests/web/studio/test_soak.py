"""Many edits from two sides at once: each is in the file in the end, or was answered otherwise.

NEWSLETTER_SOAK says how many; 1,000 are the full measure.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

EDITS = int(os.environ.get("NEWSLETTER_SOAK", "150"))
HANDS = 3
"""Windows of the studio that edit at once."""

WORD = re.compile(r" [os]\d+\b")
EDITOR = Path(__file__).with_name("outside_editor.py")


def field(page, name):
    found = re.search(
        rf'name="{name}" (?:rows="\d+">\n(.*?)</textarea>|value="(.*?)")', page, re.DOTALL
    )
    return html.unescape(found[1] or found[2] or "")


def edit(client, studio, token, number):
    """Add a word to a brief and, now and then, move it; the word where that was a conflict."""
    ours = {"Origin": studio.address, "X-Studio-Token": token, "HX-Request": "true"}
    place = 1 + number * 3 % 20
    page = client.get(f"/i/{studio.slug}/brief/{place}", headers=ours).text
    form = {name: field(page, name) for name in ("brief", "place", "headline", "link", "source")}
    text = f"{field(page, 'text')} s{number}"
    answer = client.post(f"/i/{studio.slug}/words", data=form | {"text": text}, headers=ours)
    assert answer.status_code in (200, 409), answer.text
    if number % 4 == 0:
        there = {"brief": form["brief"], "to": "section:lead" if number % 8 else "section:latest"}
        moved = client.post(f"/i/{studio.slug}/arrange", data=there, headers=ours)
        assert moved.status_code in (200, 409), moved.text
    return f"s{number}" if answer.status_code == 409 else None


def bare(text):
    """Every brief without the words that were added, in an order of its own."""
    parts = re.split(r"(?m)^(?=##)", WORD.sub("", text))
    return sorted(part.rstrip("\n") for part in parts)


def test_an_edit_is_in_the_file_or_was_answered_with_a_conflict(studio):
    before = studio.file.read_bytes().decode()
    half = EDITS // 2
    with httpx2.Client(base_url=studio.address, timeout=60) as client:
        front = client.get(f"/i/{studio.slug}").text
        token = re.search(r'X-Studio-Token": "(\w+)"', html.unescape(front))[1]
        with (
            subprocess.Popen(
                [sys.executable, EDITOR, studio.file, str(EDITS - half)],
                stdout=subprocess.PIPE,
                text=True,
            ) as outside,
            ThreadPoolExecutor(HANDS) as hands,
        ):
            numbers = range(1, half + 1)
            answers = list(hands.map(lambda number: edit(client, studio, token, number), numbers))
            saved = outside.communicate(timeout=600)[0].split()
    after = studio.file.read_bytes().decode()
    words = {word.strip() for word in WORD.findall(after)}
    refused = set(filter(None, answers))
    assert len(saved) == EDITS - half
    assert {f"s{number}" for number in numbers} - refused <= words
    assert set(saved) <= words
    assert bare(after) == bare(before)
    assert len(refused) < half, "every edit was refused, so nothing was tried"
    assert {path.name for path in studio.file.parent.iterdir()} == {"issue.md"}
