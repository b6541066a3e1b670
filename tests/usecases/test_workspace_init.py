"""init makes a workspace that works, and never writes over anything."""

from __future__ import annotations

import pytest

from newsletter import config
from newsletter.errors import WorkspaceError
from newsletter.usecases.workspace import init


def test_a_new_workspace_can_be_opened(tmp_path):
    root = init(tmp_path / "deep" / "gazette")
    assert config.load(root).publication.name == "The Loupe"
    assert (root / "templates" / "digest" / "issue.mjml.j2").is_file()
    assert (root / "issues" / "2026-11-20" / "issue.md").is_file()
    assert (root / "inbox").is_dir()
    assert (root / ".gitignore").read_text(encoding="utf-8") == ".newsletter/\n"


@pytest.mark.parametrize("taken", ["config.yaml", "templates", "issues"])
def test_what_is_there_is_never_written_over(tmp_path, taken, files):
    (tmp_path / taken).mkdir()
    (tmp_path / taken / "mine").write_text("mine", encoding="utf-8")
    before = files(tmp_path)
    with pytest.raises(WorkspaceError, match=f"already has {taken}; name an empty folder"):
        init(tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize("mine", ["*.pyc\n", "*.pyc", "*.pyc\n.newsletter/\n"])
def test_what_git_ignores_already_stays_ignored(tmp_path, mine):
    (tmp_path / ".gitignore").write_text(mine, encoding="utf-8")
    init(tmp_path)
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "*.pyc\n.newsletter/\n"


def test_a_place_that_cannot_be_a_folder_is_named(tmp_path):
    (tmp_path / "letter").write_text("", encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"cannot write into .*letter/gazette: .*; check"):
        init(tmp_path / "letter" / "gazette")
