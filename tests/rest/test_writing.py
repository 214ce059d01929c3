"""Inserts, upserts, updates and deletes, and what is filled in for code of the old schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mainstem.rest import Access, Action, Limits

if TYPE_CHECKING:
    import httpx
    from tests.rest.conftest import World

SHOWN = {"Prefer": "return=representation"}


def name() -> str:
    return uuid4().hex


def test_insert_fills_the_agency_in(world: World, client: httpx.Client) -> None:
    wanted = name()
    answer = client.post("/shelf?select=name,agency_id", json={"name": wanted}, headers=SHOWN)
    assert answer.status_code == 201, answer.text
    assert answer.json() == [{"name": wanted, "agency_id": str(world.own.id)}]
    assert answer.headers["preference-applied"] == "return=representation"
    assert world.sql("select agency_id from shelf where name = %s", wanted) == [(world.own.id,)]


def test_insert_fills_the_client_in_from_the_parent(world: World, client: httpx.Client) -> None:
    body = {"campaign_id": str(world.own.campaign_id), "linkedin_id": name()}
    answer = client.post("/lead?select=client_id", json=body, headers=SHOWN)
    assert answer.status_code == 201, answer.text
    assert answer.json()[0]["client_id"] == str(world.own.clients[0])


def test_insert_refuses_another_agency(world: World, client: httpx.Client) -> None:
    wanted = name()
    body = {"name": wanted, "agency_id": str(world.other.id)}
    answer = client.post("/shelf", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "42501")
    parent = {"campaign_id": str(world.other.campaign_id), "linkedin_id": wanted}
    refused = client.post("/lead", json=parent)
    assert refused.status_code in {400, 409}
    assert world.sql("select from shelf where name = %s", wanted) == []
    assert str(world.other.id) not in refused.text


def test_bulk_insert(client: httpx.Client) -> None:
    one, two = name(), name()
    rows = [{"name": one, "size": 1}, {"name": two, "size": 2}]
    answer = client.post("/shelf?select=name,size&order=size.desc", json=rows, headers=SHOWN)
    assert answer.json() == rows[::-1]
    uneven = [{"name": name()}, {"name": name(), "size": 2}]
    refused = client.post("/shelf", json=uneven)
    assert (refused.status_code, refused.json()["code"]) == (400, "PGRST102")
    taken = client.post('/shelf?columns="name","size"', json=uneven, headers=SHOWN)
    assert [row["size"] for row in taken.json()] == [None, 2]
    assert client.post("/shelf", json=[], headers=SHOWN).json() == []


def test_missing_values_may_be_the_default(client: httpx.Client) -> None:
    one, two = name(), name()
    rows = [{"name": one, "created_at": "2001-01-01T00:00:00Z"}, {"name": two}]
    where = "/shelf?columns=name,created_at&select=name,created_at"
    refused = client.post(where, json=rows)
    assert refused.json()["code"] == "23502"
    prefer = {"Prefer": "return=representation,missing=default"}
    found: Any = client.post(where, json=rows, headers=prefer).json()
    assert found[0]["created_at"].startswith("2001-01-01")
    assert not found[1]["created_at"].startswith("2001")


def test_returns(client: httpx.Client) -> None:
    minimal = client.post("/shelf", json={"name": name()})
    assert (minimal.status_code, minimal.content) == (201, b"")
    headers = {"Prefer": "return=headers-only,count=exact"}
    located = client.post("/shelf", json={"name": name()}, headers=headers)
    assert located.headers["location"].startswith("/shelf?id=eq.")
    assert located.headers["content-range"] == "*/1"
    single = {**SHOWN, "Accept": "application/vnd.pgrst.object+json"}
    wanted = name()
    assert client.post("/shelf?select=name", json={"name": wanted}, headers=single).json() == {
        "name": wanted
    }
    embedded = client.post("/shelf?select=name,agency(slug)", json={"name": name()}, headers=single)
    assert embedded.json()["agency"] == {"slug": "own"}


def test_upsert_by_the_old_key(world: World, client: httpx.Client) -> None:
    wanted, key = name(), str(uuid4())
    merge = {"Prefer": "return=representation,resolution=merge-duplicates"}
    for size in (1, 2):
        row = {"id": key, "name": wanted, "size": size}
        answer = client.post("/shelf?on_conflict=id&select=size", json=row, headers=merge)
        assert answer.json() == [{"size": size}], answer.text
    by_name = client.post(
        "/shelf?on_conflict=name&select=id", json={"name": wanted, "size": 3}, headers=merge
    )
    assert by_name.json() == [{"id": key}]
    whole = client.get(f"/shelf?id=eq.{key}").json()
    again = client.post("/shelf?select=size", json=whole, headers=merge)
    assert again.json() == [{"size": 3}], again.text
    ignore = {"Prefer": "return=representation,resolution=ignore-duplicates"}
    assert (
        client.post("/shelf?on_conflict=name", json={"name": wanted}, headers=ignore).json() == []
    )
    no_key = client.post("/shelf?on_conflict=size", json={"name": name()}, headers=merge)
    assert (no_key.status_code, no_key.json()["code"]) == (400, "42P10")
    assert world.sql("select count(*) from shelf where name = %s", wanted) == [(1,)]


def test_upsert_never_touches_another_agency(world: World, client: httpx.Client) -> None:
    wanted = name()
    key = world.sql(
        "insert into shelf (agency_id, name) values (%s, %s) returning id", world.other.id, wanted
    )[0][0]
    merge = {"Prefer": "resolution=merge-duplicates"}
    row = {"id": str(key), "name": wanted, "size": 7}
    client.post("/shelf?on_conflict=id", json=row, headers=merge)
    theirs = "select size from shelf where id = %s and agency_id = %s"
    assert world.sql(theirs, key, world.other.id) == [(None,)]


def test_update_and_delete(client: httpx.Client) -> None:
    wanted = name()
    client.post("/shelf", json=[{"name": f"{wanted} {number}"} for number in range(3)])
    where = f"/shelf?name=like.{wanted}*"
    assert client.patch(where, json={"size": 4}).status_code == 204
    shown = client.patch(f"{where}&select=size", json={"size": 5}, headers=SHOWN)
    assert (shown.status_code, shown.json()) == (200, [{"size": 5}] * 3)
    assert shown.headers["content-range"] == "0-2/*"
    counted = client.patch(where, json={"size": None}, headers={"Prefer": "count=exact"})
    assert counted.headers["content-range"] == "0-2/3"
    assert client.patch(where, json={}, headers=SHOWN).json() == []
    gone = client.delete(f"{where}&size=is.null", headers=SHOWN)
    assert len(gone.json()) == 3
    assert client.delete(where).status_code == 204
    for method in ("PATCH", "DELETE"):
        refused = client.request(method, "/shelf", json={"size": 1} if method == "PATCH" else None)
        assert (refused.status_code, refused.json()["code"]) == (400, "21000")


def test_update_and_delete_leave_another_agency_alone(world: World, client: httpx.Client) -> None:
    row = f"/client?id=eq.{world.other.clients[0]}"
    assert client.patch(row, json={"name": "taken"}, headers=SHOWN).json() == []
    assert client.delete(row, headers=SHOWN).json() == []
    moved = client.patch("/shelf?name=like.*", json={"agency_id": str(world.other.id)})
    assert (moved.status_code, moved.json()["code"]) == (403, "42501")
    found = world.sql("select name from client where id = %s", world.other.clients[0])
    assert found == [("other client 0",)]


def test_put(client: httpx.Client) -> None:
    key, wanted = str(uuid4()), name()
    row = {"id": key, "name": wanted, "size": 1}
    assert client.put(f"/shelf?id=eq.{key}", json=row, headers=SHOWN).json()[0]["size"] == 1
    again = client.put(f"/shelf?id=eq.{key}", json={**row, "size": 2}, headers=SHOWN)
    assert again.json()[0]["size"] == 2
    other = client.put(f"/shelf?id=eq.{uuid4()}", json=row)
    assert (other.status_code, other.json()["code"]) == (400, "PGRST115")
    assert client.put("/shelf?size=eq.1", json=row).json()["code"] == "PGRST105"
    assert client.put(f"/shelf?id=eq.{key}&limit=1", json=row).json()["code"] == "PGRST114"


def test_csv(client: httpx.Client) -> None:
    one, two = name(), name()
    body = f'name,size,tags\n{one},1,{{x}}\n"{two}",NULL,"{{x,y}}"\n'
    headers = {**SHOWN, "Content-Type": "text/csv"}
    answer = client.post("/shelf?select=name,size,tags", content=body, headers=headers)
    assert answer.json() == [
        {"name": one, "size": 1, "tags": ["x"]},
        {"name": two, "size": None, "tags": ["x", "y"]},
    ], answer.text
    uneven = client.post("/shelf", content="name,size\nx\n", headers=headers)
    assert uneven.json()["code"] == "PGRST102"


def test_max_affected_and_rollback(world: World, client: httpx.Client) -> None:
    wanted = name()
    client.post("/shelf", json=[{"name": f"{wanted} {number}"} for number in range(3)])
    where = f"/shelf?name=like.{wanted}*"
    strict = {"Prefer": "handling=strict,max-affected=2"}
    refused = client.delete(where, headers=strict)
    assert (refused.status_code, refused.json()["code"]) == (400, "PGRST124")
    assert len(client.get(where).json()) == 3
    undone = client.delete(where, headers={"Prefer": "tx=rollback,return=representation"})
    assert len(undone.json()) == 3
    assert "tx=rollback" in undone.headers["preference-applied"]
    assert len(client.get(where).json()) == 3
    single = {"Accept": "application/vnd.pgrst.object+json"}
    assert client.patch(where, json={"size": 1}, headers=single).status_code == 406
    assert world.sql("select count(size) from shelf where name like %s", f"{wanted}%") == [(0,)]
    unknown = client.get(where, headers={"Prefer": "handling=strict,what=ever"})
    assert unknown.json()["code"] == "PGRST122"
    assert client.get(where, headers={"Prefer": "what=ever"}).status_code == 200


def test_columns_that_may_not_be_written(world: World, client: httpx.Client) -> None:
    row = f"/client?id=eq.{world.own.clients[0]}"
    fixed = client.patch(row, json={"subscription_tier": "gold"})
    assert (fixed.status_code, fixed.json()["code"]) == (403, "42501")
    unknown = client.patch(row, json={"nope": 1})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "PGRST204")
    narrowed = Access(world.own.tenant(), writable={"client": frozenset({"notes"})})
    few = world.client(narrowed)
    assert few.patch(row, json={"notes": "x"}).status_code == 204
    assert few.patch(row, json={"industry": "x"}).json()["code"] == "42501"


@pytest.mark.parametrize(
    "table", ["audit_log", "user", "agency", "permission", "member_client_access"]
)
def test_tables_that_nobody_writes(client: httpx.Client, table: str) -> None:
    column = "id" if table != "audit_log" else "table_name"
    body = {column: str(uuid4())}
    assert client.post(f"/{table}", json=body).status_code == 403
    assert client.delete(f"/{table}?id=eq.{uuid4()}").status_code == 403
    assert client.patch(f"/{table}?id=eq.{uuid4()}", json={"created_at": None}).status_code == 403


def test_what_a_role_may_not_do(world: World) -> None:
    access = Access(world.own.tenant(), may=lambda _, action: action is Action.READ)
    reader = world.client(access)
    assert reader.get("/shelf").status_code == 200
    wanted = name()
    for answer in (
        reader.post("/shelf", json={"name": wanted}),
        reader.patch("/shelf?size=eq.1", json={"name": wanted}),
        reader.delete("/shelf?size=eq.1"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "MST200")
    creator = world.client(
        Access(world.own.tenant(), may=lambda _, action: action is not Action.UPDATE)
    )
    assert creator.post("/shelf", json={"name": wanted}).status_code == 201
    merge = {"Prefer": "resolution=merge-duplicates"}
    refused = creator.post("/shelf?on_conflict=name", json={"name": wanted}, headers=merge)
    assert (refused.status_code, refused.json()["code"]) == (403, "MST200")


def test_conflicts_say_no_values(world: World, client: httpx.Client) -> None:
    wanted = name()
    assert client.post("/shelf", json={"name": wanted}).status_code == 201
    twice = client.post("/shelf", json={"name": wanted})
    assert (twice.status_code, twice.json()["code"]) == (409, "23505")
    assert wanted not in twice.text
    missing = {"shelf_id": str(uuid4()), "client_id": str(world.own.clients[0])}
    dangling = client.post("/shelf_client", json=missing)
    assert (dangling.status_code, dangling.json()["code"]) == (409, "23503")
    assert missing["shelf_id"] not in dangling.text
    empty = client.post("/shelf", json={"name": None})
    assert (empty.status_code, empty.json()["code"]) == (400, "23502")
    assert "Failing row" not in empty.text


def test_bodies_are_limited(world: World, client: httpx.Client) -> None:
    few = Limits(body_bytes_max=200, written_rows_max=2)
    limited = world.client(Access(world.own.tenant(), limits=few))
    large = limited.post("/shelf", json={"name": "x" * 300})
    assert (large.status_code, large.json()["code"]) == (413, "MST101")
    assert "200" in large.json()["message"]
    many = limited.post("/shelf", json=[{"name": str(number)} for number in range(3)])
    assert "written_rows_max = 2" in many.json()["details"]
    for number in range(3):
        client.post("/shelf", json={"name": name(), "size": 8_000 + number})
    wide = limited.patch("/shelf?size=gte.8000", json={"price": 1})
    assert "written_rows_max = 2" in wide.json()["details"]
    assert client.get("/shelf?size=gte.8000&price=eq.1").json() == []


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "PGRST102"),
        (b"", "application/json", 400, "PGRST102"),
        (b"1", "application/json", 400, "PGRST102"),
        (b"[1]", "application/json", 400, "PGRST102"),
        (b'{"name": "\xff"}', "application/json", 400, "PGRST102"),
        (b'{"name": "\\u0000"}', "application/json", 400, "22P05"),
        (b'{"name": "\\ud800"}', "application/json", 400, None),
        (b"[" * 100_000, "application/json", 400, "PGRST102"),
        (b'{"size": 1e99, "name": "x"}', "application/json", 400, None),
        (b"name=x", "application/x-www-form-urlencoded", 415, "PGRST107"),
        (b"{}", "text/plain", 415, "PGRST107"),
    ],
)
def test_bodies_that_are_none(
    client: httpx.Client, body: bytes, media_type: str, status: int, code: str | None
) -> None:
    answer = client.post("/shelf", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code, answer.text
