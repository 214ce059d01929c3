"""`mainstem revos verify`: the whole path of a lead, by real processes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mainstem.server.rehearsal import rehearse

STEPS = [
    "started", "started", "started", "activated", "published", "commented", "asked", "answered",
    "told", "confirmed", "sent", "clicked", "sent twice",
]  # fmt: skip


def test_a_lead_comes_all_the_way() -> None:
    told: list[str] = []
    with tempfile.TemporaryDirectory() as folder:  # a socket's path has to be short
        home = Path(folder)
        home.chmod(0o711)
        rehearse(home, told.append)
    assert [line[:12].strip() for line in told] == STEPS
