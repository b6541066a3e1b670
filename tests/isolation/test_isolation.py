"""Calls in children: what comes back, what a child cannot do, and what its death costs.

What is called here stands in for a parser gone wrong: functions of the standard library.
"""

from __future__ import annotations

import ctypes
import json
import linecache
import operator
import os
import pickle
import resource
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime

import pytest

from newsletter.domain.finding import Finding, Level
from newsletter.domain.issue import Brief, Issue, Section
from newsletter.errors import IsolationError, RenderError
from newsletter.isolation import Isolation, Limits
from newsletter.isolation.answers import read_answer
from newsletter.isolation.child import LENGTH
from newsletter.render import theme
from newsletter.render.links import tagged

_ANSWERS = 4  # where a child has the line to its parent
QUICK = Limits(wall=2.0, cpu=1, memory=300 * 1024**2, result=1_000_000)


@pytest.fixture
def isolation():
    with Isolation(QUICK) as pool:
        yield pool


def test_a_result_comes_back(isolation):
    assert isolation.run(tagged, "https://a.example.com", None, "x") == "https://a.example.com"


def test_the_child_is_kept_for_the_next_call(isolation):
    assert isolation.run(os.getpid) == isolation.run(os.getpid) != os.getpid()


def test_a_child_is_let_go_after_so_many_calls():
    with Isolation(Limits(calls=4)) as pool:
        seen = [pool.run(os.getpid) for _ in range(6)]
    assert len(set(seen[:3])) == 1  # loading a module is a call, too
    assert len(set(seen)) == 2


def test_a_child_that_says_more_than_its_answer_is_let_go(isolation):
    begun = isolation.run(os.getpid)
    forged = pickle.dumps(("done", "forged"))
    with pytest.raises(IsolationError, match="said more than its answer"):
        isolation.run(os.write, _ANSWERS, LENGTH.pack(len(forged)) + forged + b"more")
    assert isolation.run(os.getpid) != begun


def test_a_child_knows_no_secret(isolation, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SECRET_KEY", "canary of a secret")
    assert isolation.run(os.getenv, "NEWSLETTER_SECRET_KEY") is None
    (environment,) = isolation.run(linecache.getlines, "/proc/self/environ")
    assert environment.strip("\0\n") == "LANG=C.UTF-8"


def test_a_child_has_no_line_but_its_own(isolation, tmp_path):
    with (tmp_path / "open").open("w"):
        names = isolation.run(os.listdir, "/proc/self/fd")
    assert len(names) == 6  # nothing, three times; the two lines; the listing itself


def test_a_child_writes_no_file(isolation, tmp_path):
    with pytest.raises(IsolationError):
        isolation.run(os.truncate, str(tmp_path / "made"), 10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        pytest.param(operator.mul, ("A", 10**9), "too much memory", id="memory"),
        pytest.param(time.sleep, (30,), "takes too long", id="hang"),
        pytest.param(sum, (range(10**12),), "takes too long", id="busy"),
        pytest.param(ctypes.string_at, (1,), "process died", id="segmentation fault"),
        pytest.param(os._exit, (0,), "process died", id="exit"),
        pytest.param(operator.mul, ("A", 2_000_000), "too large", id="result"),
        pytest.param(operator.truediv, (1, 0), "ZeroDivisionError", id="a bug"),
        pytest.param(json.loads, ("[" * 100_000,), "nested too deeply", id="depth"),
    ],
)
def test_what_goes_wrong_is_one_error_and_the_next_call_works(isolation, function, arguments, says):
    began = time.monotonic()
    with pytest.raises(IsolationError, match=says):
        isolation.run(function, *arguments)
    assert time.monotonic() - began < 25
    assert isolation.run(operator.add, 1, 2) == 3


def test_a_mistake_keeps_its_kind_and_its_place(isolation, tmp_path):
    with pytest.raises(RenderError, match="missing") as caught:
        isolation.run(theme.load, tmp_path)
    assert (type(caught.value), caught.value.line) == (RenderError, None)


def test_our_values_come_back_whole(isolation):
    issue = Issue(
        "x", date(2026, 11, 27), "s", "p", (Section("a", "A", (Brief("b", line=3),), line=1),)
    )
    values = (issue, {"at": datetime(2026, 1, 1, tzinfo=UTC), "who": frozenset({"a"})})
    found = Finding(Level.ERROR, "code", "issue.md:1", "message", "remedy")
    assert isolation.run(max, [values]) == values
    assert isolation.run(max, [(found,)]) == (found,)


class _Evil:
    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize(
    "answer",
    [
        pickle.dumps(("done", _Evil())),
        pickle.dumps(("done", operator.add)),
        pickle.dumps(("done", RenderError("x"))),
        b"garbage",
        pickle.dumps(()),
        b"",
    ],
)
def test_an_answer_that_is_more_than_values_is_refused(answer):
    with pytest.raises(IsolationError, match="not understood"):
        read_answer(answer)


def test_a_mistake_of_no_kind_of_ours_is_still_one():
    with pytest.raises(Exception, match="words") as caught:
        read_answer(pickle.dumps(("mistake", "SystemExit", "words", None, "no line")))
    assert type(caught.value).__name__ == "NewsletterError"
    assert caught.value.line is None


def test_calls_at_once_have_children_of_their_own(isolation):
    seen = []

    def call():
        isolation.run(time.sleep, 0.2)
        seen.append(isolation.run(os.getpid))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(seen)) <= 2


def test_a_child_goes_when_its_pool_closes(isolation):
    child = isolation.run(os.getpid)
    isolation.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_child_goes_when_its_parent_is_killed(isolation):
    program = (
        "import os, signal, sys\n"
        "from newsletter.isolation import Isolation\n"
        "print(Isolation().run(os.getpid), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    child = int(done.stdout)
    for _ in range(3_000):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail("the child outlived its parent")


def test_limits_hold_inside(isolation):
    assert isolation.run(resource.getrlimit, resource.RLIMIT_FSIZE) == (0, 0)
    assert isolation.run(resource.getrlimit, resource.RLIMIT_AS) == (QUICK.memory, QUICK.memory)
