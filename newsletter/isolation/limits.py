"""What one isolated call may use up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory` and `result` in bytes; `cpu` in seconds of a processor, `wall` on the clock.

    A machine that knows no memory limit for a process leaves that one out.
    """

    memory: int = 1024**3
    cpu: int = 8
    wall: float = 9.0
    result: int = 64 * 1024**2
