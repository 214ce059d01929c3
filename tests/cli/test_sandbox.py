from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_the_sandbox_runs_until_it_is_ended(tmp_path: Path) -> None:
    command = [
        sys.executable, "-c", "from mainstem.cli import main; main()",
        "sandbox", "unipile", "--port", "0", "--scenario", "quiet", "--key", "k",
        "--log", str(tmp_path / "writes.jsonl"), "--start", "2026-01-05", "--speed", "0",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = running.stdout.readline() + running.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said
        assert "MAINSTEM_UNIPILE_KEY=k" in said
        asked = urllib.request.Request(f"{found[0]}/sandbox/clock", headers={"X-API-KEY": "k"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert json.load(answer)["now"] == "2026-01-05T00:00:00.000Z"
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
