from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from tests.kept import Keeper

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.jobs import NewJob, enqueue

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow
    from tests.kept import Kept

    from mainstem.pg.scratch import ScratchServer

EFFECTS = (
    "create table app.effect (job_id uuid primary key, agency_id uuid, note text,"
    " made_at timestamptz not null default clock_timestamp());"
    "grant select, insert on app.effect to authenticated, service_role"
)


@dataclass(frozen=True)
class Place:
    """A database with two agencies, and a connection in autocommit mode as its owner."""

    url: str
    connection: psycopg.Connection[TupleRow]
    mine: UUID
    other: UUID

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        found = self.connection.execute(statement.encode(), values)
        return found.fetchall() if found.description else []

    def tenant(self, agency_id: UUID, app: str = "revos") -> Tenant:
        return Tenant(agency_id, None, "owner", None, app)

    def add(self, *jobs: NewJob, agency_id: UUID | None = None) -> list[UUID]:
        with tenant_transaction(self.connection, self.tenant(agency_id or self.mine)) as open_:
            return enqueue(open_, jobs)

    def archive(self) -> dict[UUID, str]:
        return dict(self.sql("select job_id, status from app.job_archive"))


@pytest.fixture(scope="session")
def keeper(scratch: ScratchServer, template: str) -> Iterator[Keeper]:
    """Who keeps the database of these tests, in which handlers leave their effects."""
    made = Keeper(scratch, template, more=EFFECTS)
    yield made
    made.close()


@pytest.fixture
def place(kept: Kept) -> Place:
    ids = []
    for name in ("mine", "other"):
        slug = f"{name}-{uuid4().hex}"
        added = kept.connection.execute(
            "insert into agency (name, slug) values (%s, %s) returning id", (name, slug)
        ).fetchone()
        assert added is not None
        ids.append(added[0])
    return Place(kept.url, kept.connection, *ids)
