"""The note that a server's sandbox leaves in MAINSTEM_HOME, for those who look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX_VARIABLE = "MAINSTEM_SANDBOX"
NOTE = "sandbox.json"


class Note(msgspec.Struct, frozen=True):
    """Where the sandbox of a home is, for those who start a worker beside it."""

    address: str
    key: str


def noted(home: Path) -> Note | None:
    """The sandbox that the home's server runs; None when it runs none."""
    try:
        return msgspec.json.decode((home / NOTE).read_bytes(), type=Note)
    except (OSError, msgspec.DecodeError):
        return None
