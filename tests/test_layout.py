"""What is shipped: the wheel holds the sample workspace, and `init` works from inside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as it would be published; nothing is fetched to build it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def test_the_sample_is_inside_as_it_is_in_the_repository(wheel, names):
    files = [ROOT / "config.yaml"]
    files += [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    files.append(ROOT / "issues" / "2026-11-20" / "issue.md")
    with zipfile.ZipFile(wheel) as archive:
        for path in files:
            name = f"newsletter/sample/{path.relative_to(ROOT).as_posix()}"
            assert archive.read(name) == path.read_bytes()


def test_every_file_the_package_reads_is_inside(names):
    read = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "newsletter").rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    ]
    assert "newsletter/render/clients/caniemail.json" in read
    assert set(read) <= names


def test_nothing_else_is_inside(names):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"newsletter"}
    assert not [name for name in names if ".db" in name or "__pycache__" in name]


def test_the_command_is_declared(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        declared = archive.read(points).decode()
    assert "newsletter = newsletter.cli.main:main" in declared.splitlines()


def test_init_works_from_an_installed_wheel(wheel, tmp_path):
    site = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import newsletter;"
        "from newsletter.cli.main import main; print(newsletter.__file__); main()"
    )

    def newsletter(*arguments):
        command = [sys.executable, "-c", program, str(site), *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(str(site))
        return done.stdout

    assert "gazette is ready." in newsletter("init", "gazette")
    assert "2026-11-20" in newsletter("-C", "gazette", "list")
    made = {
        path.relative_to(tmp_path / "gazette").as_posix()
        for path in (tmp_path / "gazette" / "templates").rglob("*")
        if path.is_file()
    }
    assert made == {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
