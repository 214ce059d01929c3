"""Two agencies, two clients in one of them, and the whole app with its files on loopback."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from storage3 import SyncStorageClient
from tests.core.conftest import PASSWORD, known_hash
from tests.stores.server import ACCESS_KEY, REGION, SECRET, serving

from mainstem.core import Core, Scope, agencies, api_keys, master_key
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant
from mainstem.pg.connect import connect
from mainstem.server import build_app
from mainstem.server.listen import free_socket
from mainstem.server.settings import Settings
from mainstem.storage import Limits
from mainstem.stores.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer

START_LIMIT_S = 20.0
BYTES_MAX = 300_000
LIMITS = Limits(object_bytes_max=BYTES_MAX, silence_s=1.0, objects_max=50)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
EVERYTHING = (Scope.FILES_READ, Scope.FILES_WRITE)


@dataclass(frozen=True)
class Agency:
    """A tenant: its clients by name, the key for all of its files, the key of its web pages."""

    id: UUID
    slug: str
    clients: dict[str, UUID]
    key: str
    web_key: str


@dataclass
class Office:
    """The running app, its database, and who may call it."""

    address: str
    url: str
    keys: master_key.MasterKeys
    place: Place
    own: Agency
    other: Agency
    opened: list[httpx.Client] = field(default_factory=list)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement behind the API's back."""
        with connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def key(self, agency: Agency, *scopes: Scope, client: str | None = None) -> tuple[UUID, str]:
        """A new API key of an agency, or of one of its clients: its id and its text."""
        client_id = agency.clients[client] if client is not None else None
        return make_key(self.url, self.keys, agency.id, scopes or EVERYTHING, client_id)

    def headers(self, key: str) -> dict[str, str]:
        """What supabase-js sends: a person's token beside a key that may do nothing alone."""
        is_token = key.count(".") == 2
        return {"apikey": self.own.web_key if is_token else key, "authorization": f"Bearer {key}"}

    def http(self, key: str | None = None) -> httpx.Client:
        """A plain HTTP client; without a key nobody."""
        headers = self.headers(key) if key else {}
        made = httpx.Client(base_url=f"{self.address}/storage/v1", headers=headers, timeout=20)
        self.opened.append(made)
        return made

    def storage(self, key: str | None = None) -> SyncStorageClient:
        """The real client, of the own agency's key where none is given."""
        headers = self.headers(key or self.own.key)
        client = httpx.Client(timeout=20)
        self.opened.append(client)
        return SyncStorageClient(f"{self.address}/storage/v1/", headers, http_client=client)

    def token(self, role: str, *clients: str, permission: str = "write") -> str:
        """A person of the own agency signs in; they see these clients only: an access token."""
        email = f"{role}.{uuid4().hex}@example.test"
        ((user_id,),) = self.sql(
            'insert into "user" (agency_id, email, role) values (%s, %s, %s) returning id',
            self.own.id,
            email,
            role,
        )
        self.sql(
            "insert into app.credential (user_id, kind, password_hash) values (%s, 'password', %s)",
            user_id,
            known_hash(),
        )
        for client in clients:
            self.sql(
                "insert into member_client_access (agency_id, client_id, user_id, kind, permission)"
                " values (%s, %s, %s, %s, %s)",
                self.own.id,
                self.own.clients[client],
                user_id,
                "client" if role == "client" else "member",
                permission,
            )
        answer = httpx.post(
            f"{self.address}/auth/v1/token?grant_type=password",
            json={"email": email, "password": PASSWORD},
        )
        return str(answer.json()["access_token"])

    def bucket(self, *, agency: Agency | None = None, **options: Any) -> str:
        """A new bucket."""
        name = f"b-{uuid4().hex[:12]}"
        self.storage((agency or self.own).key).create_bucket(name, options=options or None)  # type: ignore[arg-type]
        return name

    def close(self) -> None:
        """Let go of the clients' connections."""
        for client in self.opened:
            client.close()

    def versions(self) -> set[str]:
        """The bytes of the own agency that lie in the folder."""
        assert self.place.folder is not None, "only a folder is looked into"
        folder = self.place.folder / str(self.own.id)
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def make_key(
    url: str,
    keys: master_key.MasterKeys,
    agency_id: UUID,
    scopes: tuple[Scope, ...],
    client_id: UUID | None = None,
) -> tuple[UUID, str]:
    async def made() -> tuple[UUID, str]:
        async with async_pool(url, size_max=1) as pool:
            core = Core(pool=pool, keys=keys)
            owner = Tenant(agency_id, None, "owner", None, "*")
            try:
                key = await api_keys.make(
                    core, owner, name="files", scopes=scopes, client_id=client_id
                )
            finally:
                core.close()
        return key.id, key.text

    return asyncio.run(made())


def make_agency(url: str, keys: master_key.MasterKeys, name: str) -> Agency:
    clients: dict[str, UUID] = {}
    with connect(url, autocommit=True) as connection:

        def added(statement: str, *values: object) -> UUID:
            row = connection.execute(statement.encode(), values).fetchone()
            assert row is not None
            return UUID(str(row[0]))

        slug = agencies.slug_of(name)
        agency_id = added(
            "insert into agency (name, slug) values (%s, %s) returning id", name, slug
        )
        for client in ("Acme Ltd", "Birch & Co"):
            clients[client.split()[0].lower()] = added(
                "insert into client (agency_id, name) values (%s, %s) returning id",
                agency_id,
                client,
            )
    texts = [make_key(url, keys, agency_id, scopes)[1] for scopes in (EVERYTHING, ())]
    return Agency(agency_id, slug, clients, *texts)


@pytest.fixture(scope="session")
def office(
    scratch: ScratchServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """One database, one folder and one server for all tests of files."""
    url = scratch.create_database(f"storage_{uuid4().hex}", template=template)
    keys = master_key.parse(master_key.generate(), origin="test")
    place = Place(folder=tmp_path_factory.mktemp("files"))
    own, other = (make_agency(url, keys, name) for name in ("Own House", "Other House"))
    with served(url, keys, place) as address:
        made = Office(address, url, keys, place, own, other)
        yield made
        made.close()


@pytest.fixture(scope="session")
def far_office(office: Office) -> Iterator[Office]:
    """The same with the bytes in an S3-compatible store."""
    with pytest.MonkeyPatch.context() as patch, serving() as held:
        patch.setenv("TESTS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("TESTS_SECRET_ACCESS_KEY", SECRET)
        held.files = {"all": {}}
        place = Place(s3=held.address, region=REGION, bucket="all", keys="TESTS")
        with served(office.url, office.keys, place) as address:
            made = Office(address, office.url, office.keys, place, office.own, office.other)
            yield made
            made.close()


@contextmanager
def served(url: str, keys: master_key.MasterKeys, place: Place, **more: Any) -> Iterator[str]:
    """The app behind uvicorn, in a thread of its own."""
    app = build_app(url, settings=Settings(keys, files=place, file_limits=LIMITS, **more))
    listener = free_socket("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_LIMIT_S)
        listener.close()


@pytest.fixture
def http(office: Office) -> httpx.Client:
    """The own agency's key."""
    return office.http(office.own.key)


@pytest.fixture
def nobody(office: Office) -> httpx.Client:
    """Without any key."""
    return office.http()
