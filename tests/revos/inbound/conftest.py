"""Two agencies with linked accounts, our server, and a sandbox that calls it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.core.conftest import served
from tests.migrations.people import Agency, insert, new_agency
from tests.revos.engine.conftest import sandbox_running

from mainstem.core import master_key
from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.jobs import Registry, Worker
from mainstem.pg.connect import connect
from mainstem.revos.clock import REAL
from mainstem.revos.inbound import PATH, Handling, Listeners
from mainstem.revos.sandbox import SCENARIOS, Clock, Sandbox, World
from mainstem.revos.unipile import Settings as ProviderSettings
from mainstem.revos.unipile import Shared
from mainstem.server import build_app
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer
    from mainstem.revos.sending import Moment
    from mainstem.revos.unipile import Message, PersonId

KEY = "a-key-for-tests"
SECRET = "a-secret-that-the-provider-shows"


@dataclass(frozen=True)
class House:
    """What all tests share: the database, our server, the sandbox."""

    url: str
    address: str
    sandbox: Sandbox
    settings: ProviderSettings
    shared: Shared

    def control(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        answer = httpx.request(
            method,
            f"{self.sandbox.address}/sandbox/{path}",
            headers={"X-API-KEY": KEY},
            json=given if method == "POST" else None,
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class Told:
    """Listeners that remember."""

    messages: list[tuple[UUID, str]] = field(default_factory=list)
    connected: list[tuple[UUID, str]] = field(default_factory=list)
    fails: bool = False
    said: str = "stored"

    def message(self, moment: Moment, account_id: UUID, message: Message) -> str:
        del moment
        if self.fails:
            raise RuntimeError("a listener's defect")
        self.messages.append((account_id, message.text))
        return self.said

    def connect(self, moment: Moment, account_id: UUID, person: PersonId) -> None:
        del moment
        self.connected.append((account_id, person))


@dataclass
class Desk:
    """Two agencies, each with an account, and the worker that handles their events."""

    house: House
    connection: psycopg.Connection[TupleRow]
    told: Told
    worker: Worker
    agencies: list[Agency] = field(default_factory=list)
    #: of each agency, our account and the sandbox's
    accounts: list[tuple[UUID, dict[str, Any]]] = field(default_factory=list)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        found = self.connection.execute(statement.encode(), values)
        return found.fetchall() if found.description else []

    def add(self, provider_id: str | None, agency: Agency | None = None) -> UUID:
        """An account of an agency, a new one unless it is named."""
        if agency is None:
            agency = new_agency(self.connection)
            self.agencies.append(agency)
        return insert(
            self.connection,
            "linkedin_account",
            agency_id=agency.id,
            client_id=agency.client_id,
            user_id=agency.user_id,
            account_name=f"account {uuid4().hex}",
            unipile_account_id=provider_id,
            status="active" if provider_id else "connecting",
        )

    def events(self, agency: Agency) -> list[tuple[str, str]]:
        """The events of an agency that its own people see: name and outcome."""
        tenant = Tenant(agency.id, agency.user_id, "owner", None, "revos")
        with tenant_transaction(self.connection, tenant) as open_:
            rows = open_.execute("select event, outcome from unipile_webhook_log order by id")
            return [(event, outcome) for event, outcome in rows]

    def jobs(self, agency: Agency) -> int:
        found = self.sql("select count(*) from app.job where agency_id = %s", agency.id)
        return int(found[0][0])

    def strays(self) -> list[tuple[str, str, str]]:
        return [
            (reason, detail, body)
            for reason, detail, body in self.sql(
                "select reason, detail, body from app.stray_event order by id"
            )
        ]

    def handle(self) -> None:
        for _ in range(50):
            if not self.worker.do_next(self.connection):
                return
        raise AssertionError("jobs still come")

    def tell(self, body: bytes, **headers: str) -> httpx.Response:
        """Call as the provider does."""
        usual = {"unipile-auth": SECRET, "content-type": "application/x-www-form-urlencoded"}
        given = {name: text for name, text in (usual | headers).items() if text}
        return httpx.post(f"{self.house.address}{PATH}", content=body, headers=given)


@pytest.fixture(scope="session")
def house(scratch: ScratchServer, template: str) -> Iterator[House]:
    name = f"inbound_{uuid4().hex}"
    url = scratch.create_database(name, template=template)
    clock = Clock(datetime.now(UTC), 1.0)
    sandbox = Sandbox(KEY, World(1, SCENARIOS["quiet"], clock))
    keys = master_key.parse(master_key.generate(), origin="test")
    with sandbox_running(sandbox) as at:
        settings = ProviderSettings(at, KEY, "v1", SECRET)
        shared = Shared(settings)
        own = Settings(keys, base_url="http://127.0.0.1:1", unipile=settings)
        with served(build_app(url, settings=own)) as address:
            yield House(url, address, sandbox, settings, shared)
        shared.close()
    scratch.drop_database(name)


@pytest.fixture(scope="session")
def owner(house: House) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection in autocommit mode to the house's database, as its owner."""
    with connect(house.url, autocommit=True) as opened:
        yield opened


@pytest.fixture
def desk(house: House, owner: psycopg.Connection[TupleRow]) -> Desk:
    owner.execute("delete from app.stray_event")
    owner.execute("delete from app.job")
    told = Told()
    registry = Registry()
    listeners = Listeners(told.message, told.connect)
    Handling(house.shared.provider, "v1", REAL, listeners).add_to(registry)
    made = Desk(house, owner, told, Worker(house.url, registry))
    for _ in range(2):
        account = house.control("POST", "accounts")
        made.accounts.append((made.add(account["id"]), account))
    return made
