"""The isolation probe: really tries, as every kind of person, to cross every border.

In one transaction that is rolled back it makes two agencies with clients, people and rows in every
table, takes the claims of each person in turn and reads, changes, inserts, moves and deletes what
is not theirs. `probe` yields what went through, and what could not be tried.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from mainstem.checks.probe.attempts import Outcome, attempt_all
from mainstem.checks.probe.borders import Attempt, Observation, judge, writing
from mainstem.checks.probe.changes import prepare_changes
from mainstem.checks.probe.outside import (
    attempts_from_outside,
    closed_attempts,
    judge_outside,
    opening,
    roles_from_outside,
    view_writing,
)
from mainstem.checks.probe.people import people_of
from mainstem.checks.probe.prepared import forget
from mainstem.checks.probe.readings import prepare_readings
from mainstem.checks.probe.rows import claims_of
from mainstem.checks.probe.seed import fill, invent
from mainstem.checks.probe.tables import closed_relations, read_tables, read_views
from mainstem.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks.probe.people import Person
    from mainstem.checks.probe.seed import Seed
    from mainstem.checks.probe.tables import Table, View

__all__ = ["Observation", "probe"]


def probe(connection: psycopg.Connection[TupleRow]) -> list[Observation]:
    """Run all attempts; everything is rolled back.

    Raises:
        ServerError: the connection's role obeys row-level security, so it cannot make the rows.
    """
    _require_bypass(connection)
    try:
        with connection.transaction(force_rollback=True):
            tables = read_tables(connection)
            seed = invent(connection)
            fill(connection, seed, tables)
            tenants = [table for table in tables.values() if table.is_open]
            views = read_views(connection)
            return [
                *_unexercised(tenants, views, seed),
                *_inside(connection, tenants, views, seed),
                *_outside(connection, tenants, views, seed),
            ]
    finally:
        forget(connection)


def _unexercised(tables: list[Table], views: list[View], seed: Seed) -> Iterator[Observation]:
    for table in tables:
        reason = seed.failures.get(table.label)
        if reason is not None:
            yield Observation("exercised", table.label, f"was not exercised: {reason}")
    for view in views:
        if "agency_id" not in view.columns:
            yield Observation("exercised", view.label, "was not exercised: it has no agency_id")


def _inside(
    connection: psycopg.Connection[TupleRow], tables: list[Table], views: list[View], seed: Seed
) -> Iterator[Observation]:
    """What people of either agency can do to the other, and to each other."""
    readings = prepare_readings(connection, tables, views, seed)
    changes = prepare_changes(connection, tables, seed)
    unread = {view.label for view in views if "agency_id" in view.columns}
    refused: set[tuple[str, str]] = set()
    for person in chain.from_iterable(map(people_of, seed.agencies)):
        claims = claims_of(person)
        reads = [reading.by(person, claims) for reading in readings]
        leaking = yield from _reads(connection, person, reads, unread)
        writes = [change.by(claims) for change in changes] if person.is_writer else []
        writes += [
            attempt
            for table in tables
            for attempt in writing(person, table, seed, is_sealed=table.label not in leaking)
        ]
        writes = [write for write in writes if (write.label, write.doing) not in refused]
        writes += [attempt for view in views for attempt in view_writing(person, view, seed)]
        yield from _writes(connection, person, writes, refused)
    for label in sorted(unread):
        yield Observation("exercised", label, "was not exercised: nobody saw a row through it")


def _reads(
    connection: psycopg.Connection[TupleRow],
    person: Person,
    attempts: list[Attempt],
    unread: set[str],
) -> Generator[Observation, None, set[str]]:
    """What one person reads; returns what leaks. Views that show a row leave `unread`."""
    leaking = set()
    for attempt, outcome in _tried(connection, opening(person), attempts):
        found = outcome.counts or {}
        if any(number for part, number in found.items() if part != "own"):
            leaking.add(attempt.label)
        if found.get("own"):
            unread.discard(attempt.label)
        yield from judge(person.title, attempt, outcome)
    return leaking


def _writes(
    connection: psycopg.Connection[TupleRow],
    person: Person,
    attempts: list[Attempt],
    refused: set[tuple[str, str]],
) -> Iterator[Observation]:
    """What one person writes. Adds what the grants refuse: they refuse it to everybody alike."""
    for attempt, outcome in _tried(connection, opening(person), attempts):
        if outcome.is_refused and not attempt.is_granted:
            refused.add((attempt.label, attempt.doing))
        yield from judge(person.title, attempt, outcome)


def _outside(
    connection: psycopg.Connection[TupleRow], tables: list[Table], views: list[View], seed: Seed
) -> Iterator[Observation]:
    """What is possible without claims, and past the tables' own names."""
    closed = list(closed_attempts(closed_relations(connection)))
    owner = next(p for p in people_of(seed.agencies[0]) if p.tenant.app_context == "*")
    yield from _try_outside(connection, owner.name, opening(owner), closed)
    attempts = list(attempts_from_outside(tables, views, seed))
    for name, role in roles_from_outside(seed):
        yield from _try_outside(connection, name, role, [*attempts, *closed])


def _try_outside(
    connection: psycopg.Connection[TupleRow], name: str, role: bytes, attempts: Iterable[Attempt]
) -> Iterator[Observation]:
    for attempt, outcome in _tried(connection, role, list(attempts)):
        yield from judge_outside(name, attempt, outcome)


def _tried(
    connection: psycopg.Connection[TupleRow], role: bytes, attempts: list[Attempt]
) -> Iterator[tuple[Attempt, Outcome]]:
    outcomes = attempt_all(connection, role, [attempt.statement for attempt in attempts])
    return zip(attempts, outcomes, strict=True)


def _require_bypass(connection: psycopg.Connection[TupleRow]) -> None:
    found = connection.execute(
        "select rolname, rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    if found is None or not found[1]:
        raise ServerError(
            f"the isolation probe needs a role with BYPASSRLS to make its rows, and "
            f"{found[0] if found else 'this role'} has not; connect as the database's owner"
        )
