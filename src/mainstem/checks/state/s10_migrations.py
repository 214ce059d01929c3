"""Every migration is applied, and none was edited afterwards.

The schema is what the files say only as long as all of them ran as they stand. `mainstem db diff`
compares the result too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.migrate import State, status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = None

_PROBLEMS = {
    State.PENDING: ("is not applied", "run `mainstem db migrate`"),
    State.EDITED: (
        "was edited after it was applied",
        "restore the file; put the change in a new one",
    ),
    State.UNKNOWN: (
        "is applied but this version has no such file",
        "use the version of Mainstem that applied it, or a newer one",
    ),
}


def find(session: Session) -> Iterator[Row]:
    """Yield each migration that does not stand as its file says."""
    for migration in status(session.connection):
        problem = _PROBLEMS.get(migration.state)
        if problem is not None:
            yield (migration.name, *problem)
