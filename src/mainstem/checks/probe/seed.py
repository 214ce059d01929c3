"""Fills every table with rows of two invented agencies, following the foreign keys.

What a row needs is read from the catalog: required columns get a value of their type, a check that
refuses it gets the next candidate, references get a parent of the same agency, client and app. A
table that cannot be filled is reported, because nothing was proven about it.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, islice, product
from typing import TYPE_CHECKING, Final, TypeAlias

import psycopg
from psycopg import sql

from mainstem.checks.probe.people import APPS, ROLES, Agency
from mainstem.checks.probe.values import Candidate, candidates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.rows import TupleRow

    from mainstem.checks.probe.tables import Reference, Table

ATTEMPTS_MAX: Final = 400
#: the columns by which a parent is found that belongs to the same people as its child
_OWNERSHIP: Final = ("client_id", "user_id", "app_context")

Row: TypeAlias = "dict[str, object]"
Fixed: TypeAlias = "dict[str, str | None]"


@dataclass
class Seed:
    """The invented agencies and every row made for them, whose ids are above `floor`."""

    agencies: tuple[Agency, Agency]
    floor: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    choices: dict[str, dict[str, Candidate]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    #: table and owner -> the insert of a further row, and whether the grants allow it
    insertions: dict[tuple[str | None, ...], tuple[str, bool] | None] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))


class SeedError(Exception):
    """Why a table could not be filled."""


def invent(connection: psycopg.Connection[TupleRow]) -> Seed:
    """Name two agencies, their clients and people; nothing is written yet."""
    found = connection.execute("select app.uuid7()::text from generate_series(1, 26)").fetchall()
    ids = iter([str(row[0]) for row in found])
    agencies = [
        Agency(
            name,
            next(ids),
            (next(ids), next(ids)),
            {role: (next(ids), next(ids)) for role in ROLES},
        )
        for name in ("one", "another")
    ]
    floor = connection.execute(
        "select app.uuid7_floor(clock_timestamp() - interval '1 hour')::text"
    ).fetchone()
    assert floor is not None, "a select without a table returns a row"
    return Seed((agencies[0], agencies[1]), str(floor[0]))


def fill(connection: psycopg.Connection[TupleRow], seed: Seed, tables: dict[str, Table]) -> None:
    """Insert the rows, parents first; what fails is noted in `seed.failures`."""
    for table in _parents_first(tables):
        try:
            _fill_table(connection, seed, table)
        except SeedError as reason:
            seed.failures[table.label] = str(reason)


def recipe(seed: Seed, table: Table, owner: Fixed) -> Row | None:
    """A further row of the table that would belong to `owner`; None where the table has none."""
    choice = seed.choices.get(table.label)
    if choice is None:
        return None
    try:
        return _row(seed, table, owner, choice)
    except SeedError:
        return None


def insertion(table: Table, rows: Sequence[Row]) -> sql.Composed:
    """One insert of rows that name the same columns or leave some at their default."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    values = sql.SQL(", ").join(
        sql.SQL("({})").format(
            sql.SQL(", ").join(
                sql.Literal(row[name]) if name in row else sql.SQL("default") for name in columns
            )
        )
        for row in rows
    )
    return sql.SQL("insert into {} as made ({}) values {}").format(
        table.identifier, sql.SQL(", ").join(map(sql.Identifier, columns)), values
    )


def owners(seed: Seed, table: Table) -> list[Fixed]:
    """Whose rows the table should hold: each agency, client, person and app that it tells apart."""
    if table.agency_column is None:
        return [{}]
    return [owner for agency in seed.agencies for owner in _owners_in(agency, table)]


def _owners_in(agency: Agency, table: Table) -> list[Fixed]:
    if table.label == "agency":
        return [{"id": agency.id}]
    fixed: Fixed = {"agency_id": agency.id}
    if table.label == "user":
        return [fixed | {"id": user, "role": role} for role in ROLES for user in agency.users[role]]
    if table.label == "client":
        return [fixed | {"id": client} for client in agency.clients]
    clients: Sequence[str | None] = [None]
    if table.client_column is not None:
        is_needed = table.columns["client_id"].is_required
        clients = agency.clients if is_needed else (*agency.clients, None)
    users = agency.people if table.user_column else (None,)
    apps = APPS if table.has_app_context else (None,)
    return [
        fixed
        | ({"client_id": client} if table.client_column else {})
        | ({"user_id": user} if user else {})
        | ({"app_context": app} if app else {})
        for client, user, app in product(clients, users, apps)
    ]


def _parents_first(tables: dict[str, Table]) -> list[Table]:
    """Tables ordered so that what a row must reference exists before it; cycles as they come."""
    ordered: dict[str, Table] = {}
    visiting: set[str] = set()

    def visit(table: Table) -> None:
        if table.label in ordered or table.label in visiting:
            return
        visiting.add(table.label)
        for reference in table.references:
            if _is_needed(table, reference):
                visit(tables[reference.target])
        ordered[table.label] = table

    for table in tables.values():
        visit(table)
    return list(ordered.values())


def _is_needed(table: Table, reference: Reference) -> bool:
    """Whether rows of ours have the reference: it is required, or it says whose the row is."""
    whose = {"agency_id", table.client_column, table.user_column}
    return all(table.columns[name].is_required or name in whose for name in reference.columns)


def _fill_table(connection: psycopg.Connection[TupleRow], seed: Seed, table: Table) -> None:
    wanted = owners(seed, table)
    try:
        _search(connection, seed, table, wanted)
    except SeedError:
        # What suits one kind of row may not suit another (a client's against the agency's own).
        for owner in wanted:
            _search(connection, seed, table, [owner])
    made = seed.rows[table.label]
    for owner in wanted:
        if not any(_belongs(row, owner) for row in made):
            _search(connection, seed, table, [owner], is_conflict_skipped=False)
    with suppress(SeedError):
        # Views may show only rows whose optional columns are filled.
        _search(connection, seed, table, wanted[:: max(1, len(wanted) // 2)], is_full=True)


def _belongs(row: Row, owner: Fixed) -> bool:
    return all(row.get(name) == value for name, value in owner.items())


def _search(
    connection: psycopg.Connection[TupleRow],
    seed: Seed,
    table: Table,
    wanted: list[Fixed],
    *,
    is_full: bool = False,
    is_conflict_skipped: bool = True,
) -> None:
    """Insert a row for each owner, trying other values as long as a constraint refuses them."""
    skip = sql.SQL(" on conflict do nothing" if is_conflict_skipped else "")
    options = _options(table, wanted[0], is_full=is_full)
    choice = {name: found[0] for name, found in options.items()}
    paths: dict[str, Iterator[dict[str, Candidate]]] = {}
    for _ in range(ATTEMPTS_MAX):
        rows = [_row(seed, table, owner, choice) for owner in wanted]
        try:
            with connection.transaction():
                made = connection.execute(
                    insertion(table, rows) + skip + sql.SQL(" returning to_jsonb(made)")
                ).fetchall()
        except psycopg.IntegrityError as error:
            name = error.diag.constraint_name or error.diag.column_name or ""
            path = paths.get(name) or _combinations(table, error, options)
            paths[name] = path
            choice |= _next(path, error)
        except (psycopg.DataError, psycopg.ProgrammingError, psycopg.InternalError) as error:
            raise SeedError(_said(error)) from None
        else:
            seed.rows[table.label].extend(row[0] for row in made)
            if not is_full:
                seed.choices[table.label] = choice
            return
    raise SeedError(f"no values were found in {ATTEMPTS_MAX} attempts")


def _options(table: Table, owner: Fixed, *, is_full: bool) -> dict[str, list[Candidate]]:
    """The candidates of every column that neither the owner nor a needed reference decides."""
    decided = {*owner, *(c for r in table.references for c in r.columns)}
    found: dict[str, list[Candidate]] = {}
    for column in table.columns.values():
        if column.name in decided:
            continue
        literals = [
            literal
            for condition in table.conditions.values()
            if column.name in condition.columns
            for literal in condition.literals
        ]
        is_optional = column.has_default or not (column.is_required or is_full)
        found[column.name] = candidates(column, literals, is_optional=is_optional)
    return found


def _combinations(
    table: Table, error: psycopg.IntegrityError, options: dict[str, list[Candidate]]
) -> Iterator[dict[str, Candidate]]:
    """Every choice for the columns of the constraint that refused, the likeliest first."""
    constraint = error.diag.constraint_name or ""
    condition = table.conditions.get(constraint)
    names = condition.columns if condition else table.uniques.get(constraint)
    names = names or (error.diag.column_name or "",)
    free = [name for name in names if name in options]
    choices = product(*(options[name] for name in free))
    tried = (dict(zip(free, choice, strict=True)) for choice in choices)
    return islice(tried, 1, None) if free else iter(())


def _next(path: Iterator[dict[str, Candidate]], error: psycopg.Error) -> dict[str, Candidate]:
    found = next(path, None)
    if found is None:
        raise SeedError(_said(error)) from None
    return found


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)


def _row(seed: Seed, table: Table, owner: Fixed, choice: dict[str, Candidate]) -> Row:
    """One row: what the owner fixes, the parents it needs, and the chosen values."""
    number = next(seed.numbers)
    row: Row = {name: value for name, value in owner.items() if name in table.columns}
    for reference in table.references:
        if _is_needed(table, reference) and not all(c in row for c in reference.columns):
            row |= _parent(seed, reference, row, number)
    for name, make in choice.items():
        value = make(number, row)
        if value is not None:
            row[name] = value
    return row


def _parent(seed: Seed, reference: Reference, row: Row, number: int) -> Row:
    """The columns that point to a parent: of the same agency, and otherwise the closest one."""
    pairs = list(zip(reference.columns, reference.target_columns, strict=True))
    agency = row.get("agency_id")
    parents = [
        parent
        for parent in seed.rows[reference.target]
        if parent.get("agency_id", agency) == agency
        and all(parent[there] == row[here] for here, there in pairs if here in row)
        and (reference.target != "agency" or parent["id"] == agency)
    ]
    if not parents:
        raise SeedError(f"there is no row of {reference.target} to point to")
    closeness = [
        sum(parent.get(name, row.get(name)) == row.get(name) for name in _OWNERSHIP)
        for parent in parents
    ]
    nearest = [p for p, near in zip(parents, closeness, strict=True) if near == max(closeness)]
    chosen = nearest[number % len(nearest)]
    return {here: chosen[there] for here, there in pairs}
