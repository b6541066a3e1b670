"""The table of faults in docs/contributor.md: complete, and each of its tests exists."""

import ast
import re

WANTED = {f"F{number:02}" for number in range(1, 58)}
ROW = re.compile(r"^\| (F\d\d) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`(?:, )?")


def test_every_fault_has_a_test(repository):
    page = (repository / "docs" / "contributor.md").read_text(encoding="utf-8")
    rows = ROW.findall(page)
    assert sorted(number for number, _ in rows) == sorted(WANTED)
    assert [number for number, tests in rows if not tests or TEST.sub("", tests)] == []
    named = [(number, *one) for number, tests in rows for one in TEST.findall(tests)]
    missing = [row for row in named if row[2] not in _tests(repository / row[1])]
    assert missing == []


def _tests(path):
    if not path.is_file():
        return set()
    return {node.name for node in ast.parse(path.read_text()).body if hasattr(node, "name")}
