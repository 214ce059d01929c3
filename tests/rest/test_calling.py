"""Functions under `/rpc`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from mainstem.rest import Access, Action, Limits

if TYPE_CHECKING:
    import httpx
    from tests.rest.conftest import World


def test_scalars(client: httpx.Client) -> None:
    assert client.post("/rpc/add_up", json={"a": 1, "b": 2}).json() == 3
    assert client.post("/rpc/add_up", json={"a": 1}).json() == 11
    assert client.get("/rpc/add_up?a=4&b=5").json() == 9
    assert client.get("/rpc/join_all?words=a&words=b").json() == "a-b"
    assert client.get("/rpc/join_all?words={a,b}").json() == "a-b"
    assert client.post("/rpc/join_all", json={"words": ["x", "y"]}).json() == "x-y"
    assert client.post("/rpc/keep", json=[1, {"a": None}]).json() == [1, {"a": None}]


def test_rows_are_filtered_like_a_table(world: World, client: httpx.Client) -> None:
    mark = uuid4().hex
    for agency in (world.own, world.other):
        for size in range(3):
            world.sql(
                "insert into shelf (agency_id, name, size) values (%s, %s, %s)",
                agency.id,
                f"{mark} {size}",
                size,
            )
    where = f"/rpc/shelves_like?pattern={mark}%25"
    found = client.get(f"{where}&size=gt.0&select=size,agency(slug)&order=size.desc&limit=1")
    assert found.json() == [{"size": 2, "agency": {"slug": "own"}}], found.text
    counted = client.post(
        "/rpc/shelves_like?select=size&limit=2",
        json={"pattern": f"{mark}%"},
        headers={"Prefer": "count=exact"},
    )
    assert counted.headers["content-range"] == "0-1/3"
    assert client.get("/rpc/pairs?n=3&k=eq.2").json() == [{"k": 2, "v": "v2"}]
    one = client.post("/rpc/one_shelf?select=size", json={"wanted": f"{mark} 1"})
    assert one.json() == {"size": 1}
    single = {"Accept": "application/vnd.pgrst.object+json"}
    assert client.get("/rpc/pairs?n=1", headers=single).json() == {"k": 1, "v": "v1"}


def test_functions_that_change_rows_are_posted(world: World, client: httpx.Client) -> None:
    mark = uuid4().hex
    for agency in (world.own, world.other):
        world.sql("insert into shelf (agency_id, name) values (%s, %s)", agency.id, mark)
    refused = client.get(f"/rpc/rename_shelf?old={mark}&new=x")
    assert (refused.status_code, refused.json()["code"]) == (405, "25006")
    done = client.post("/rpc/rename_shelf", json={"old": mark, "new": f"{mark} new"})
    assert (done.status_code, done.content) == (204, b"")
    left = world.sql("select agency_id from shelf where name = %s", mark)
    assert left == [(world.other.id,)]
    reader = world.client(Access(world.own.tenant(), may=lambda _, action: action is Action.READ))
    denied = reader.post("/rpc/rename_shelf", json={"old": mark, "new": "x"})
    assert denied.json()["code"] == "MST200"


def test_errors_of_functions(world: World, client: httpx.Client) -> None:
    raised = client.post("/rpc/fail_on_purpose")
    assert raised.status_code == 400
    assert raised.json() == {
        "code": "P0001",
        "details": "it rains",
        "hint": "come back",
        "message": "not today",
    }
    hurried = world.client(Access(world.own.tenant(), limits=Limits(statement_s=1)))
    slow = hurried.post("/rpc/sleep_long")
    assert (slow.status_code, slow.json()["code"]) == (504, "57014")
    assert "statement_s = 1" in slow.json()["details"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/rpc/nothing", 404, "PGRST202"),
        ("POST", "/rpc/add_up", 404, "PGRST202"),
        ("GET", "/rpc/add_up?a=x", 400, "22P02"),
        ("GET", "/rpc/pairs?n=1&nope=eq.1", 400, "42703"),
        ("PATCH", "/rpc/add_up", 405, "PGRST101"),
        ("POST", "/rpc/uuid7", 404, "PGRST202"),
        ("POST", "/rpc/protect", 404, "PGRST202"),
    ],
)
def test_refusals(client: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
