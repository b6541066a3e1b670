"""Segments as an operator looks at them."""

from __future__ import annotations

import json

import pytest

PEOPLE = (
    "email,role,country,visits",
    "ada@example.com,retailer,US,3",
    "bea@example.com,retailer,DE,12",
    "cid@example.org,press,US,",
)


@pytest.fixture
def people(run, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("\n".join([*PEOPLE, ""]), encoding="utf-8")
    assert run("subscribers", "import", path, "--list", "weekly").exit_code == 0


def printed(result):
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_every_segment_is_listed_with_its_size(run, people):
    found = json.loads(printed(run("segments", "list", "--json")))
    assert {one["name"]: one["people"] for one in found} == {"trade": 2, "retailers": 1}
    assert "role = 'retailer' and country in ('US', 'CA')" in printed(run("segments", "list"))


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("retailers",), 1),
        (("retailers", "--list", "weekly"), 1),
        (("retailers", "--list", "gems"), 0),
        (("--where", "visits > 3"), 1),
        (("--where", "not opened within 90 days"), 3),
        (("--where", "domain = 'example.org' or received >= 1"), 1),
    ],
)
def test_people_of_a_segment_or_an_expression_are_counted(run, people, arguments, count):
    assert json.loads(printed(run("segments", "count", *arguments, "--json"))) == {"people": count}


def test_a_sample_masks_addresses_unless_they_are_asked_for(run, people):
    shown = printed(run("segments", "sample", "--where", "visits >= 3"))
    assert "b***@e***.com" in shown
    assert "bea@" not in shown
    assert "visits" in shown
    full = json.loads(printed(run("segments", "sample", "trade", "--addresses", "--json")))
    assert sorted(one["address"] for one in full) == ["ada@example.com", "bea@example.com"]
    assert full[0]["lists"] == ["weekly"]
    assert full[0]["attributes"] == {"role": "retailer"}


def test_a_sample_is_no_larger_than_asked_and_the_same_each_time(run, people):
    one, again = (
        printed(run("segments", "sample", "--where", "created within 1 day", "-n", 2, "--json"))
        for _ in range(2)
    )
    assert one == again
    assert len(json.loads(one)) == 2


def test_a_segment_or_an_expression_is_explained(run):
    assert printed(run("segments", "explain", "retailers")) == (
        "all of these:\n- role is “retailer”\n- country is “US” or “CA”\n"
    )
    assert printed(run("segments", "explain", "received < 3")) == "received fewer than 3 mails\n"


def test_a_word_alone_is_taken_for_the_name_of_a_segment(run):
    result = run("segments", "explain", "retailer")
    assert result.exit_code == 2
    assert "there is no segment “retailer”; config.yaml has: trade, retailers" in result.stderr


def test_a_mistake_is_shown_with_a_caret_below_it(run):
    result = run("segments", "count", "--where", "role = 'a' and city = ;")
    assert result.exit_code == 2
    sentence, line, caret = result.stderr.splitlines()
    assert "this is not understood (character 23 of" in sentence
    assert line[len(caret) - 1] == ";"


def test_a_list_nobody_has_is_told_where_config_names_it(run, sample):
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('"role = ', "\"on list 'weekyl' and role = "), encoding="utf-8")
    result = run("segments", "list")
    assert result.exit_code == 2
    assert "config.yaml: there is no list “weekyl”" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("trade", "--where", "a = 1")])
def test_a_name_or_an_expression_is_needed_and_not_both(run, arguments):
    for verb in ("count", "sample"):
        result = run("segments", verb, *arguments)
        assert result.exit_code == 2
        assert "name a segment, or write --where" in result.stderr
