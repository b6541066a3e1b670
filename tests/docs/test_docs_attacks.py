"""The table of attacks in docs/contributor.md: complete, and each of its tests exists."""

import ast
import re

NO_DOOR = {31, 32, 34, 58, 103}  # the page says why
WANTED = [f"A{number:02}" for number in range(1, 111) if number not in NO_DOOR]
ROW = re.compile(r"^\| (A\d{2,3}) \| [^|]+ \| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)


def test_every_attack_has_a_test(repository):
    page = (repository / "docs" / "contributor.md").read_text(encoding="utf-8")
    rows = ROW.findall(page)
    assert [number for number, *_ in rows] == WANTED
    missing = [row for row in rows if row[2] not in _tests(repository / row[1])]
    assert missing == []


def _tests(path):
    if not path.is_file():
        return set()
    return {node.name for node in ast.parse(path.read_text()).body if hasattr(node, "name")}
