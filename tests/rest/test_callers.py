"""Who asks: the anonymous, keys of the old schema, the roles; and what follows the schema."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from mainstem.rest import Access

if TYPE_CHECKING:
    import httpx
    from tests.rest.conftest import World

    from mainstem.db.tenant import Tenant

FOLLOWED_S = 10.0


def test_the_anonymous_are_refused(world: World) -> None:
    anonymous = world.client()
    del anonymous.headers["apikey"]
    for method in ("GET", "HEAD", "POST", "PATCH", "DELETE", "PUT"):
        answer = anonymous.request(method, "/client")
        assert answer.status_code == 401
        assert "www-authenticate" in answer.headers
    assert anonymous.get("/client").json()["code"] == "PGRST302"
    assert anonymous.get("/rpc/add_up?a=1").status_code == 401
    assert anonymous.get("/").status_code == 401


def test_a_key_that_is_none(world: World) -> None:
    unknown = world.client()
    unknown.headers["apikey"] = "nobody"
    assert unknown.get("/client").json()["code"] == "PGRST301"


def test_service_role_has_no_access(world: World) -> None:
    with pytest.raises(ValueError, match="service_role"):
        Access(world.own.tenant(role="service_role"))
    with pytest.raises(ValueError, match="secret"):
        Access(world.own.tenant(), profile="secret")


def test_profiles(world: World, client: httpx.Client) -> None:
    legacy = client.get("/clients?select=full_name", headers={"Accept-Profile": "legacy"})
    assert len(legacy.json()) == 3, legacy.text
    assert legacy.headers["content-profile"] == "legacy"
    for schema in ("app", "unify", "pg_catalog", "information_schema", "auth"):
        refused = client.get("/client", headers={"Accept-Profile": schema})
        assert (refused.status_code, refused.json()["code"]) == (406, "PGRST106")
    old = world.client(Access(world.own.tenant(), profile="legacy"))
    for headers in ({}, {"Accept-Profile": "public"}):
        assert len(old.get("/clients?select=full_name", headers=headers).json()) == 3
    assert old.get("/client").status_code == 404


def test_old_code_reads_embeds_and_writes_through_views(world: World) -> None:
    old = world.client(
        Access(world.own.tenant(), profile="legacy"), **{"Content-Profile": "public"}
    )
    found = old.get("/campaigns?select=name,clients(full_name)")
    assert found.json() == [{"name": "own campaign", "clients": {"full_name": "own client 0"}}]
    assert len(old.get("/clients?select=full_name,campaigns!inner(name)").json()) == 1
    wanted = uuid4().hex
    shown = {"Prefer": "return=representation,resolution=merge-duplicates"}
    made = old.post("/clients?on_conflict=id", json={"full_name": wanted}, headers=shown)
    assert made.status_code == 201, made.text
    assert made.json()[0]["agency_id"] == str(world.own.id)
    row = {"id": made.json()[0]["id"], "full_name": wanted, "industry": "tea"}
    again = old.post("/clients?on_conflict=id", json=row, headers=shown)
    assert again.json()[0]["industry"] == "tea", again.text
    assert old.delete(f"/clients?full_name=eq.{wanted}").status_code == 204


def test_rows_follow_the_claims(world: World) -> None:
    def seen(tenant: Tenant, path: str) -> int:
        return len(world.client(Access(tenant)).get(path).json())

    own = world.own
    assert seen(own.tenant(), "/campaign?select=id") == 1
    assert seen(own.tenant(app_context="audience"), "/campaign?select=id") == 0
    assert seen(own.tenant(app_context="*"), "/campaign?select=id") == 1
    one = own.tenant(user_role="member", client_ids=frozenset(own.clients[1:2]))
    assert seen(one, "/client?select=id") == 1
    assert seen(one, "/campaign?select=id") == 0
    assert seen(world.other.tenant(), f"/client?id=in.({','.join(map(str, own.clients))})") == 0


def test_hashes_and_secrets_are_not_there(world: World, client: httpx.Client) -> None:
    world.sql(
        "insert into api_key (agency_id, name, prefix, key_hash) values (%s, 'k', %s, 'secret')",
        world.own.id,
        uuid4().hex,
    )
    seen = client.get("/api_key").json()
    assert seen
    assert "key_hash" not in seen[0]
    for column in ("api_key?key_hash", "webhook_config?secret_encrypted", "invitation?token_hash"):
        assert client.get(f"/{column}=not.is.null").json()["code"] == "42703"
    properties = client.get("/").json()["definitions"]
    hidden = {name for one in properties.values() for name in one["properties"]}
    assert not [name for name in hidden if name.endswith("_encrypted")]


def test_the_description_follows_the_role(world: World, client: httpx.Client) -> None:
    whole = client.get("/").json()
    assert whole["swagger"] == "2.0"
    assert {"get", "post", "patch", "delete"} <= set(whole["paths"]["/client"])
    assert "post" not in whole["paths"]["/audit_log"]
    assert "/rpc/add_up" in whole["paths"]
    assert "credential" not in whole["definitions"]
    few = world.client(Access(world.own.tenant(), may=lambda table, _: table == "client"))
    assert set(few.get("/").json()["definitions"]) == {"client", "client_stage"}


def test_the_catalog_follows_the_schema(world: World, client: httpx.Client) -> None:
    table = f"later_{uuid4().hex[:8]}"
    assert client.get(f"/{table}").status_code == 404
    world.sql(
        f"create table public.{table} (id int); grant select on public.{table} to authenticated"
    )
    world.sql("notify pgrst, 'reload schema'")
    deadline = time.monotonic() + FOLLOWED_S
    while client.get(f"/{table}").status_code == 404 and time.monotonic() < deadline:
        pass
    assert client.get(f"/{table}?select=id").json() == []
    world.sql(f"drop table public.{table}")
    assert client.get(f"/{table}?select=id").status_code == 404
    assert client.get(f"/{table}?select=id").json()["code"] == "PGRST205"
