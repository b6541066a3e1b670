"""Writes checks.md beside this file from what the checks say of themselves.

python docs/catalogue.py
"""

from __future__ import annotations

import re
from pathlib import Path

from newsletter.domain.finding import Level
from newsletter.render.checks import RULES

_HEAD = """\
# The checks

For the editor. `newsletter check ISSUE` runs every check below and prints what it finds: the level,
the place, what is wrong, what to do, and the code. `newsletter approve ISSUE` runs them too, but
asks neither the network nor the readers' attributes nor earlier issues nor SpamAssassin.

An **error** stops approval; `check` ends with exit code 1. A **warning** should be looked at. A
**note** is often meant. Neither of these two stops anything.

`checks:` in [config.yaml](configuration.md#every-setting) gives a check another level, and an issue
may [silence](editor.md#findings-you-accept) one with a reason. What is marked † guards readers or
the law, and stays.

This page is written by `docs/catalogue.py` from the rules in the code.

| code | level | what is wrong | what to do |
| --- | --- | --- | --- |
"""
_ORDER = (Level.ERROR, Level.WARNING, Level.NOTE)


def page() -> str:
    """The whole page: errors first, within a level by code."""
    rules = sorted(RULES, key=lambda rule: (_ORDER.index(rule.level), rule.code))
    lines = (
        f"| `{rule.code}`{' †' if rule.safety else ''} | {rule.level.value} | {_cell(rule.what)} "
        f"| {_cell(rule.remedy)} |\n"
        for rule in rules
    )
    return _HEAD + "".join(lines)


def _cell(text: str) -> str:
    """Words for a Markdown table, where some marks would mean something outside of code."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [re.sub(r"([<\[*_])", r"\\\1", words) for words in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("checks.md").write_text(page(), encoding="utf-8")
