"""docs/checks.md is what the checks themselves say."""

from __future__ import annotations

import runpy

from newsletter.render.checks import RULES


def test_the_page_of_checks_is_current(pages, repository):
    written = runpy.run_path(str(repository / "docs" / "catalogue.py"))["page"]()
    assert pages["docs/checks.md"] == written, "run `python docs/catalogue.py` and look at the diff"


def test_every_check_stands_in_it(pages, rows):
    told = {
        (row[0].removesuffix(" †").strip("`"), row[1], "†" in row[0])
        for row in rows(pages["docs/checks.md"])
    }
    assert told == {(rule.code, rule.level.value, rule.safety) for rule in RULES}
