"""A supabase-js app, written for Supabase, against this server: its address and key changed."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.core.conftest import PASSWORD, Outbox, Town, owner_tenant, served
from tests.javascript import NODE, installed

from mainstem.core import api_keys, master_key
from mainstem.server import build_app
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from mainstem.pg.scratch import ScratchServer

PINNED = Path(__file__).parent / "javascript"
LIMIT_S = 120
FUNCTION = """
create function public.leads_of(client uuid) returns bigint language sql stable
  begin atomic select count(*) from public.lead as l where l.client_id = client; end
"""


@pytest.fixture(scope="module")
def seen(scratch: ScratchServer, template: str) -> Iterator[dict[str, Any]]:
    """What the app saw as the owner of one of two agencies."""
    name = f"app_{uuid4().hex}"
    town = Town(
        scratch.create_database(name, template=template),
        master_key.parse(master_key.generate(), origin="test"),
    )
    town.sql(FUNCTION, unused=None)
    agency, other = town.agency("Northwind"), town.agency("Other")
    client, foreign = town.client(agency, "Acme"), town.client(other, "Foreign")
    for owner, where, campaign in ((agency, client, "Spring"), (other, foreign, "Hidden")):
        town.sql(
            "insert into campaign (agency_id, client_id, name, trigger_word)"
            " values (%(agency)s, %(client)s, %(name)s, 'go')",
            agency=owner, client=where, name=campaign,
        )  # fmt: skip
    settings = Settings(town.keys, mail=Outbox())
    key = asyncio.run(_key(settings, town.url, agency))
    with served(build_app(town.url, settings=settings)) as address:
        email = town.member(agency).email
        yield _run(address, key, email, PASSWORD, installed(PINNED, "acceptance"), client, foreign)
    scratch.drop_database(name)


async def _key(settings: Settings, url: str, agency: UUID) -> str:
    core = settings.core(url)
    async with core.pool:
        made = await api_keys.make(core, owner_tenant(agency), name="web", app="revos")
    core.close()
    return made.text


def _run(*given: object) -> dict[str, Any]:
    done = subprocess.run(
        [NODE, PINNED / "app.mjs", *map(str, given)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_nobody_reads_before_they_sign_in(seen: dict[str, Any]) -> None:
    assert seen["before"]["status"] == 401
    assert seen["wrongPassword"]["error"]["code"] == "invalid_credentials"


def test_who_signs_in_is_known(seen: dict[str, Any]) -> None:
    assert seen["signIn"]["error"] is None
    assert seen["user"]["data"]["user"]["email"] == seen["person"]
    assert seen["update"]["data"]["user"]["user_metadata"]["nickname"] == "K"


def test_clients_come_with_their_campaigns_and_no_other_agencys(seen: dict[str, Any]) -> None:
    (client,) = seen["clients"]["data"]
    assert client["name"].startswith("Acme")
    assert client["campaign"] == [{"name": "Spring", "trigger_word": "go"}]
    assert seen["foreignRead"]["data"] == []
    assert seen["foreignWrite"]["error"] is not None
    assert "Hidden" not in json.dumps(seen)


def test_a_lead_is_written_changed_counted_and_deleted(seen: dict[str, Any]) -> None:
    (made,) = seen["insert"]["data"]
    assert made["first_name"] == "Kim"
    assert seen["upsert"]["data"] == {"id": made["id"], "first_name": "Kim B."}
    assert seen["count"]["count"] == 1
    assert (seen["rpc"]["data"], seen["rpc"]["error"]) == (1, None)
    assert seen["delete"]["data"] == [{"id": made["id"]}]


def test_who_signs_out_reads_nothing_more(seen: dict[str, Any]) -> None:
    assert seen["refresh"]["error"] is None
    assert seen["signOut"]["error"] is None
    assert seen["after"]["status"] == 401
    assert seen["staleToken"]["status"] == 401
