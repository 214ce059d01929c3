"""Sources that went back in time: restored from an older backup, or replaced by a copy that lagged.

A server counts its transactions upwards and never starts again. One that is behind what the last
pass saw does not know what happened since: its rows are carried over as they are, and people are
told that newer ones go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.ledger.rows import Run


def find_rewound(run: Run, described: Mapping[str, object]) -> Iterator[str]:
    """Lines for people, of the sources that are behind what the run, or its last pass, saw.

    `described`: the sources as they are now, as the ledger describes them.
    """
    for name, now in _transactions(described).items():
        seen = _transactions(run.source).get(name, 0)
        if now < seen:
            yield (
                f"{name} went back in time: it has counted {now:,} transactions, and {seen:,} when "
                "it was read last. It was restored from an older backup, or another copy took its "
                "place; what came after that goes from the target, too"
            )


def _transactions(described: Mapping[str, object]) -> dict[str, int]:
    """The number of the next transaction, of each source that is a server."""
    return {
        name: int(source["transaction"])
        for name, source in described.items()
        if isinstance(source, dict) and source.get("transaction") is not None
    }
