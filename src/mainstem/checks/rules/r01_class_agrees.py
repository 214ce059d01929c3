"""What the migrations declare of a table is what the data model says of it.

The manifest decides the policy, so a slip in one row of it (scope client written as agency) would
widen a table and every check that starts from it with the same stroke. The package's own list
(`checks/expected.txt`) is the second opinion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.expected import expected_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = 1

_DECLARED = "select schema_name, table_name, class, scope, app, label from declared order by label"


def find(session: Session) -> Iterator[Row]:
    """Yield each table whose two declarations differ, or that only one of them knows."""
    expected = {(e.schema, e.name): e for e in expected_objects() if e.kind == "table"}
    for schema, name, *declared, label in session.connection.execute(_DECLARED):
        wanted = expected.pop((schema, name), None)
        if wanted is None:
            yield label, "is declared but not in the list of expected tables", _FIX
        elif declared != [wanted.table_class, wanted.scope, wanted.app]:
            said = _words(*declared)
            meant = _words(wanted.table_class, wanted.scope, wanted.app)
            yield label, f"is declared {said}; the data model says {meant}", _FIX
    for wanted in expected.values():
        yield wanted.label, "is expected but not declared in app.table_class", _FIX


_FIX = "make app.table_class and checks/expected.txt agree, whichever is wrong"


def _words(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
