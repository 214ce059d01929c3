"""No table or view in public has a plural name.

Singular is the convention; a plural beside it means that two applications write to two tables.
While old code runs, the plural names stand as views in schema `legacy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.expected import expected_objects
from mainstem.kit.naming import singular_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = None

_NAMES = """
select r.name
from our_relation as r
where r.schema_name = 'public' and r.kind in ('r', 'p', 'v', 'm', 'f') and not r.is_partition
order by 1
"""


def find(session: Session) -> Iterator[Row]:
    """Yield each relation whose name is a plural."""
    expected = {wanted.name for wanted in expected_objects()}
    for (name,) in session.connection.execute(_NAMES):
        one = singular_name(name)
        if name not in expected and one != name:
            if one in expected:
                fix = f"move its rows into {one} (`mainstem unify`), then drop it"
            else:
                fix = f"rename it to {one}"
            yield name, "must not exist: the name is a plural", fix
