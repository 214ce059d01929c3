"""What row-level security costs: the same statements with the policies and without.

One million rows of 1,000 tenants in a table of agency scope (console_prompt), and as many in one of
client scope (lead). Both sides run the same statement with the same parameters over the same
connection (two would differ by the cores they happen to run on), batch by batch in turn; the ratio
is the median over pairs of batches, so that a machine that drifts does not decide. `without` is the
owner, whom no policy binds. Claims are set once a batch: what they cost a whole transaction is the
last line.
"""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import machine, table, workspace
from mainstem.db.migrate import migrate
from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

BATCHES = 41
LIMIT = 1.15
PLANNED_AFTER = 7  # the server tries five custom plans before a general one
SEED = 20261121
DATA = Path(__file__).with_name("isolation.sql")


@dataclass(frozen=True)
class Case:
    """One statement; `draws` names the key lists that its parameters after the agency come from."""

    name: str
    statement: str
    draws: tuple[str, ...]
    repeats: int
    is_limited: bool = False
    is_member: bool = False


PAGE = """
    select id, console_workflow_id, name, version, kind, created_at from console_prompt
    where agency_id = %s and id > %s order by id limit 50
"""
JOIN = """
    select r.id, r.kind, w.name, a.timezone
    from console_prompt as r
    join console_workflow as w on w.agency_id = r.agency_id and w.id = r.console_workflow_id
    join agency as a on a.id = r.agency_id
    where r.agency_id = %s and r.id > %s order by r.id limit 50
"""
PERSON_JOIN = """
    select r.id, r.kind, w.name, u.email
    from console_prompt as r
    join console_workflow as w on w.agency_id = r.agency_id and w.id = r.console_workflow_id
    join "user" as u on u.id = w.created_by
    where r.agency_id = %s and r.id > %s order by r.id limit 50
"""
# With the agency named (rule 20) both sides get one plan: what differs above is not the policy. The
# server takes agency and author for independent and expects one row where there are hundreds.
PERSON_JOIN_NAMED = PERSON_JOIN.replace(
    "on u.id = w.created_by", "on u.agency_id = w.agency_id and u.id = w.created_by"
)
CLIENT_JOIN = """
    select l.id, l.status, c.name, k.name
    from lead as l
    join campaign as c on c.agency_id = l.agency_id and c.id = l.campaign_id
    join client as k on k.agency_id = l.agency_id and k.id = l.client_id
    where l.agency_id = %s and l.id > %s order by l.id limit 50
"""
POINT = "select id, created_at, updated_at from {} where agency_id = %s and id = %s"
COUNT = "select count(*) from {} where agency_id = %s"
INSERT = """
    insert into console_prompt (agency_id, console_workflow_id, name, content)
    values (%s, %s, gen_random_uuid()::text, 'Say hello')
"""

CASES = (
    Case("page of 50", PAGE, ("prompts",), 200, is_limited=True),
    Case("insert", INSERT, ("workflows",), 200, is_limited=True),
    Case("three-table join, 50 rows", JOIN, ("prompts",), 100, is_limited=True),
    Case("join through the author", PERSON_JOIN, ("prompts",), 50),
    Case("the same, the agency named", PERSON_JOIN_NAMED, ("prompts",), 50),
    Case("point read", POINT.format("console_prompt"), ("prompts",), 400),
    Case("count of 1,000 rows", COUNT.format("console_prompt"), (), 100),
    Case("client scope: point read", POINT.format("lead"), ("leads",), 400),
    Case("client scope: count, all clients", COUNT.format("lead"), (), 100),
    Case("client scope: count, 2 clients", COUNT.format("lead"), (), 100, is_member=True),
    Case("client scope: join, all clients", CLIENT_JOIN, ("leads",), 100),
    Case("client scope: join, 2 clients", CLIENT_JOIN, ("leads",), 100, is_member=True),
)


@dataclass(frozen=True)
class Keys:
    """One tenant's keys, which the statements draw from."""

    agency_id: UUID
    user_id: UUID
    clients: Sequence[UUID]
    lists: Mapping[str, Sequence[UUID]]


def main() -> None:
    """Measure and print."""
    with workspace("isolation") as folder:
        server = EmbeddedServer(folder / "home")
        server.start()
        try:
            _measure(server.url())
        finally:
            server.stop()


def _measure(url: str) -> None:
    with connect(url) as owner:
        migrate(owner)
        owner.execute(DATA.read_bytes())
        owner.commit()
        owner.autocommit = True
        owner.execute("vacuum analyze")
        keys = _keys(owner)
        owner.autocommit = False
        print("## isolation: 1,000,000 rows of 1,000 tenants in each table")
        print(machine())
        rows = [_compare(case, keys, owner) for case in CASES]
        rows.append(_opening(keys, owner))
    header = ("statement", "without, µs", "with, µs", "ratio", "limit")
    table("Row-level security against none", header, rows)


def _keys(owner: psycopg.Connection[TupleRow]) -> Keys:
    """The keys of the tenant in the middle."""

    def ids(statement: str, *parameters: object) -> list[UUID]:
        return [row[0] for row in owner.execute(statement.encode(), parameters)]

    agency_id = ids("select id from agency order by id offset 500 limit 1")[0]
    lists = {
        name: ids(f"select id from {source} where agency_id = %s", agency_id)
        for name, source in (
            ("prompts", "console_prompt"),
            ("workflows", "console_workflow"),
            ("leads", "lead"),
        )
    }
    return Keys(
        agency_id,
        ids('select id from "user" where agency_id = %s', agency_id)[0],
        ids("select id from client where agency_id = %s order by id", agency_id),
        lists,
    )


def _compare(case: Case, keys: Keys, owner: psycopg.Connection[TupleRow]) -> tuple[str, ...]:
    draw = random.Random(SEED)
    without: list[float] = []
    protected: list[float] = []
    for batch in range(BATCHES):
        parameters = [
            (keys.agency_id, *(draw.choice(keys.lists[name]) for name in case.draws))
            for _ in range(case.repeats)
        ]
        if batch % 2:
            without.append(_as_owner(owner, case, parameters))
            protected.append(_as_tenant(owner, keys, case, parameters))
        else:
            protected.append(_as_tenant(owner, keys, case, parameters))
            without.append(_as_owner(owner, case, parameters))
    ratio = statistics.median(b / a for a, b in zip(without, protected, strict=True))
    return (
        case.name,
        f"{statistics.median(without) * 1e6:.0f}",
        f"{statistics.median(protected) * 1e6:.0f}",
        f"{ratio:.2f}",
        f"{LIMIT}" if case.is_limited else "",
    )


def _as_owner(
    owner: psycopg.Connection[TupleRow], case: Case, parameters: Sequence[Sequence[object]]
) -> float:
    with owner.transaction(force_rollback=True):
        return _seconds_each(owner, case.statement, parameters)


def _as_tenant(
    connection: psycopg.Connection[TupleRow],
    keys: Keys,
    case: Case,
    parameters: Sequence[Sequence[object]],
) -> float:
    with tenant_transaction(connection, _tenant(keys, is_member=case.is_member)):
        return _seconds_each(connection, case.statement + "-- with policies", parameters)


def _tenant(keys: Keys, *, is_member: bool) -> Tenant:
    clients = frozenset(keys.clients[:2]) if is_member else None
    role = "member" if is_member else "manager"
    return Tenant(keys.agency_id, keys.user_id, role, clients, "revos")


def _seconds_each(
    connection: psycopg.Connection[TupleRow], text: str, parameters: Sequence[Sequence[object]]
) -> float:
    """Seconds of one execution, the server having settled on a plan before."""
    statement = text.encode()
    with connection.cursor() as cursor:
        for values in parameters[:PLANNED_AFTER]:
            cursor.execute(statement, values, prepare=True)
        started = time.perf_counter()
        for values in parameters:
            cursor.execute(statement, values, prepare=True)
            if cursor.description is not None:
                cursor.fetchall()
        return (time.perf_counter() - started) / len(parameters)


def _opening(keys: Keys, owner: psycopg.Connection[TupleRow]) -> tuple[str, ...]:
    """A whole transaction around one point read, with claims and without."""
    statement = POINT.format("console_prompt").encode()
    prompt = keys.lists["prompts"][0]
    without: list[float] = []
    protected: list[float] = []
    for _ in range(BATCHES * 50):
        started = time.perf_counter()
        with owner.transaction():
            owner.execute(statement, (keys.agency_id, prompt)).fetchall()
        between = time.perf_counter()
        with tenant_transaction(owner, _tenant(keys, is_member=False)):
            owner.execute(statement + b"-- with policies", (keys.agency_id, prompt)).fetchall()
        without.append(between - started)
        protected.append(time.perf_counter() - between)
    ratio = statistics.median(b / a for a, b in zip(without, protected, strict=True))
    return (
        "transaction with one point read",
        f"{statistics.median(without) * 1e6:.0f}",
        f"{statistics.median(protected) * 1e6:.0f}",
        f"{ratio:.2f}",
        "",
    )
