"""What one caller tries on one table, and what each outcome means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.isolation.attempts import Attempt
from mainstem.unify.isolation.tables import column_sql, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.isolation.attempts import Outcome
    from mainstem.unify.isolation.callers import Caller
    from mainstem.unify.isolation.seeding import Row
    from mainstem.unify.isolation.tables import Rights

#: columns by which people say themselves that others may read a row
_SHARING: Final = re.compile(
    r"(?:^|_)(?:public|published|publish|shared|share|sharing|visibility|visible|listed)(?:$|_)"
)


@dataclass(frozen=True)
class Target:
    """A table, or a partition by its own name, with the rows that were made in it.

    Attributes:
        name: the relation that is tried.
        sql: its quoted name.
        base_sql: where the rows really are: of a view the table behind it.
        rows: of both tenants.
        key: columns by which its rows are found.
        whose: columns that say whose a row is or what it points to.
        owners: those of them that decide whose it is.
        people: columns of a table of members that name the person.
        makes_tenants: whether a new row is a new tenant, which anybody may make.
        is_small: whether statements without a condition may be tried.
        can_remake: whether a row can be taken out, for a caller to insert it again.
    """

    name: ObjectName
    sql: str
    base_sql: str
    rows: tuple[Row, ...]
    key: tuple[str, ...]
    whose: tuple[str, ...]
    owners: tuple[str, ...]
    people: tuple[str, ...]
    makes_tenants: bool
    is_small: bool
    can_remake: bool

    def victims(self, caller: Caller) -> list[Row]:
        """The rows that are not the caller's."""
        return [row for row in self.rows if row.tenant != caller.tenant]

    def own(self, caller: Caller) -> list[Row]:
        """The rows of the caller's tenant."""
        return [row for row in self.rows if row.tenant == caller.tenant]


@dataclass(frozen=True)
class Crossing:
    """A statement that must reach nothing, with the words for what it would be."""

    caller: Caller
    command: str
    doing: str
    attempt: Attempt
    victims: tuple[Row, ...]

    def is_leak(self, outcome: Outcome) -> bool:
        """Whether it reached what it must not."""
        if outcome.state is not None:
            return False
        found = outcome.said if self.command == "select" else outcome.proof
        return bool(found)

    def reached(self, outcome: Outcome) -> list[Row]:
        """The rows that were read, or all that might have been touched."""
        if self.command != "select" or not isinstance(outcome.said, list):
            return list(self.victims)
        return [self.victims[number] for number in map(int, outcome.said)]


def condition(rows: Sequence[Row], key: Sequence[str]) -> str:
    """The condition that finds these rows and no others."""
    if not key:
        places = ", ".join(f"({row.relation}::oid, {literal(row.place)}::tid)" for row in rows)
        return f"(tableoid, ctid) in ({places})" if rows else "false"
    if len(key) == 1:
        listed = ", ".join(literal(row.text(key[0])) for row in rows)
        return f"{column_sql(key[0])} in ({listed})" if rows else "false"
    named = ", ".join(map(column_sql, key))
    listed = ", ".join(
        "(" + ", ".join(literal(row.text(name)) for name in key) + ")" for row in rows
    )
    return f"({named}) in ({listed})" if rows else "false"


def reading(target: Target, rows: Sequence[Row]) -> str:
    """A query for the numbers of those of the rows that are visible."""
    if target.key:
        told = " || ' ' || ".join(f"{column_sql(name)}::text" for name in target.key)
        known = [" ".join(row.text(name) or "" for name in target.key) for row in rows]
    else:
        told = "ctid::text"
        known = [row.place for row in rows]
    listed = ", ".join(map(literal, known))
    return (
        f"select jsonb_agg(coalesce(array_position(array[{listed}]::text[], {told}), 1) - 1) "
        f"from {target.sql} where {condition(rows, target.key)}"
    )


def control(target: Target, caller: Caller) -> Attempt:
    """Whether the caller sees rows of its own."""
    own = target.own(caller) if caller.tenant is not None else list(target.rows)
    return Attempt(caller.role, caller.settings, reading(target, own), is_query=True)


def crossings(
    target: Target, caller: Caller, rights: Rights, *, witness: Caller | None = None
) -> Iterator[Crossing]:
    """Everything that the caller's rights let it try on rows that are not its own.

    Args:
        target: where.
        caller: who tries.
        rights: what the caller's role may do there.
        witness: one of the other tenant, who would see a row that was moved there.
    """
    victims = target.victims(caller)
    if not victims:
        return
    if rights.selects.issuperset(target.key) and (target.key or rights.selects):
        query = Attempt(caller.role, caller.settings, reading(target, victims), is_query=True)
        yield Crossing(caller, "select", "reads rows", query, tuple(victims))
    yield from changes(target, caller, rights, victims)
    yield from deletions(target, caller, rights, victims)
    yield from _insertions(target, caller, rights, victims)
    yield from _moves(target, caller, rights, witness)


def changes(
    target: Target, caller: Caller, rights: Rights, victims: Sequence[Row]
) -> Iterator[Crossing]:
    """Change the rows: by their keys, all that there are, and by inserting what is there."""
    column = next(
        (
            c
            for c in target.rows[0].table.columns
            if c in rights.updates and c not in target.whose and c not in target.key
        ),
        next(iter(sorted(rights.updates)), None),
    )
    if column is None:
        return
    where = condition(victims, target.key)
    unmoved = ", ".join(f"({r.relation}::oid, {literal(r.place)}::tid)" for r in victims)
    proof = (
        f"select to_jsonb(count(*)) from {target.base_sql} where {where} "
        f"and (tableoid, ctid) not in ({unmoved}) having count(*) > 0"
    )
    name = column_sql(column)
    if column in rights.selects:
        text = f"update {target.sql} set {name} = {name} where {where}"
        yield _tried(caller, "update", "changes rows", text, proof, victims)
    if target.is_small:
        value = literal(victims[0].text(column))
        text = f"update {target.sql} set {name} = {value}"
        yield _tried(caller, "update", "changes rows", text, proof, victims)
    yield from _upserts(target, caller, rights, victims, proof)


def _upserts(
    target: Target, caller: Caller, rights: Rights, victims: Sequence[Row], proof: str
) -> Iterator[Crossing]:
    """Insert what is there already, and change it instead."""
    own = target.own(caller)
    column = next((c for c in sorted(rights.updates & rights.inserts) if c not in target.key), None)
    if not own or column is None or not target.key or not rights.inserts.issuperset(target.key):
        return
    victim = victims[0]
    values = {**own[0].values, **{name: victim.values.get(name) for name in target.key}}
    named = [c for c in own[0].table.columns if _is_written(own[0], c) and c in rights.inserts]
    columns = ", ".join(map(column_sql, named))
    given = ", ".join(literal(_text(values.get(name))) for name in named)
    name = column_sql(column)
    text = (
        f"insert into {target.sql} ({columns}) overriding system value values ({given}) "
        f"on conflict ({', '.join(map(column_sql, target.key))}) "
        f"do update set {name} = excluded.{name}"
    )
    yield _tried(caller, "update", "changes rows by an upsert", text, proof, [victim])


def deletions(
    target: Target, caller: Caller, rights: Rights, victims: Sequence[Row]
) -> Iterator[Crossing]:
    """Delete the rows: by their keys, and all that there are."""
    if not rights.deletes:
        return
    where = condition(victims, target.key)
    kept = f"from {target.base_sql} where {where} having count(*) < {len(victims)}"
    proof = f"select to_jsonb(true) {kept}"
    if rights.selects.issuperset(target.key):
        text = f"delete from {target.sql} where {where}"
        yield _tried(caller, "delete", "deletes rows", text, proof, victims)
    if target.is_small:
        yield _tried(caller, "delete", "deletes rows", f"delete from {target.sql}", proof, victims)


def _insertions(
    target: Target, caller: Caller, rights: Rights, victims: list[Row]
) -> Iterator[Crossing]:
    """A row of the other tenant: the very one that was made, taken out before."""
    if not rights.inserts or target.makes_tenants or not target.can_remake:
        return
    own = next((row for row in target.own(caller) if row.cast == caller.cast), None)
    for victim in victims:
        yield from insertion(target, caller, rights, victim)
        if target.people and own is not None:
            as_member = {name: own.text(name) for name in target.people}
            yield from insertion(target, caller, rights, victim, changed=as_member)


def insertion(
    target: Target,
    caller: Caller,
    rights: Rights,
    victim: Row,
    *,
    changed: Mapping[str, str | None] | None = None,
) -> Iterator[Crossing]:
    """Insert the very row that was made, taken out before, with some values changed."""
    changed = changed or {}
    written = [c for c in victim.table.columns if _is_written(victim, c)]
    named = [name for name in written if name in rights.inserts]
    if not named:
        return
    columns = ", ".join(map(column_sql, named))
    given = ", ".join(literal(changed.get(name, victim.text(name))) for name in named)
    text = f"insert into {target.sql} ({columns}) overriding system value values ({given})"
    doing = "makes itself a member" if changed else "inserts a row"
    attempt = Attempt(
        caller.role,
        caller.settings,
        text,
        before=_removing(target, victim),
        proof="select to_jsonb(true)",
    )
    yield Crossing(caller, "insert", doing, attempt, (victim,))


def _removing(target: Target, row: Row) -> tuple[str, ...]:
    return (
        "set local session_replication_role = replica",
        f"delete from {target.base_sql} where {condition([row], target.key)}",
        "set local session_replication_role = origin",
    )


def _moves(
    target: Target, caller: Caller, rights: Rights, witness: Caller | None
) -> Iterator[Crossing]:
    """Give an own row to the other tenant, and take one of theirs."""
    for columns, own, victim in _pairs(target, caller, rights):
        is_rekeyed = not set(target.key).isdisjoint(columns)
        if rights.selects.issuperset(target.key) and (target.can_remake or not is_rekeyed):
            yield _move(target, caller, columns, (own, victim), witness)
        if target.is_small and not is_rekeyed:
            proof = _found(target, columns, own, victim)
            text = f"update {target.sql} set {_assigned(columns, own)}"
            yield _tried(caller, "move", "takes a row", text, proof, [victim])


def gift(
    target: Target, caller: Caller, rights: Rights, rows: tuple[Row, Row]
) -> Iterator[Crossing]:
    """Give an own row to whomever the other one belongs to, by all columns that say whose it is."""
    own, other = rows
    columns = [
        name
        for name in target.whose
        if name in rights.updates and own.text(name) != other.text(name)
    ]
    is_rekeyed = not set(target.key).isdisjoint(columns)
    can_find = rights.selects.issuperset(target.key)
    if columns and can_find and (target.can_remake or not is_rekeyed):
        yield _move(target, caller, columns, rows, None)


def _move(
    target: Target,
    caller: Caller,
    columns: Sequence[str],
    rows: tuple[Row, Row],
    witness: Caller | None,
) -> Crossing:
    """An own row given away; where its key says whose it is, in the place of the other's row.

    The row is the other's when the other sees it: a remark that names them does not make it theirs.
    """
    own, victim = rows
    is_rekeyed = not set(target.key).isdisjoint(columns)
    text = (
        f"update {target.sql} set {_assigned(columns, victim)} where {condition([own], target.key)}"
    )
    attempt = Attempt(
        caller.role,
        caller.settings,
        text,
        before=_removing(target, victim) if is_rekeyed else (),
        proof=_found(target, columns, victim, own),
        witness=witness.role if witness is not None else None,
        witness_settings=witness.settings if witness is not None else (),
    )
    return Crossing(caller, "move", "moves its row", attempt, (victim,))


def _pairs(
    target: Target, caller: Caller, rights: Rights
) -> Iterator[tuple[tuple[str, ...], Row, Row]]:
    if target.makes_tenants:
        return
    for columns in dict.fromkeys((target.owners, target.whose)):
        named = tuple(name for name in columns if name in rights.updates)
        if not set(target.owners) <= set(named):
            continue  # it would still be the tenant's, however it points
        ordered = sorted(target.own(caller), key=lambda row: row.cast != caller.cast)
        for own in ordered[:2] if named else ():
            theirs = [row for row in target.victims(caller) if row.cast == own.cast]
            for victim in theirs[:1]:
                if _assigned(named, own) != _assigned(named, victim):
                    yield named, own, victim


def _found(target: Target, columns: Sequence[str], giver: Row, row: Row) -> str:
    """A query whether the row, by what of its key did not change, now holds the giver's values."""
    kept = [name for name in target.key if name not in columns]
    still = condition([row], kept) if kept else "true"
    return (
        f"select to_jsonb(true) from {target.base_sql} where {_holds(columns, giver)} and {still}"
    )


def _assigned(columns: Sequence[str], row: Row) -> str:
    return ", ".join(f"{column_sql(name)} = {literal(row.text(name))}" for name in columns)


def _holds(columns: Sequence[str], row: Row) -> str:
    return " and ".join(
        f"{column_sql(name)} is not distinct from {literal(row.text(name))}" for name in columns
    )


def _tried(
    caller: Caller, command: str, doing: str, text: str, proof: str, victims: Sequence[Row]
) -> Crossing:
    attempt = Attempt(caller.role, caller.settings, text, proof=proof)
    return Crossing(caller, command, doing, attempt, tuple(victims))


def _is_written(row: Row, column: str) -> bool:
    return not row.table.columns[column].is_generated and row.values.get(column) is not None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) or value is None else str(value)


def is_shared_by_choice(row: Row, columns: Iterable[str]) -> bool:
    """Whether the row's kind is one that people choose in order to show it to others.

    Args:
        row: the row.
        columns: those by which policies tell its kind.
    """
    kind = {name: row.text(name) for name in columns} | dict(row.variant)
    return any(
        value not in {None, "false"} and (_SHARING.search(name) or _SHARING.search(value or ""))
        for name, value in kind.items()
    )
