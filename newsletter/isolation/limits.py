"""What one isolated call may use up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory` and `result` in bytes; `cpu` in seconds of a processor, `wall` on the clock.

    After so many `calls` a child is let go: what hostile input left behind in it goes, too.
    A machine that knows no memory limit for a process leaves that one out.
    """

    memory: int = 1024**3
    cpu: int = 8
    wall: float = 9.0
    result: int = 64 * 1024**2
    calls: int = 500
