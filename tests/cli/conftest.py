"""The command as people run it: in this process, or in one of its own where signals matter."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from newsletter.app import SystemClock, SystemRandomness
from newsletter.cli.main import main
from newsletter.config import SECRET_KEY
from newsletter.providers.simulator.server import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENVIRONMENT = {SECRET_KEY: "a secret of the tests only", "NO_COLOR": "1"}
WITHOUT_WIDTH = {name: os.environ[name] for name in os.environ if name not in ("COLUMNS", "LINES")}
"""A terminal's own width counts only where no variable speaks for it, as some runners' does."""
PROGRAM = [sys.executable, "-c", "from newsletter.cli.main import main; main()"]


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What `serve` sets up in this process is its own."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture
def run(sample):
    """Run a verb in the sample; keywords are the environment (None unsets)."""

    def verb(*arguments, folder=sample, text=None, **environment):
        return CliRunner().invoke(
            main,
            ["-C", str(folder), *map(str, arguments)],
            env=ENVIRONMENT | environment,
            input=text,
        )

    return verb


@pytest.fixture
def start(sample):
    """Start a verb as a process of its own, which ends with the test at the latest."""
    started = []

    def verb(*arguments, folder=sample, stdout=subprocess.PIPE, **environment):
        started.append(
            subprocess.Popen(
                [*PROGRAM, "-C", str(folder), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.PIPE,
                text=True,
                env=WITHOUT_WIDTH | ENVIRONMENT | environment,
            )
        )
        return started[-1]

    yield verb
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def simulator(tmp_path):
    """On the machine's clock, as the commands are."""
    folder = tmp_path / "simulator"
    with Simulator(folder, clock=SystemClock(), randomness=SystemRandomness()) as running:
        yield running


@pytest.fixture
def through_sendgrid(simulator):
    """The environment that sends through the stand-in."""
    return {
        "SENDGRID_API_KEY": "SG.test",
        "NEWSLETTER_SENDING__PROVIDER": "sendgrid",
        "NEWSLETTER_SENDING__SENDGRID__HOST": simulator.url,
    }


@pytest.fixture
def told():
    """One line on the error stream that says so, exit code 2, and no traceback."""

    def check(result, sentence):
        assert isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == 2
        line, *excerpt = result.stderr.splitlines()
        assert not excerpt or (len(excerpt) == 2 and excerpt[1].strip() == "^")
        assert line.startswith("Error: ")
        assert re.search(sentence, line)

    return check


@pytest.fixture
def everything(sample):
    """All that stands in a workspace: its files' bytes, and its database's rows."""

    def read():
        files = {
            str(path.relative_to(sample)): path.read_bytes()
            for path in sample.rglob("*")
            if path.is_file() and not path.name.startswith("newsletter.db")
        }
        return files, _dump(sample / ".newsletter" / "newsletter.db")

    return read


def _dump(path: Path) -> list[str] | bytes:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return list(connection.iterdump())
    except sqlite3.DatabaseError:
        return path.read_bytes()
