"""One app with an agency's rows, and every kind of caller, for tests that ask as each of them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from tests.core.conftest import Outbox, Town, owner_tenant
from tests.server.asking import asking

from mainstem.core import Core, Origin, api_keys, master_key, sessions, store, tokens
from mainstem.core.model import Assurance
from mainstem.core.transaction import service_transaction
from mainstem.server import build_app
from mainstem.server.pace import Rate, Rates
from mainstem.server.settings import Settings
from mainstem.stores.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from litestar import Litestar

    from mainstem.pg.scratch import ScratchServer

MARK = "Zanzibar4711"
OWN = ("owner", "admin", "manager", "member", "client", "other app")
OUTSIDE = ("anonymous", "revoked session", "expired token", "key without scope")
CALLERS = (*OUTSIDE, "other tenant", "other client", *OWN[::-1])
FAST = Rates(*(Rate(100_000, 100_000) for _ in range(3)))


@dataclass(frozen=True)
class Caller:
    """What one brings: to APIs, and to pages."""

    headers: dict[str, str]
    cookie: str | None


@dataclass
class World:
    """The app, the rows of the own agency, and who asks."""

    town: Town
    settings: Settings
    app: Litestar
    client: httpx.Client
    ids: dict[str, str]
    people: dict[str, UUID]
    callers: dict[str, Caller]
    loop: asyncio.AbstractEventLoop
    core: Core

    def fresh(self, name: str) -> Caller:
        """The same caller with new sessions."""
        return self.loop.run_until_complete(_caller(self, name))


@contextmanager
def opened_world(scratch: ScratchServer, template: str, folder: Path) -> Iterator[World]:
    """The world, its files in that folder."""
    name = f"matrix_{uuid4().hex}"
    town = Town(
        scratch.create_database(name, template=template),
        master_key.parse(master_key.generate(), origin="test"),
    )
    settings = Settings(town.keys, mail=Outbox(), rates=FAST, files=Place(folder=folder))
    loop = asyncio.new_event_loop()
    with pytest.MonkeyPatch.context() as patch:
        # Refusals that take an even time are held against it elsewhere.
        patch.setattr("mainstem.server.settings.Core", partial(Core, refusal_s=0.0))
        app, core = build_app(town.url, settings=settings), settings.core(town.url)
    ids, people = _rows(town)
    with asking(app, loop) as client:
        made = World(town, settings, app, client, ids, people, {}, loop, core)
        loop.run_until_complete(core.pool.open())
        made.callers = {each: made.fresh(each) for each in CALLERS}
        yield made
        loop.run_until_complete(core.pool.close())
        core.close()
    loop.close()
    scratch.drop_database(name)


def _rows(town: Town) -> tuple[dict[str, str], dict[str, UUID]]:
    """One client, campaign and lead that hold the mark; one person of each kind."""
    agency, other = town.agency("Northwind"), town.agency("Other")
    client, aside = town.client(agency, f"Acme {MARK}"), town.client(agency, "Aside")
    campaign = town.sql(
        "insert into campaign (agency_id, client_id, name, trigger_word)"
        " values (%(agency)s, %(client)s, %(name)s, 'go') returning id",
        agency=agency, client=client, name=f"Campaign {MARK}",
    )  # fmt: skip
    lead = town.sql(
        "insert into lead (agency_id, client_id, campaign_id, first_name, linkedin_id)"
        " values (%(agency)s, %(client)s, %(campaign)s, %(name)s, 'li-1') returning id",
        agency=agency, client=client, campaign=campaign[0][0], name=MARK,
    )  # fmt: skip
    people = {
        role: town.member(
            agency, role, clients=(client,) if role in {"member", "client"} else ()
        ).id
        for role in ("owner", "admin", "manager", "member", "client")
    }
    people["other app"] = town.member(agency).id
    people["other tenant"] = town.member(other).id
    people["other client"] = town.member(agency, "member", clients=(aside,)).id
    people["revoked session"] = town.member(agency).id
    people["expired token"] = town.member(agency).id
    people["operator"] = town.member(other, "member").id
    town.sql(
        'insert into app.operator (email, user_id) select email, id from "user" where id = %(id)s',
        id=people["operator"],
    )
    ids = {
        "client_id": str(client),
        "campaign_id": str(campaign[0][0]),
        "lead_id": str(lead[0][0]),
        "agency": str(agency),
        "run_id": "1",
        "version": "0",
        "name": "js/page.js",
        "path": "openapi.yml",
        "key": "flag",
        "token": "nonsense",
    }
    return ids, people


async def _caller(world: World, name: str) -> Caller:
    core = world.core
    if name == "anonymous":
        return Caller({}, None)
    if name == "key without scope":
        owner = owner_tenant(UUID(world.ids["agency"]))
        return Caller({"apikey": (await api_keys.make(core, owner, name="web")).text}, None)
    async with service_transaction(core.pool) as connection:
        row = await store.person_by_id(connection, world.people[name])
        assert row is not None
        person = row.person()
        browser, program = [
            await sessions.begin(
                core, connection, person,
                assurance=Assurance.PASSWORD, kind=kind, origin=Origin(),
            )
            for kind in (sessions.BROWSER, sessions.TOKEN)
        ]  # fmt: skip
        if name == "other app":
            await connection.execute(
                b"update app.session set app_context = 'persona' where id = any (%s)",
                ([browser.session_id, program.session_id],),
            )
        if name == "expired token":
            await connection.execute(
                b"update app.session set expires_at = now() - interval '1 minute' where id = %s",
                (browser.session_id,),
            )
    token, _ = await tokens.access_token(core, program, app="both")
    if name == "expired token":
        now = core.clock()
        object.__setattr__(core, "clock", lambda: now - timedelta(hours=1))
        token, _ = await tokens.access_token(core, program, app="both")
        object.__setattr__(core, "clock", Settings.throw_away().core(world.town.url).clock)
    if name == "revoked session":
        await sessions.end_all(core, person)
    return Caller({"authorization": f"Bearer {token}"}, browser.token)
