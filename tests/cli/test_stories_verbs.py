"""stories and hold as an editor types them."""

from __future__ import annotations

import json

import pytest

SLUG = "2026-11-20"
NOTES = {
    "one.md": "# Castellan counts its scrap\n\nDeliveries at Castellan fell 18 percent in May.\n",
    "two.md": "# Castellan scrap counted\n\nCastellan says deliveries fell 18 percent in May.\n",
    "three.md": "# A bench is free in Basel\n\nAsk at the school before Friday.\n",
}


@pytest.fixture
def gathered(run, sample):
    """An issue into which three notes of two stories were gathered."""
    for name, text in NOTES.items():
        (sample / "inbox" / name).write_text(text, encoding="utf-8")
    for name in NOTES:
        assert run("gather", SLUG, "--from", sample / "inbox" / name).exit_code == 0
    return sample / "issues" / SLUG


def shown(run, *options):
    result = run("stories", SLUG, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_stories_are_listed_with_the_reason(run, gathered):
    result = run("stories", SLUG)
    assert result.exit_code == 0
    assert "18 percent, Castellan" in result.stdout
    assert "1 more story of one item; see --all." in result.stdout
    assert "A bench is free" not in result.stdout
    assert "A bench is free" in run("stories", SLUG, "--all").stdout


def test_a_story_is_split_and_joined_again(run, gathered):
    (story,) = shown(run)
    names = [member["item"]["id"] for member in story["members"]]
    result = run("stories", "split", SLUG, names[0][:8])
    assert "Apart from now on.\nNext: newsletter gather 2026-11-20" in result.stdout
    assert shown(run) == []
    assert len(shown(run, "--all")) == 3
    assert "One story from now on." in run("stories", "join", SLUG, *names).stdout
    assert len(shown(run)) == 1


def test_a_brief_is_held_over(run, gathered):
    bench = next(one for one in shown(run, "--all") if len(one["members"]) == 1)
    result = run("hold", SLUG, bench["members"][0]["item"]["id"], "--until", "2026-12-11")
    told = "Held over until 2026-12-11, in issues/2026-11-20/candidates.md.\n"
    assert (result.exit_code, result.stdout) == (0, told)
    assert "held over: until 2026-12-11" in (gathered / "candidates.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("stories", "2020-01-01"), "there is no issue “2020-01-01”"),
        (("stories", "split", SLUG, "abcdef"), "no item “abcdef” was gathered for 2026-11-20"),
        (("hold", SLUG, "abcdef"), "there is no brief of an item “abcdef”"),
        (("hold", SLUG, "abcdef", "--until", "soon"), "is no day; write it as 2026-11-27"),
        (("stories",), "Usage"),
    ],
)
def test_mistakes_are_one_sentence(run, arguments, says):
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output
