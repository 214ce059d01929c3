"""The command line with small units, so that few rows are enough for two processes and a kill.

The second process of a copy runs this module again, as `multiprocessing` does, and has them, too.
"""

from __future__ import annotations

from mainstem.cli import main
from mainstem.unify.copy import load, loading

#: so many rows are loaded by two processes
SPLIT = 40_000

if __name__ in {"__main__", "__mp_main__"}:
    for module, name, value in (
        (loading, "_SPLIT_ROWS_MIN", SPLIT),
        (loading, "_PREPARE_BYTES_MIN", 0),
        (load, "_UNIT_NOTES_MAX", 1000),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)

if __name__ == "__main__":
    main()
