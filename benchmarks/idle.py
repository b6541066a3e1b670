"""What an idle `newsletter serve` takes: memory, its children's included, and the processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bar import Bar

SETTLE, WATCHED = 20.0, 60.0
"""Seconds until the start is over, and for which it is watched: four ticks of everything."""

MEGABYTES, PERCENT = 150.0, 1.0

SCHEDULE = """
schedule:
  weekly: {gather: thursday 06:00, remind: thursday 15:00, send: friday 08:00}
"""


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as folder:
        command = Path(sys.executable).parent / "newsletter"
        root = Path(folder) / "gazette"
        subprocess.run([command, "init", root], check=True, capture_output=True)
        with (root / "config.yaml").open("a", encoding="utf-8") as config:
            config.write(SCHEDULE)
        environment = os.environ | {"NEWSLETTER_SECRET_KEY": "the secret of a benchmark"}
        serve = [command, "-C", root, "serve", "--port", "0", "--metrics", "127.0.0.1:0"]
        running = subprocess.Popen(
            serve, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            time.sleep(SETTLE)
            before = _processor(running.pid)
            time.sleep(WATCHED)
            share = (_processor(running.pid) - before) / WATCHED * 100
            size = sum(_resident(pid) for pid in _family(running.pid))
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait()
    watched = f"over {WATCHED:.0f} s, with a schedule, a timer and figures"
    return [
        Bar("idle serve, MB", size, MEGABYTES, True, watched),
        Bar("idle serve, % of a core", share, PERCENT, True, watched),
    ]


def _family(pid: int) -> list[int]:
    """A process and those it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _family(int(child))
    return found


def _resident(pid: int) -> float:
    """Megabytes in memory, what is shared with others by its share (proportional set size)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def _processor(pid: int) -> float:
    """Seconds of the processor that a process and its children have had."""
    ticks = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
