"""Two agencies with people, clients, campaigns and leads; the second's rows all say FOREIGN."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from argon2 import PasswordHasher

from mainstem.core import master_key
from mainstem.pg.connect import connect
from mainstem.unify.ledger.store import ensure_schema

if TYPE_CHECKING:
    from mainstem.core.master_key import MasterKeys

PASSWORD = "heron-lantern-quarry-7"
NORTHWIND = UUID("019b0000-0000-7000-8000-00000000000a")
FOREIGN = UUID("019b0000-0000-7000-8000-00000000000b")
PEOPLE = ("owner", "admin", "manager", "member", "client")

#: a unification that is over, and the operator who may look at it
RUN = """
insert into unify.run (kind, name, plan_sha256, source, state, finished_at)
values ('run', 'agency', repeat('0', 64), '{}', 'finished', now()),
       ('run', 'later', repeat('0', 64), '{}', 'loading', null);
insert into unify.step (run_id, name, position, state)
values (1, 'load client', 1, 'done'), (2, 'load client', 1, 'done'), (2, 'load lead', 2, 'waiting');
insert into unify.table_result values (1, 'main', 'people', 'client', 4, 1, 1, 1, 1, 2);
insert into unify.legacy_map (run_id, source_name, source_table, target_table)
values (1, 'main', 'people', 'client');
create table unify.legacy_id_1 partition of unify.legacy_id for values in (1);
insert into unify.legacy_id
values (1, 'ada/1', '019b0000-0000-7000-8000-000000000001', 'l', null),
       (1, 'bob', '019b0000-0000-7000-8000-000000000001', 'm', null), (1, 'cy', null, 'd', null);
insert into unify.quarantine
values (1, 'people', 'dee', 'born_on', 'no date: token=hunter2',
        '{"born_on": "soon", "api_key": "hunter2"}');
insert into unify.ledger
values (1, 'people', 'ada/1', 'label', 'a?b', 'ab', 'nul-removed'),
       (1, 'people', 'ada/1', 'api_key', 'hunter2', 'hunter3', 'nul-removed');
insert into unify.isolation_proof (is_passed, objects, attempts)
values (true, '[{"name": "public.lead", "kind": "table", "verdict": "proven", "reason": ""},
  {"name": "app.odd", "kind": "function", "verdict": "not exercised",
   "reason": "no argument"}]', 812);
insert into app.operator (email) values ('owner@northwind.example');
"""
SEED = Path(__file__).with_name("world.sql").read_text(encoding="utf-8")


def client_id(number: int, *, foreign: bool = False) -> UUID:
    """The client of that number, from 1."""
    return UUID(f"019b0000-0000-7000-8000-00000000{'030' if foreign else '020'}{number:x}")


def campaign_id(number: int, *, foreign: bool = False) -> UUID:
    """The campaign of that number, from 1."""
    return UUID(f"019b0000-0000-7000-8000-00000000{'050' if foreign else '040'}{number:x}")


def lead_id(number: int, *, foreign: bool = False) -> UUID:
    """The lead of that number, from 1."""
    return UUID(f"019b0000-0000-7000-8000-00000000{'7' if foreign else '6'}{number:03}")


def person_id(number: int, *, foreign: bool = False) -> UUID:
    """The person of that number, in the order of PEOPLE, from 1."""
    return UUID(f"019b0000-0000-7000-8000-0000000001{'1' if foreign else '0'}{number}")


def row_ids(kind: str) -> tuple[UUID, UUID, UUID]:
    """Of a further kind of row, one each: ours, the other agency's, and of a client not seen."""
    ours, foreign, unseen = (f"019b0000-0000-7000-8000-00000000{kind}0{n}" for n in (1, 2, 3))
    return UUID(ours), UUID(foreign), UUID(unseen)


@dataclass(frozen=True)
class World:
    """The database with both agencies, looked at from behind."""

    url: str
    keys: MasterKeys = field(
        default_factory=lambda: master_key.parse(master_key.generate(), origin="test"), repr=False
    )

    def seed(self) -> None:
        """Put everything in."""
        hashed = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
        bound = {"northwind": NORTHWIND, "foreign": FOREIGN, "hash": hashed}
        with connect(self.url, autocommit=True) as connection, connection.transaction():
            for statement in SEED.split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode(), bound)
        with connect(self.url, autocommit=True) as connection:
            ensure_schema(connection)
            connection.execute(RUN.encode())

    def sql(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement as the owner of the database."""
        with connect(self.url, autocommit=True) as connection:
            found = connection.execute(statement.encode(), parameters)
            return found.fetchall() if found.description else []
