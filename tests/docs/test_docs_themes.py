"""The pages tell every component, every design value, and examples that a theme can show."""

from __future__ import annotations

import re

import pytest
import yaml

from newsletter.config import Design
from newsletter.issues.codec import parse
from newsletter.render.theme import load

SCHEMA = Design.model_json_schema()
FRONT = "---\nsubject: s\npreheader: p\ndate: 2026-11-27\n---\n\n## Any\n"


def values(schema=SCHEMA, path=""):
    for name, field in schema["properties"].items():
        inner = field
        for pattern in field.get("patternProperties", {}).values():
            inner, name = pattern, f"{name}.KEY"  # noqa: PLW2901
        if "$ref" in inner:
            yield from values(SCHEMA["$defs"][inner["$ref"].rpartition("/")[2]], f"{path}{name}.")
        else:
            yield f"{path}{name}", inner


@pytest.fixture
def design_values(pages, section, rows):
    return {
        name.strip("`"): kind
        for name, kind, _ in rows(section(pages["docs/configuration.md"], "Design values"))
    }


def test_every_design_value_is_told_and_no_other(design_values):
    assert list(design_values) == [name for name, _ in values()]


@pytest.mark.parametrize(("name", "field"), [*values()], ids=lambda one: str(one)[:30])
def test_the_bounds_told_are_the_real_ones(name, field, design_values):
    for part in field["anyOf"]:
        for bound in ("minimum", "maximum"):
            if bound in part:
                assert str(part[bound]) in design_values[name]


def test_the_example_of_design_values_is_one(pages, section):
    text = section(pages["docs/configuration.md"], "Design values")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert Design.model_validate(yaml.safe_load(block)["design"]).words["nl"].unsubscribe


@pytest.fixture
def components(pages):
    """The part about components; its examples hold headings of their own."""
    page = pages["docs/editor.md"]
    return page[page.index("\n### Components\n") : page.index("\n### Pictures\n")]


@pytest.mark.parametrize("theme", ["digest", "magazine"])
def test_every_component_is_told(theme, components, rows, repository):
    told = {row[0].strip("`") for row in rows(components)}
    assert told == load(repository / "templates" / theme).components


def test_the_examples_name_components_there_are(components, repository):
    known = load(repository / "templates" / "digest").components
    named = set()
    for block in re.findall(r"^```markdown\n(.*?)^```$", components, re.DOTALL | re.MULTILINE):
        issue = parse(FRONT + block, slug="x", file="x").issue
        named |= {one.component for one in (*issue.sections, *issue.briefs)} - {""}
    assert named >= {"events", "figure", "poll", "quotation", "sponsor"}
    assert named <= known
