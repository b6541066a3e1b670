"""The demo goes the whole way, alone and again, and leaves everybody's own things alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager

import pytest

from newsletter.demo.run import SECRET, run
from newsletter.errors import ConfigError, WorkspaceError


class Listener:
    """Remembers what the demo tells; see demo.report.Report."""

    def __init__(self):
        self.steps, self.told = {}, {}

    @contextmanager
    def step(self, what, total):
        self.steps[what] = 0

        def advance(more):
            self.steps[what] += more

        yield advance

    def __getattr__(self, name):
        def tell(*values, **more):
            self.told[name] = (values, more)

        return tell


@pytest.fixture
def listener(monkeypatch):
    """Runs of the demo, in an environment that leads nowhere else."""
    monkeypatch.setenv("NEWSLETTER_SECRET_KEY", "the secret of a real workspace")
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.a-real-key")
    return Listener()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One folder for the runs that follow each other."""
    return tmp_path_factory.mktemp("demo") / "gazette"


def test_the_whole_way_twice_in_the_same_folder(place, listener):
    assert run(place, listener) is True
    assert listener.steps == {
        "Gathering": 4,
        "Rendering": 1,
        "Importing": (place / "readers.csv").stat().st_size,
        "Sending": listener.told["sent"][0][0].mailed,
        "Taking events in": 1,
    }
    (facts,), _ = listener.told["judged"]
    assert all(facts.values())
    assert len(facts) == 5
    assert len(_followed(place)) > 10
    before = set((place / "issues").iterdir())
    assert run(place, Listener()) is True
    assert len(set((place / "issues").iterdir()) - before) == 1


def _followed(place):
    """The links of the mail that readers followed."""
    with closing(sqlite3.connect(place / ".newsletter" / "newsletter.db")) as store:
        query = "SELECT url FROM event WHERE kind = 'clicked' AND url IN (SELECT url FROM link)"
        return {url for (url,) in store.execute(query)}


def test_what_it_tells_to_look_at_next_is_there_and_keeps_real_secrets(place, listener):
    assert run(place, listener) is True
    (steps,), told = listener.told["end"]
    assert told == {"complete": True}
    assert steps[0].startswith(f"export NEWSLETTER_SECRET_KEY={SECRET} ")
    assert (place / "build" / steps[-1].split("#")[0].strip().rpartition("/")[2]).is_file()
    written = "\n".join(steps) + (place / "config.yaml").read_text(encoding="utf-8")
    assert "real" not in written


def test_somebodys_own_workspace_is_left_alone(sample, listener):
    before = (sample / "config.yaml").read_bytes()
    with pytest.raises(WorkspaceError, match="is a workspace of its own; name an empty folder"):
        run(sample, listener)
    assert (sample / "config.yaml").read_bytes() == before
    assert not (sample / ".newsletter" / "simulator").exists()


@pytest.mark.parametrize(
    "name", ["NEWSLETTER_DATABASE", "NEWSLETTER_SENDING__SENDGRID__HOST", "NEWSLETTER_THEME"]
)
def test_settings_of_the_environment_are_refused(tmp_path, listener, monkeypatch, name):
    monkeypatch.setenv(name, "https://real.example.com")
    with pytest.raises(ConfigError, match=f"unset {name} first"):
        run(tmp_path / "gazette", listener)
    assert not (tmp_path / "gazette").exists()
