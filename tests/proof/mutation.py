"""Mutation testing of the transition tables and the pure policy: `make mutation`.

Each mutant differs from the code in one place: a move taken from a table or put into it, a state or
an outcome exchanged, a comparison or a number shifted, a condition negated. A mutant that no test
notices is printed. Works on a copy of the package, so that nothing here is ever changed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SUBJECTS = {
    "newsletter/domain/campaign.py": (
        "tests/proof/test_specification.py",
        "tests/domain/test_campaign.py",
    ),
    "newsletter/delivery/policy.py": ("tests/proof/test_answers.py",),
}
WANTED = 0.9
SHIFTED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def mutants(source: str) -> Iterator[str]:
    """Every mutant of a module, as source."""
    tree = ast.parse(source)
    states, idle = _states(tree), _idle(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in idle:
            continue
        for change in range(len(_changes(node, states))):
            changed = copy.deepcopy(tree)
            _changes(list(ast.walk(changed))[number], states)[change]()
            yield ast.unparse(ast.fix_missing_locations(changed))


def _states(tree: ast.Module) -> dict[str, list[str]]:
    """The names of each enumeration, of this module and of those it imports."""
    names: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr.isupper():
                names.setdefault(name, []).append(attr)
    return {name: sorted(set(found)) for name, found in names.items()}


def _changes(node: ast.AST, states: dict[str, list[str]]) -> list:  # noqa: PLR0911
    """What can be done to one place, each a function that does it."""
    match node:
        case ast.Set(elts=elements):
            return [lambda at=at: elements.pop(at) for at in range(len(elements))] + [
                lambda name=name: elements.append(name) for name in _missing(elements, states)
            ]
        case ast.Call(func=ast.Name(id="frozenset"), args=[]):
            return []
        case ast.Compare(ops=[operator]) if type(operator) in SHIFTED:
            return [lambda: node.ops.__setitem__(0, SHIFTED[type(operator)]())]
        case ast.BinOp(op=operator) | ast.BoolOp(op=operator) if type(operator) in SHIFTED:
            return [lambda: setattr(node, "op", SHIFTED[type(operator)]())]
        case ast.UnaryOp(op=ast.Not()):
            return [lambda: setattr(node, "op", ast.UAdd())]
        case ast.Constant(value=bool() as value):
            return [lambda: setattr(node, "value", not value)]
        case ast.Constant(value=int() | float() as value):
            return [lambda: setattr(node, "value", value + 1)]
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in states.get(name, ()):
            others = [other for other in states[name] if other != attr]
            return [lambda: setattr(node, "attr", others[0])] if others else []
        case _:
            return []


def _missing(elements: list[ast.expr], states: dict[str, list[str]]) -> list[ast.expr]:
    """The moves a table does not allow."""
    known = {element.attr for element in elements if isinstance(element, ast.Attribute)}
    if not known:
        return []
    name = elements[0].value.id
    return [
        ast.Attribute(ast.Name(name, ast.Load()), attr, ast.Load())
        for attr in states[name]
        if attr not in known
    ]


def _idle(tree: ast.Module) -> set[int]:
    """What has no meaning at run time: annotations, and how a dataclass is made."""
    parts: list[ast.AST | None] = []
    for node in ast.walk(tree):
        parts += [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dataclass":
            parts.append(node)
    return {id(one) for part in parts if part is not None for one in ast.walk(part)}


def killed(place: Path, tests: tuple[str, ...]) -> bool:
    """Whether a test of the copy notices."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "--noconftest", *tests],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    if run.returncode not in (0, 1, 2, 4):
        raise RuntimeError(run.stdout.decode() + run.stderr.decode())
    return run.returncode != 0


def examine(place: Path, subject: str, tests: tuple[str, ...]) -> tuple[int, int]:
    """How many mutants of a module die, of how many; prints those that live."""
    source = (ROOT / subject).read_text(encoding="utf-8")
    plain = ast.unparse(ast.parse(source))
    (place / subject).write_text(plain, encoding="utf-8")
    if killed(place, tests):
        raise SystemExit(f"the tests of {subject} fail without a mutant")
    dead = total = 0
    for mutant in mutants(source):
        (place / subject).write_text(mutant, encoding="utf-8")
        total += 1
        if killed(place, tests):
            dead += 1
        else:
            change = difflib.unified_diff(plain.splitlines(), mutant.splitlines(), n=0, lineterm="")
            print(f"lives in {subject}:", *list(change)[2:], sep="\n", flush=True)
    (place / subject).write_text(source, encoding="utf-8")
    return dead, total


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("only", nargs="*", help="modules; all by default")
    chosen = options.parse_args().only or list(SUBJECTS)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for part in ("newsletter", "tests", "templates", "issues"):
            skip = shutil.ignore_patterns("__pycache__", "golden")
            shutil.copytree(ROOT / part, place / part, ignore=skip)
        for part in ("pyproject.toml", "config.yaml"):
            shutil.copy(ROOT / part, place)
        results = {one: examine(place, one, SUBJECTS[one]) for one in chosen}
    for subject, (dead, total) in results.items():
        print(f"{subject}: {dead} of {total} mutants killed, {dead / total:.0%}")
    return 0 if all(dead >= WANTED * total for dead, total in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
