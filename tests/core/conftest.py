from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from tests.core.elsewhere import Elsewhere, Trip, add_provider, at, issuer_app

from mainstem.core import Core, Origin, master_key
from mainstem.core.passwords import Passwords
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant
from mainstem.pg.connect import connect
from mainstem.server import build_app
from mainstem.server.listen import free_socket
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from litestar import Litestar

    from mainstem.core.mail import Letter
    from mainstem.pg.scratch import ScratchServer

PASSWORD = "heron-lantern-quarry-7"
APP = "https://app.example.test"
HERE = Origin("127.0.0.1", "a test")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Outbox:
    """A mail server that keeps what it was given."""

    letters: list[Letter] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    async def send(self, letter: Letter) -> None:
        self.letters.append(letter)
        self.arrived.set()

    def last_token(self) -> str:
        """The token of the newest letter's link."""
        assert self.arrived.wait(5), "no letter was sent"
        text = self.letters[-1].text
        return text.partition("token=")[2].partition("&")[0] or text.partition("#")[2].split()[0]


@dataclass
class Clock:
    """A clock that tests move."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass(frozen=True)
class Member:
    """A person that a test made."""

    id: UUID
    agency_id: UUID
    email: str
    role: str


@dataclass(frozen=True)
class Town:
    """The database of these tests, looked at from behind."""

    url: str
    keys: master_key.MasterKeys

    def sql(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with connect(self.url, autocommit=True) as connection:
            found = connection.execute(statement.encode(), parameters)
            return found.fetchall() if found.description else []

    def agency(self, name: str = "Northwind") -> UUID:
        slug = f"{name.lower()}-{uuid4().hex}"
        added = self.sql(
            "insert into agency (name, slug) values (%(name)s, %(slug)s) returning id",
            name=name,
            slug=slug,
        )
        return UUID(str(added[0][0]))

    def client(self, agency_id: UUID, name: str = "Acme") -> UUID:
        added = self.sql(
            "insert into client (agency_id, name) values (%(agency_id)s, %(name)s) returning id",
            agency_id=agency_id,
            name=f"{name} {uuid4().hex}",
        )
        return UUID(str(added[0][0]))

    def member(
        self,
        agency_id: UUID,
        role: str = "owner",
        *,
        password_hash: str | None = None,
        clients: tuple[UUID, ...] = (),
    ) -> Member:
        email = f"{role}.{uuid4().hex}@example.test"
        added = self.sql(
            'insert into "user" (agency_id, email, role)'
            " values (%(agency_id)s, %(email)s, %(role)s) returning id",
            agency_id=agency_id,
            email=email,
            role=role,
        )
        person = Member(added[0][0], agency_id, email, role)
        self.sql(
            "insert into app.credential (user_id, kind, password_hash)"
            " values (%(id)s, 'password', %(hash)s)",
            id=person.id,
            hash=password_hash or known_hash(),
        )
        for client_id in clients:
            self.sql(
                "insert into member_client_access (agency_id, client_id, user_id, kind)"
                " values (%(agency_id)s, %(client_id)s, %(user_id)s, %(kind)s)",
                agency_id=agency_id,
                client_id=client_id,
                user_id=person.id,
                kind="client" if role == "client" else "member",
            )
        return person

    def trail(self, agency_id: UUID) -> list[tuple[str, str | None]]:
        """What is in the trail of an agency besides changed rows: action and reason."""
        rows = self.sql(
            "select action, reason from audit_log where agency_id = %(agency_id)s"
            " and action not in ('insert', 'update', 'delete') order by id",
            agency_id=agency_id,
        )
        return [(action, reason) for action, reason in rows]


_hash: list[str] = []


def known_hash() -> str:
    """The hash of PASSWORD, made once."""
    if not _hash:
        from argon2 import PasswordHasher  # noqa: PLC0415 - only where a test needs it

        _hash.append(
            PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
        )
    return _hash[0]


@pytest.fixture(scope="session")
def town(scratch: ScratchServer, template: str) -> Iterator[Town]:
    name = f"core_{uuid4().hex}"
    url = scratch.create_database(name, template=template)
    yield Town(url, master_key.parse(master_key.generate(), origin="test"))
    scratch.drop_database(name)


@pytest.fixture(scope="session")
def hashing() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
async def core(town: Town, clock: Clock, outbox: Outbox, hashing: Passwords) -> AsyncIterator[Core]:
    """Core on the tests' database, with a clock that tests move and no waiting."""
    async with async_pool(town.url, size_max=3) as pool:
        yield Core(
            pool=pool,
            keys=town.keys,
            redirects=frozenset({APP}),
            mail=outbox,
            passwords=hashing,
            clock=clock,
            refusal_s=0.0,
        )


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """A real server on a port of its own; its address."""
    # Who asks before the server is up waits, instead of being refused.
    with closing(free_socket("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="session")
def letters() -> Outbox:
    return Outbox()


@pytest.fixture(scope="session")
def address(town: Town, letters: Outbox) -> Iterator[str]:
    """The address of a server on the tests' database."""
    settings = Settings(
        town.keys, redirects=frozenset({APP}), mail=letters, base_url="http://127.0.0.1:8000"
    )
    with served(build_app(town.url, settings=settings)) as found:
        yield found


def owner_tenant(agency_id: UUID) -> Tenant:
    return Tenant(agency_id, None, "owner", None, "*")


@pytest.fixture(scope="session")
def shared_elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    with served(issuer_app(made)) as address:
        made.address = address
        yield made


@pytest.fixture
def elsewhere(shared_elsewhere: Elsewhere) -> Elsewhere:
    shared_elsewhere.claims = {}
    shared_elsewhere.algorithm, shared_elsewhere.signing = "RS256", None
    return shared_elsewhere


@pytest.fixture(scope="session")
def agencies(town: Town) -> tuple[UUID, UUID]:
    return town.agency(), town.agency("Other")


@pytest.fixture(scope="session")
def ours(address: str, town: Town, shared_elsewhere: Elsewhere, agencies: tuple[UUID, UUID]) -> str:
    """That server, when both agencies have the same issuer among their providers."""
    for agency in agencies:
        add_provider(town, agency, shared_elsewhere)
    return address


@pytest.fixture
def trip(ours: str, town: Town, agencies: tuple[UUID, UUID]) -> Iterator[Trip]:
    """To the provider of the first agency."""
    with httpx.Client() as http:
        yield Trip(http, ours, at(town, agencies[0]))
