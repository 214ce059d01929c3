"""Two agencies with the same kinds of rows, and the data API on a loopback port."""

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
from postgrest import SyncPostgrestClient

from mainstem.db.login import as_login, ensure_login
from mainstem.db.pool import open_async_pool
from mainstem.db.tenant import Tenant
from mainstem.pg.connect import connect
from mainstem.rest import Access, DataApi, RequestError
from mainstem.server.listen import free_socket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer
    from mainstem.rest.model import Scope

START_LIMIT_S = 20.0

FIXTURES = """
create table public.shelf (
  id uuid not null default app.uuid7(), agency_id uuid not null, parent_id uuid, name text not null,
  size int, price numeric(12,2), data jsonb, tags text[], during daterange, words tsvector,
  created_at timestamptz not null default now(),
  constraint shelf_pkey primary key (agency_id, id),
  constraint shelf_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint shelf_parent_fkey foreign key (agency_id, parent_id)
    references public.shelf (agency_id, id),
  constraint shelf_name_key unique (agency_id, name)
);
call app.protect('shelf', 'agency', high_volume => true);
create table public.shelf_client (
  id uuid not null default app.uuid7(), agency_id uuid not null, shelf_id uuid not null,
  client_id uuid not null, note text,
  constraint shelf_client_pkey primary key (agency_id, id),
  constraint shelf_client_key unique (agency_id, shelf_id, client_id),
  constraint shelf_client_shelf_fkey foreign key (agency_id, shelf_id)
    references public.shelf (agency_id, id) on delete cascade,
  constraint shelf_client_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade
);
call app.protect('shelf_client', 'client', high_volume => true);
create view public.shelf_name with (security_invoker = true) as
  select s.agency_id, s.id, s.name as title from public.shelf as s;
call app.protect_view('shelf_name');
create schema legacy;
grant usage on schema legacy to authenticated;
create view legacy.clients with (security_invoker = true) as
  select t.agency_id, t.id, t.name as full_name, t.industry from public.client as t;
create view legacy.campaigns with (security_invoker = true) as
  select t.agency_id, t.id, t.client_id, t.name from public.campaign as t;
grant select, insert, update, delete on legacy.clients, legacy.campaigns to authenticated;
create function public.add_up(a int, b int default 10) returns int language sql stable
  return a + b;
create function public.join_all(variadic words text[]) returns text language sql stable
  return array_to_string(words, '-');
create function public.shelves_like(pattern text) returns setof public.shelf language sql stable
  begin atomic select * from public.shelf where name like pattern; end;
create function public.pairs(n int) returns table (k int, v text) language sql stable
  begin atomic select i, 'v' || i from generate_series(1, n) as i; end;
create function public.keep(json) returns json language sql stable return $1;
create function public.one_shelf(wanted text) returns public.shelf language sql stable
  begin atomic select * from public.shelf where name = wanted; end;
create function public.rename_shelf(old text, new text) returns void language sql
  begin atomic update public.shelf set name = new where name = old; end;
create function public.fail_on_purpose() returns void language plpgsql as
  $$ begin raise exception 'not today' using detail = 'it rains', hint = 'come back'; end $$;
create function public.sleep_long() returns void language plpgsql as
  $$ begin perform pg_sleep(20); end $$;
"""


@dataclass(frozen=True)
class Agency:
    """One tenant of the tests, and the ids of its rows."""

    id: UUID
    user_id: UUID
    clients: tuple[UUID, ...]
    campaign_id: UUID

    def tenant(self, **changed: Any) -> Tenant:
        """Its owner, in the app `revos`."""
        values: dict[str, Any] = {
            "agency_id": self.id,
            "user_id": self.user_id,
            "user_role": "owner",
            "client_ids": None,
            "app_context": "revos",
        }
        return Tenant(**values | changed)


@dataclass
class World:
    """The running API, who may call it, and the two agencies."""

    address: str
    database_url: str
    own: Agency
    other: Agency
    callers: dict[str, Access]
    api: DataApi
    loop: asyncio.AbstractEventLoop
    opened: list[httpx.Client] = field(default_factory=list)

    def key(self, access: Access) -> str:
        """A key that stands for that access."""
        key = uuid4().hex
        self.callers[key] = access
        return key

    def client(self, access: Access | None = None, **headers: str) -> httpx.Client:
        """A plain HTTP client of that caller; of the own agency's owner where none is given."""
        key = self.key(access or Access(self.own.tenant()))
        made = httpx.Client(base_url=self.address, headers={"apikey": key, **headers})
        self.opened.append(made)
        return made

    def postgrest(
        self, access: Access | None = None, schema: str = "public"
    ) -> SyncPostgrestClient:
        """The real client."""
        key = self.key(access or Access(self.own.tenant()))
        session = httpx.Client(base_url=self.address)
        self.opened.append(session)
        headers = {"apikey": key, "Authorization": f"Bearer {key}"}
        return SyncPostgrestClient(
            self.address, schema=schema, headers=headers, http_client=session
        )

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement behind the API's back."""
        with connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def reload(self) -> None:
        """Have the catalog read anew."""
        asyncio.run_coroutine_threadsafe(self.api.reload(), self.loop).result(START_LIMIT_S)


def _agency(url: str, name: str) -> Agency:
    with connect(url, autocommit=True) as connection:
        row = connection.execute(
            b"insert into agency (name, slug) values (%s, %s) returning id", (name, name)
        ).fetchone()
        assert row is not None
        agency_id = row[0]
        user = connection.execute(
            b'insert into "user" (agency_id, email, role) values (%s, %s, %s) returning id',
            (agency_id, f"owner@{name}.test", "owner"),
        ).fetchone()
        clients = [
            connection.execute(
                b"insert into client (agency_id, name, industry) values (%s, %s, %s) returning id",
                (agency_id, f"{name} client {number}", "food"),
            ).fetchone()
            for number in range(3)
        ]
        assert user is not None
        ids = tuple(row[0] for row in clients if row is not None)
        campaign = connection.execute(
            b"insert into campaign (agency_id, client_id, name, trigger_word)"
            b" values (%s, %s, %s, 'go') returning id",
            (agency_id, ids[0], f"{name} campaign"),
        ).fetchone()
        assert campaign is not None
    return Agency(agency_id, user[0], ids, campaign[0])


@pytest.fixture(scope="session")
def world(scratch: ScratchServer, template: str) -> Iterator[World]:
    """One database and one server for all tests of the data API."""
    url = scratch.create_database(f"rest_{uuid4().hex}", template=template)
    with connect(url, autocommit=True) as connection:
        connection.execute(FIXTURES.encode())
        ensure_login(connection)
    callers: dict[str, Access] = {}
    with _served(as_login(url), callers) as (address, api, loop):
        made = World(address, url, _agency(url, "own"), _agency(url, "other"), callers, api, loop)
        yield made
        for client in made.opened:
            client.close()


@contextmanager
def _served(
    url: str, callers: dict[str, Access]
) -> Iterator[tuple[str, DataApi, asyncio.AbstractEventLoop]]:
    """The API behind uvicorn, in a thread of its own."""
    ready: list[tuple[str, DataApi, asyncio.AbstractEventLoop]] = []
    started = threading.Event()
    servers: list[uvicorn.Server] = []

    async def resolve(scope: Scope, *, is_anew: bool) -> Access:
        del is_anew
        key = dict(scope["headers"]).get(b"apikey", b"").decode("latin-1")
        if not key:
            return Access(None)
        if key not in callers:
            raise RequestError(401, "PGRST301", "no such key")
        return callers[key]

    listener = free_socket("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/rest/v1"

    async def main() -> None:
        async with open_async_pool(url, size_max=4) as pool:
            api = DataApi(pool, resolve)
            config = uvicorn.Config(api, log_level="critical", lifespan="off")
            servers.append(uvicorn.Server(config))
            async with api.kept_fresh():
                ready.append((address, api, asyncio.get_running_loop()))
                started.set()
                await servers[0].serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert started.wait(START_LIMIT_S), "the server does not start"
    try:
        yield ready[0]
    finally:
        servers[0].should_exit = True
        thread.join(START_LIMIT_S)


@pytest.fixture
def client(world: World) -> httpx.Client:
    """The own agency's owner."""
    return world.client()
