"""How long `newsletter --help` takes, against importing click and rich alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.bar import Bar, interleaved


def bars() -> list[Bar]:
    command = Path(sys.executable).parent / "newsletter"

    def ours() -> None:
        subprocess.run([command, "--help"], check=True, capture_output=True)

    def limit() -> None:
        subprocess.run([sys.executable, "-c", "import click, rich"], check=True)

    mine, bare = interleaved(ours, limit, rounds=15)
    detail = f"{mine * 1000:.0f} ms against {bare * 1000:.0f} ms"
    return [Bar("newsletter --help ÷ import click, rich", mine / bare, 2.0, True, detail)]
