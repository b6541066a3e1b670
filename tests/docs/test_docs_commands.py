"""Every verb and option stands in a page, and every command in a page is one the program takes."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from newsletter.cli.main import main

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`(newsletter [^`\n]+)`(?!`)")
ASSIGNMENT = re.compile(r"[A-Z_]+=")


def verbs(command=main, path=("newsletter",)):
    for name, one in command.commands.items():
        if isinstance(one, click.Group):
            yield from verbs(one, (*path, name))
        else:
            yield " ".join((*path, name)), one


VERBS = {"newsletter subscribers", *(path for path, _ in verbs())}


def commands_in(page):
    """Each command of the `sh` blocks and the inline code of a page, as words."""
    blocks = (block for kind, block in FENCE.findall(page) if kind == "sh")
    joined = "\n".join(blocks).replace("\\\n", " ")
    for line in [*joined.split("\n"), *SPAN.findall(FENCE.sub("", page))]:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.wordchars += "@$[]{}:,%+"
        words = []
        for word in [*lexer, ";"]:
            if set(word) <= set("();<>|&"):
                if words:
                    yield words
                words = []
            elif words or not ASSIGNMENT.match(word):
                words.append(word)


def parsed(words):
    """The context of the verb that these words call, without running it."""
    command, context = main, main.make_context("newsletter", words[1:])
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
    return context


@pytest.mark.parametrize("verb", [pytest.param(verb, id=path) for path, verb in verbs()])
def test_every_verb_and_option_stands_in_a_page(verb, pages, request):
    path = request.node.callspec.id
    telling = [text for text in pages.values() if re.search(rf"\b{path}\b", text)]
    assert telling, f"no page speaks of `{path}`"
    for parameter in verb.params:
        names = [name for name in parameter.opts if name.startswith("--")]
        assert not names or any(
            re.search(rf"(?<![\w-]){names[0]}(?![\w-])", text) for text in telling
        ), f"no page that speaks of `{path}` speaks of {names[0]}"


def test_every_command_in_a_page_is_one_the_program_takes(pages):
    seen = 0
    for name, page in pages.items():
        for words in commands_in(page):
            spoken_of = " ".join(words) in VERBS  # a verb by its name alone, in running text
            if words[0] == "newsletter" and "--help" not in words and not spoken_of:
                seen += 1
                try:
                    parsed(words)
                except click.UsageError as error:
                    pytest.fail(f"{name}: {shlex.join(words)}: {error.message}")
    assert seen > 40  # or the pages, or how they are read, have changed


def test_every_other_command_in_a_page_exists_in_the_repository(pages, repository):
    targets = set(re.findall(r"^([a-z]+):", (repository / "Makefile").read_text(), re.MULTILINE))
    everywhere = {"cat", "cd", "curl", "export", "git", "openssl", "pbpaste", "pg_dump", "pip"}
    everywhere |= {"python3", "sqlite3", "newsletter"}
    declared = (repository / "pyproject.toml").read_text()
    for name, page in pages.items():
        for words in commands_in(page):
            if words[0] == "make":
                assert set(words[1:]) <= targets, f"{name}: {shlex.join(words)}"
            elif words[0].startswith(".venv/bin/"):
                tool = words[0].removeprefix(".venv/bin/")
                assert tool == "python" or f'"{tool}' in declared, f"{name}: {tool}"
            else:
                assert words[0] in everywhere, f"{name}: {shlex.join(words)}"
