"""While a pass writes: foreign keys wait until its end, triggers are off, colliding keys are off.

Whether a foreign key waits is a property in the catalog alone (`alter table ... alter constraint`,
documentation of ALTER TABLE): no row is looked at, and at the end only rows that were written are.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psycopg import errors, sql

from mainstem.errors import UnifyError
from mainstem.unify.move.definitions import (
    ForeignKeyRecord,
    IndexRecord,
    drop_unique,
    put_back_foreign_key,
    put_back_index,
    put_back_triggers,
    record_triggers,
    switch_triggers_off,
    take_off_keys_by,
)
from mainstem.unify.move.maps import also_name
from mainstem.unify.move.statements import target_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.move.catchup.context import Carry

_STRICT_KEYS = """
select k.conrelid::regclass::text, k.conname from pg_catalog.pg_constraint k
where k.contype = 'f' and k.conparentid = 0 and not k.condeferrable
  and (k.conrelid = any(%(tables)s::regclass[]) or k.confrelid = any(%(tables)s::regclass[]))
order by 1, 2
"""


@dataclass
class Loose:
    """What is off for the time being."""

    carry: Carry
    indexes: list[tuple[str, IndexRecord]] = field(default_factory=list)
    keys: list[ForeignKeyRecord] = field(default_factory=list)

    def drop_index(self, table: str, name: str) -> None:
        """Let rows share a unique key until the end of the pass; foreign keys to it go with it.

        Raises UnifyError when rows that such a foreign key is about were written already.
        """
        connection = self.carry.connection
        try:
            self.keys += take_off_keys_by(connection, table, name)
            record = drop_unique(connection, table, name)
        except errors.ObjectInUse:
            connection.rollback()
            raise UnifyError(
                f"rows of {table} swap values of {name}, and rows that point at it changed with "
                "them; nothing was carried over: change one of the values in the source first, "
                "catch up, and then the other"
            ) from None
        if record is not None:
            self.indexes.append((table, record))


@contextmanager
def loosened(carry: Carry, order: Sequence[TargetTable]) -> Iterator[Loose]:
    """Everything is put back, and every foreign key checked, when the block ends well.

    Raises psycopg's IntegrityError when rows break a key after all.
    """
    connection = carry.connection
    further = {also_name(select) for select in carry.plan.selects if select.is_also}
    tables = [*dict.fromkeys([*map(target_name, order), *sorted(further)])]
    keys = connection.execute(_STRICT_KEYS, {"tables": tables}).fetchall()
    for table, name in keys:
        _alter(carry, table, name, "deferrable initially deferred")
    connection.execute("set constraints all deferred")
    triggers = [record_triggers(connection, table) for table in tables]
    for record in triggers:
        switch_triggers_off(connection, record)
    loose = Loose(carry)
    yield loose
    connection.execute("set constraints all immediate")
    for table, index in loose.indexes:
        put_back_index(connection, table, index)
    for key in loose.keys:
        put_back_foreign_key(connection, key)
    for record in triggers:
        put_back_triggers(connection, record)
    for table, name in keys:
        _alter(carry, table, name, "not deferrable")


def _alter(carry: Carry, table: str, name: str, how: str) -> None:
    carry.connection.execute(
        sql.SQL("alter table {} alter constraint {} {}").format(
            sql.SQL(table), sql.Identifier(name), sql.SQL(how)
        )
    )
