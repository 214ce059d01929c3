"""Run the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "audit",
    "extraction",
    "isolation",
    "jobs",
    "merge",
    "move",
    "pages",
    "planning",
    "proof",
    "rest",
    "triggers",
    "webhooks",
    "week",
)


def main(names: list[str]) -> None:
    """Run each named benchmark in turn."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        sys.exit(f"no benchmark named {', '.join(unknown)}; there are {', '.join(NAMES)}")
    for name in names or NAMES:
        import_module(f"benchmarks.{name}").main()


main(sys.argv[1:])
