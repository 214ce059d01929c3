"""Every table, view and function of the platform exists.

Documents once said that the tables were there while production had none of them. The list is
written in the package (`checks/expected.txt`), so a dropped table is noticed even where the
database's own manifest was cleared with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.expected import expected_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = None

_EXISTING = """
select 'table', n.nspname, c.relname
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
union all
select 'view', n.nspname, c.relname
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'v'
union all
select 'function', n.nspname, p.proname
from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
where n.nspname = 'app'
"""


def find(session: Session) -> Iterator[Row]:
    """Yield each expected object that is not there."""
    existing = set(session.connection.execute(_EXISTING))
    for wanted in expected_objects():
        if (wanted.kind, wanted.schema, wanted.name) not in existing:
            yield (
                wanted.label,
                f"is missing ({wanted.kind})",
                "run `mainstem db migrate`; where it was dropped by hand, restore it from a backup",
            )
