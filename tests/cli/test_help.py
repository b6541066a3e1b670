"""Every verb explains itself, with an example wherever it takes arguments."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from newsletter import __version__
from newsletter.cli.main import main


def verbs(group, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        yield (*path, name), command


VERBS = dict(verbs(main))


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_help_says_what_a_verb_does(path):
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: main " + " ".join(path))
    assert len(VERBS[path].help.split()) >= 4


TAKERS = [
    path
    for path, command in VERBS.items()
    if any(isinstance(part, click.Argument) for part in command.params)
]


@pytest.mark.parametrize("path", TAKERS, ids=" ".join)
def test_a_verb_with_arguments_shows_an_example(path):
    assert "newsletter " + " ".join(path) in VERBS[path].help


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_every_option_says_what_it_is_for(path):
    silent = [
        option.name
        for option in VERBS[path].params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


def test_verbs_stand_in_the_order_of_their_use():
    result = CliRunner().invoke(main, ["--help"])
    places = [result.stdout.index(f"\n  {verb} ") for verb in ("init", "gather", "approve", "send")]
    assert places == sorted(places)


@pytest.mark.parametrize("group", [(), ("subscribers",)], ids=["newsletter", "subscribers"])
def test_no_summary_is_cut_off_in_the_list_of_verbs(group):
    result = CliRunner().invoke(main, [*group, "--help"], terminal_width=80)
    assert "..." not in result.stdout.partition("Commands:")[2]


def test_the_version():
    assert CliRunner().invoke(main, ["--version"]).stdout == f"newsletter, version {__version__}\n"


def test_a_verb_that_is_none_is_an_error_of_use():
    result = CliRunner().invoke(main, ["sned"])
    assert result.exit_code == 2
    assert "No such command 'sned'" in result.stderr
