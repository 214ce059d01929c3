"""The file that migrations build on without containing it: a dump, or the schema as it began.

Migrations that change tables which none of them creates say nothing about a missing table: they are
the later part of a history. Where a file beside them holds the earlier part, it is run first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.unify.audit.aside import is_aside
from mainstem.unify.replay.model import Failure, ObjectKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.replay.model import Creation, Replay


def base_of(replay: Replay, others: Sequence[Creation]) -> str | None:
    """The file that creates most of what the migrations need and nothing of them creates.

    None where no file creates at least half of it, or none is a part of the product.
    """
    needed = _needed(replay)
    made: dict[str, set[ObjectName]] = defaultdict(set)
    for one in others:
        if one.kind is ObjectKind.TABLE and one.name in needed and not is_aside(one.file):
            made[one.file].add(one.name)
    best = max(sorted(made), key=lambda file: len(made[file]), default=None)
    return best if best is not None and 2 * len(made[best]) >= len(needed) else None


def _needed(replay: Replay) -> set[ObjectName]:
    """The tables that migrations change or point to and never create."""
    lacked = {
        failed.needs
        for failed in replay.failed
        if failed.failure is Failure.NEVER_CREATED
        and failed.needs_kind is ObjectKind.TABLE
        and failed.needs is not None
    }
    return lacked | {key.parent for key in replay.missing_parents}
