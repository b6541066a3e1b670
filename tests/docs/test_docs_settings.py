"""docs/configuration.md lists every setting with its default, its bounds and its variable."""

from __future__ import annotations

import json
import os

import pytest
import yaml

from newsletter.config import SECRET_KEY, SENDGRID_KEY, SMTP_PASSWORD, WEBHOOK_KEY, Settings

ELSEWHERE = {"design"}  # a theme's own values, in docs/editor.md
SCHEMA = Settings.model_json_schema(by_alias=True)


def settings(schema=SCHEMA, path=""):
    """(name, its schema, whether it must be given) of everything that holds a value."""
    for name, field in schema["properties"].items():
        yield from _leaves(field, f"{path}{name}", name in schema.get("required", ()))


def _leaves(field, name, required):
    referred = _referred(field) if "$ref" in field else {}
    group = next((one for one in field.get("anyOf", ()) if "$ref" in one), None)
    if "properties" in referred:
        yield from settings(referred, f"{name}.")
    elif group is not None:  # one that may be left out
        yield name, field, required
        if name not in ELSEWHERE:
            yield from settings(_referred(group), f"{name}.")
    elif "$ref" in field.get("items", {}):
        yield name, field, required
        yield from settings(_referred(field["items"]), f"{name}[].")
    elif "patternProperties" in field:
        yield name, field, required
        (inner,) = field["patternProperties"].values()
        if "$ref" in inner:
            yield from settings(_referred(inner), f"{name}.KEY.")
    else:
        yield name, referred | field, required


def _referred(field):
    return SCHEMA["$defs"][field["$ref"].rpartition("/")[2]]


def variable(name):
    """Where the environment may set it; a part of a list cannot be set by itself."""
    return None if "[]" in name else f"`NEWSLETTER_{name.upper().replace('.', '__')}`"


@pytest.fixture(scope="module")
def documented(pages, section, rows):
    table = rows(section(pages["docs/configuration.md"], "Every setting"))
    names = [row[0].strip("`") for row in table]
    assert len(set(names)) == len(names)
    return dict(zip(names, table, strict=True))


def test_every_setting_is_documented_and_no_other(documented):
    assert set(documented) == {name for name, *_ in settings()}


@pytest.mark.parametrize(
    ("name", "field", "required"), [*settings()], ids=lambda one: str(one)[:40]
)
def test_default_bounds_and_variable_are_the_real_ones(name, field, required, documented):
    _, kind, default, meaning, environment = documented[name]
    if required:
        assert default == "must be given"
    else:
        assert yaml.safe_load(default.strip("`")) == field["default"]
    assert environment == (variable(name) or "–")
    assert meaning.endswith(".")
    for part in [field, *field.get("anyOf", ())]:
        for bound in ("minimum", "maximum", "exclusiveMinimum"):
            if bound in part:
                assert f"{part[bound]:,}" in kind
        for choice in part.get("enum", ()):
            assert f"`{choice}`" in kind


@pytest.mark.parametrize("name", [SECRET_KEY, SENDGRID_KEY, SMTP_PASSWORD, WEBHOOK_KEY])
def test_every_secret_is_documented(name, pages, section, rows):
    table = rows(section(pages["docs/configuration.md"], "Secrets"))
    assert f"`{name}`" in {row[0] for row in table}


def test_the_smallest_example_is_a_configuration(pages, section, tmp_path, monkeypatch):
    for name in tuple(os.environ):
        if name.startswith("NEWSLETTER_"):
            monkeypatch.delenv(name)
    block = section(pages["docs/configuration.md"], "The smallest file").split("```")[1]
    values = yaml.safe_load(block.removeprefix("yaml\n"))
    given = json.loads(Settings(**values).model_dump_json(by_alias=True, exclude_unset=True))
    assert given == values
