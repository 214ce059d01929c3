"""What people see of a renaming: the diff, the census by name, and what was left to them."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from mainstem.unify.rename.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.rename.model import RenamedFile, Renaming


def diff_of(file: RenamedFile) -> str:
    """The edits of a file as a unified diff."""
    before, after = (
        text.decode(errors="replace").splitlines(keepends=True)
        for text in (file.before, file.after)
    )
    lines = difflib.unified_diff(before, after, f"a/{file.path}", f"b/{file.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def census(renaming: Renaming) -> Counter[tuple[str, Kind, bool]]:
    """How many places there are, by old name, kind, and whether they are in tests."""
    return Counter(
        (spot.old, spot.kind, file.is_test) for file in renaming.files for spot in file.spots
    )


def census_table(renaming: Renaming) -> Table:
    """The census to look at: product and tests apart."""
    counts = census(renaming)
    kinds = [kind for kind in Kind if any(key[1] is kind for key in counts)]
    shown = Table(box=None, pad_edge=False)
    shown.add_column("table", overflow="fold")
    for kind in kinds:
        shown.add_column(kind.value, justify="right")
    shown.add_column("in tests", justify="right")
    for old in sorted({key[0] for key in counts}):
        tests = sum(count for key, count in counts.items() if key[0] == old and key[2])
        cells = [str(counts[old, kind, False] or "") for kind in kinds]
        shown.add_row(Text(f"{old} → {renaming.renames.names[old]}"), *cells, str(tests or ""))
    return shown


def doubt_lines(renaming: Renaming) -> Iterator[str]:
    """What could not be decided, product code first."""
    for doubt in sorted(renaming.doubts, key=lambda one: (one.is_test, one)):
        yield f"{doubt.place}: {doubt.expression}: {doubt.reason}"


def as_dict(renaming: Renaming) -> dict[str, object]:
    """The same for programs."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for (old, kind, is_test), count in sorted(
        census(renaming).items(), key=lambda one: (one[0][0], one[0][1].value, one[0][2])
    ):
        part = counts.setdefault(old, {}).setdefault("tests" if is_test else "product", {})
        part[kind.value] = count
    return {
        "renames": dict(renaming.renames.names),
        "files": [file.path for file in renaming.files],
        "census": counts,
        "undecided": [
            {
                "file": doubt.place.file,
                "line": doubt.place.line,
                "expression": doubt.expression,
                "reason": doubt.reason,
                "is_test": doubt.is_test,
            }
            for doubt in renaming.doubts
        ],
    }
