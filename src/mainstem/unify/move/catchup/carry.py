"""Carrying what changed over into the target: one transaction, so that a pass is done or not.

Targets are brought up to date in the order in which a run loads them, each by its plan's own SQL,
narrowed to the rows that can be different. Foreign keys wait until the end, where rows that are not
wanted any more are taken out, children first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from psycopg import errors

from mainstem.errors import UnifyError
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import Account
from mainstem.unify.move.account import count_accounts
from mainstem.unify.move.catchup.context import Carry, Left
from mainstem.unify.move.catchup.further import carry_further
from mainstem.unify.move.catchup.loosen import loosened
from mainstem.unify.move.catchup.memory import clear_pending, read_pending
from mainstem.unify.move.catchup.reach import find_reach
from mainstem.unify.move.catchup.removal import Removal, read_left
from mainstem.unify.move.catchup.wanted import Counts, Wanted
from mainstem.unify.move.cycles import find_cycles, parents_first
from mainstem.unify.move.definitions import partitions_of
from mainstem.unify.move.maps import Maps, load_order, map_needs, own_table
from mainstem.unify.move.partitions import make_partitions
from mainstem.unify.move.prepared import read_prepared, save_prepared
from mainstem.unify.move.sequences import STEP as SEQUENCES
from mainstem.unify.move.sequences import advance_sequences
from mainstem.unify.move.statements import target_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.run import Move


@dataclass(frozen=True)
class Carried:
    """What a pass did to the target."""

    counts: Counts
    left: tuple[Left, ...]


def carry_over(
    move: Move, run: Run, memory: Run, targets: Mapping[str, TargetTable], *, is_forced: bool
) -> Carried:
    """Bring the target to what the sources had when they were looked at; does not commit.

    Raises UnifyError when rows cannot be accounted for; the target is as before.
    """
    connection = move.session.main
    pending = read_pending(connection, memory)
    left = read_left(connection, run)
    if not pending and not left:
        return Carried(Counts(), ())
    order = parents_first(move.plan, [targets[name] for name in load_order(move.plan)])
    loaded = {m.source_table: m for m in store.read_maps(connection, run.id) if m.role == "main"}
    maps = Maps(memory, move.plan, dict(targets), loaded)
    carry = Carry(move, run, memory, maps, pending, is_forced=is_forced)
    places = {place for select in move.plan.selects for place in map_needs(select)}
    for place in places:
        maps.show(connection, place)
    try:
        carried = _Carrying(carry, order).do()
    except errors.IntegrityError as error:
        connection.rollback()
        name = error.diag.constraint_name or error.diag.message_primary
        advice = "correct the plan's SQL, or mend the rows in the source"
        if isinstance(error, errors.ForeignKeyViolation):
            advice += "; rows that people wrote or changed in the target may be in the way, too"
        raise UnifyError(
            f"{error.diag.table_name} refuses what changed ({name}); nothing was carried over: "
            f"{advice}"
        ) from None
    # A view that stays would keep people from changing the target's tables.
    for place in places:
        name = own_table(memory, "map", place.table, place.column)
        connection.execute(f"drop view {name}")
    return carried


@dataclass
class _Carrying:
    carry: Carry
    order: list[TargetTable]
    counts: Counts = field(default_factory=Counts)

    def do(self) -> Carried:
        removal = Removal(self.carry, self.order)
        removal.begin()
        with loosened(self.carry, self.order) as loose:
            for target in self.order:
                self._make_partitions(target)
                together = self._together(target)
                reach = find_reach(self.carry, target, together)
                self.counts = self.counts + Wanted(self.carry, target, reach, loose).do()
                if target == together[-1]:
                    removal.settle(together)
            self.counts = self.counts + carry_further(self.carry)
            self.counts = replace(self.counts, deleted=self.counts.deleted + removal.finish())
        self._finish()
        self.carry.drop_made()
        return Carried(
            self.counts, (*self.carry.held_rows, *read_left(self.carry.connection, self.carry.run))
        )

    def _together(self, target: TargetTable) -> tuple[TargetTable, ...]:
        """The targets of its cycle, in their order; of none: itself."""
        cycles = find_cycles(self.carry.plan, self.order)
        return next((cycle.targets for cycle in cycles if target in cycle.targets), (target,))

    def _make_partitions(self, target: TargetTable) -> None:
        if not target.is_partitioned:
            return
        connection, name = self.carry.connection, target_name(target)
        before = partitions_of(connection, name)
        make_partitions(connection, self.carry.memory, self.carry.plan, target)
        made = [one for one in partitions_of(connection, name) if one not in before]
        prepared = read_prepared(connection, self.carry.run)
        if made and prepared is not None:
            prepared.made_partitions.setdefault(name, []).extend(made)
            save_prepared(connection, self.carry.run, prepared)

    def _finish(self) -> None:
        """Accounts, originals of what waits, counters, and what is carried over by now."""
        carry = self.carry
        self._set_accounts()
        waiting = store.read_waiting(carry.connection, carry.run.id)
        for table in carry.plan.moved():
            if table.name in waiting:
                carry.move.sources[table.source].fill_originals(carry.connection, carry.run, table)
        step = store.read_step(carry.connection, carry.run.id, SEQUENCES)
        before = step.detail if step is not None else {}
        advance_sequences(carry.connection, carry.run, self.order)
        step = store.read_step(carry.connection, carry.run.id, SEQUENCES)
        now = step.detail if step is not None else {}
        if isinstance(before, dict) and isinstance(now, dict):
            detail = {**now, **before}
            store.save_step(
                carry.connection, carry.run.id, name=SEQUENCES, position=4, detail=detail
            )
        clear_pending(carry.connection, carry.memory, carry.plan, carry.held)

    def _set_accounts(self) -> None:
        carry, plan = self.carry, self.carry.plan
        into = {carry.maps.loaded[table.name]: table.into for table in plan.moved()}
        accounts = count_accounts(carry.connection, carry.run.id, into, staged_by=carry.memory.id)
        for table in plan.tables:
            if table.into is None:
                (rows,) = carry.move.sources[table.source].count(table)
                accounts.append(Account(table.name, None, rows, dropped=rows))
        sources = {table.name: table.source or plan.name for table in plan.tables}
        store.set_accounts(
            carry.connection, carry.run.id, [(sources[one.source_table], one) for one in accounts]
        )
