"""What a replay may cost at most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Time in seconds, size in bytes. What goes beyond a limit is skipped, and said to be."""

    statement_s: float = 10.0
    #: how long a statement may ignore that it was cancelled before its connection is ended
    grace_s: float = 1.0
    #: for all statements of one replay together
    replay_s: float = 300.0
    disk_bytes: int = 3 * 1024**3
    file_bytes: int = 100 * 1024**2
    files: int = 5000


DEFAULT_LIMITS = Limits()
