from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from tests.revos.webhooks.receiver import Receiver, serving

from mainstem.core import Core, master_key
from mainstem.core.passwords import Passwords
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.jobs import Options, Registry, Worker
from mainstem.pg.connect import connect
from mainstem.revos.webhooks import LEAD_CAPTURED, Courier, Event, Secrets, announce
from mainstem.revos.webhooks.jobs import add_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@dataclass(frozen=True)
class Agency:
    """An agency with a client, a campaign, a lead magnet and an owner."""

    id: UUID
    client_id: UUID
    campaign_id: UUID
    owner_id: UUID

    def tenant(self, *, clients: frozenset[UUID] | None = None, role: str = "owner") -> Tenant:
        return Tenant(self.id, self.owner_id, role, clients, "revos")


@dataclass
class Town:
    """The database of these tests, and a worker for it."""

    url: str
    keys: master_key.MasterKeys
    courier: Courier
    connection: psycopg.Connection[TupleRow]
    registry: Registry = field(default_factory=Registry)

    def sql(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        found = self.connection.execute(statement.encode(), parameters)
        return found.fetchall() if found.description else []

    def add(self, table: str, **values: Any) -> UUID:
        names, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        query = f"insert into {table} ({names}) values ({marks}) returning id"
        return UUID(str(self.sql(query, **values)[0][0]))

    def agency(self) -> Agency:
        agency_id = self.add("agency", name="Northwind", slug=f"n-{uuid4().hex}")
        mail = f"{uuid4().hex}@example.test"
        owner = self.add('"user"', agency_id=agency_id, email=mail, role="owner")
        client = self.add("client", agency_id=agency_id, name=f"Acme {uuid4().hex}")
        here = {"agency_id": agency_id, "client_id": client}
        magnet = self.add("lead_magnet", **here, name="The guide", url="https://example.com/guide")
        campaign = self.add(
            "campaign", **here, name="Spring", trigger_word="GUIDE", lead_magnet_id=magnet
        )
        return Agency(agency_id, client, campaign, owner)

    def lead(self, agency: Agency, **values: Any) -> UUID:
        given = {
            "email": f"{uuid4().hex[:8]}@example.com", "first_name": "Maria", "last_name": "Keller",
            "status": "email_captured", **values,
        }  # fmt: skip
        return self.add(
            "lead", agency_id=agency.id, client_id=agency.client_id, campaign_id=agency.campaign_id,
            linkedin_id=uuid4().hex, **given,
        )  # fmt: skip

    def tell(self, agency: Agency, *leads: UUID, key: str | None = None) -> None:
        """Announce captured leads, as the lead engine does."""
        events = [Event(LEAD_CAPTURED, key or f"lead:{lead}", lead) for lead in leads]
        tenant = Tenant(agency.id, None, "owner", None, "revos")
        with tenant_transaction(self.connection, tenant) as open_:
            announce(open_, events)

    async def work(self) -> int:
        """Do every job that is due; how many."""
        return await asyncio.to_thread(self._work)

    def _work(self) -> int:
        worker = Worker(self.url, self.registry, Options(queues=("webhooks",)))
        count = 0
        while done := worker.do_next(self.connection):
            count += done
        return count

    def due(self, agency: Agency) -> None:
        """Let the time of an agency's waiting jobs have come."""
        self.sql("update app.job set run_at = now() where agency_id = %(id)s", id=agency.id)

    def delivery(self, agency: Agency) -> dict[str, Any]:
        """The only delivery of an agency."""
        found = self.sql(
            "select to_jsonb(d) from webhook_delivery as d where agency_id = %(id)s", id=agency.id
        )
        assert len(found) == 1, found
        row: dict[str, Any] = found[0][0]
        return row

    def endpoint(self, agency: Agency) -> dict[str, Any]:
        found = self.sql(
            "select to_jsonb(e) from webhook_config as e where agency_id = %(id)s", id=agency.id
        )
        assert len(found) == 1
        row: dict[str, Any] = found[0][0]
        return row

    def waits_s(self, agency: Agency) -> list[float]:
        """In how many seconds an agency's waiting jobs are due."""
        rows = self.sql(
            "select extract(epoch from run_at - now())::float from app.job where agency_id = %(id)s"
            " order by 1",
            id=agency.id,
        )
        return [row[0] for row in rows]


@pytest.fixture(scope="session")
def town(scratch: ScratchServer, template: str) -> Iterator[Town]:
    name = f"webhooks_{uuid4().hex}"
    url = scratch.create_database(name, template=template)
    keys = master_key.parse(master_key.generate(), origin="test")
    courier = Courier(url, Secrets(url, keys), allow_loopback=True)
    with connect(url, autocommit=True) as connection:
        made = Town(url, keys, courier, connection)
        add_to(made.registry, courier)
        yield made
    courier.close()
    scratch.drop_database(name)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with serving() as made:
        yield made


@pytest.fixture
def room() -> str:
    """A path of the receiver's that is this test's own."""
    return uuid4().hex


@pytest.fixture(scope="session")
def hashing() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


@pytest.fixture
async def core(town: Town, hashing: Passwords) -> AsyncIterator[Core]:
    async with async_pool(town.url, size_max=3) as pool:
        yield Core(pool=pool, keys=town.keys, passwords=hashing)
