"""Other tables' rows inside the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mainstem.rest import Access, Limits

if TYPE_CHECKING:
    from uuid import UUID

    import httpx
    from tests.rest.conftest import World


@pytest.fixture(scope="module")
def shelves(world: World) -> dict[str, UUID]:
    """A shelf with two below it, the first with two clients; the same in the other agency."""
    made: dict[str, UUID] = {}
    for agency, prefix in ((world.other, "foreign"), (world.own, "own")):
        top = f"{prefix} top"
        for name, parent in ((top, None), (f"{prefix} left", top), (f"{prefix} right", top)):
            rows = world.sql(
                "insert into shelf (agency_id, name, size, parent_id) values (%s, %s, %s, %s) "
                "returning id",
                agency.id,
                name,
                len(name),
                made.get(parent) if parent else None,
            )
            made[name] = rows[0][0]
        for client in agency.clients[:2]:
            world.sql(
                "insert into shelf_client (agency_id, shelf_id, client_id, note) "
                "values (%s, %s, %s, %s)",
                agency.id,
                made[f"{prefix} left"],
                client,
                uuid4().hex,
            )
    return made


def get(client: httpx.Client, path: str, status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_to_one_and_to_many(client: httpx.Client) -> None:
    found = get(client, "/campaign?select=name,client(name),who:client!inner(id,campaign(name))")
    assert found == [
        {
            "name": "own campaign",
            "client": {"name": "own client 0"},
            "who": {"id": found[0]["who"]["id"], "campaign": [{"name": "own campaign"}]},
        }
    ]
    many = get(client, "/client?select=name,campaign(name)&order=name")
    assert [row["campaign"] for row in many] == [[{"name": "own campaign"}], [], []]


def test_inner_keeps_rows_that_have_one(client: httpx.Client) -> None:
    assert len(get(client, "/client?select=name,campaign!inner(name)")) == 1
    where = "/client?select=name,campaign(name)&order=name"
    assert len(get(client, f"{where}&campaign=not.is.null")) == 1
    assert len(get(client, f"{where}&campaign=is.null")) == 2
    either = f"{where}&or=(campaign.not.is.null,name.like.*2)"
    assert [row["name"] for row in get(client, either)] == ["own client 0", "own client 2"]
    counted = client.get("/client?select=campaign!inner()", headers={"Prefer": "count=exact"})
    assert counted.headers["content-range"] == "0-0/1"
    refused = get(client, f"{where}&campaign=eq.1", 400)
    assert refused["code"] == "PGRST120"


def test_filters_orders_and_limits_inside(client: httpx.Client, shelves: dict[str, UUID]) -> None:
    where = f"/shelf?select=name,shelf_client(note,client(name))&id=eq.{shelves['own left']}"
    both = get(client, where)[0]["shelf_client"]
    assert {row["client"]["name"] for row in both} == {"own client 0", "own client 1"}
    first = get(client, f"{where}&shelf_client.order=note&shelf_client.limit=1")
    assert [row["note"] for row in first[0]["shelf_client"]] == [min(row["note"] for row in both)]
    second = get(
        client, f"{where}&shelf_client.order=note&shelf_client.limit=1&shelf_client.offset=1"
    )
    assert [row["note"] for row in second[0]["shelf_client"]] == [max(row["note"] for row in both)]
    deep = get(client, f"{where}&shelf_client.client.name=eq.own client 1")
    assert [row["client"] for row in deep[0]["shelf_client"]].count(None) == 1
    tree = get(client, f"{where}&shelf_client.or=(note.eq.{both[0]['note']},note.eq.x)")
    assert len(tree[0]["shelf_client"]) == 1


def test_many_to_many(client: httpx.Client, shelves: dict[str, UUID]) -> None:
    where = f"/shelf?id=eq.{shelves['own left']}"
    found = get(client, f"{where}&select=client(name)&client.order=name.desc")
    assert found == [{"client": [{"name": "own client 1"}, {"name": "own client 0"}]}]
    hinted = get(client, f"{where}&select=client!shelf_client(name)&client.limit=1")
    assert len(hinted[0]["client"]) == 1


def test_counts_embedded_rows_of_ones_own(client: httpx.Client, shelves: dict[str, UUID]) -> None:
    where = f"/shelf?id=eq.{shelves['own left']}"
    assert get(client, f"{where}&select=name,client(count)") == [
        {"name": "own left", "client": [{"count": 2}]}
    ]
    top = f"/shelf?id=eq.{shelves['own top']}"
    assert get(client, f"{top}&select=n:client(count)") == [{"n": [{"count": 0}]}]
    counted = get(client, "/client?select=count")
    assert counted == [{"count": len(get(client, "/client?select=id"))}]


def test_recursive(client: httpx.Client, shelves: dict[str, UUID]) -> None:
    left = f"/shelf?id=eq.{shelves['own left']}"
    assert get(client, f"{left}&select=parent:parent_id(name)") == [{"parent": {"name": "own top"}}]
    by_name = get(client, f"{left}&select=parent:shelf!parent_id(name)")
    assert by_name == [{"parent": {"name": "own top"}}]
    top = f"/shelf?id=eq.{shelves['own top']}"
    below = get(
        client, f"{top}&select=below:shelf!shelf_parent_fkey_reverse(name)&below.order=name"
    )
    assert below == [{"below": [{"name": "own left"}, {"name": "own right"}]}]
    refused = get(client, f"{top}&select=shelf(name)", 300)
    assert refused["code"] == "PGRST201"
    assert "shelf_parent_fkey" in refused["hint"]


def test_spread(client: httpx.Client, shelves: dict[str, UUID]) -> None:
    found = get(client, "/campaign?select=name,...client(client_name:name)")
    assert found == [{"name": "own campaign", "client_name": "own client 0"}]
    many = get(
        client, f"/shelf?id=eq.{shelves['own left']}&select=...client(name)&client.order=name"
    )
    assert many == [{"name": ["own client 0", "own client 1"]}]


def test_order_by_what_a_reference_leads_to(client: httpx.Client, shelves: dict[str, UUID]) -> None:
    where = f"/shelf_client?shelf_id=eq.{shelves['own left']}&select=client(name)"
    found = get(client, f"{where}&order=client(name).desc")
    assert [row["client"]["name"] for row in found] == ["own client 1", "own client 0"]
    assert get(client, "/client?select=name,campaign(name)&order=campaign(name)", 400)["code"] == (
        "PGRST118"
    )
    assert get(client, f"{where}&order=nothing(name)", 400)["code"] == "PGRST108"


def test_views_have_the_references_of_their_table(
    client: httpx.Client, shelves: dict[str, UUID]
) -> None:
    where = f"/shelf_name?id=eq.{shelves['own left']}"
    found = get(client, f"{where}&select=title,shelf_client(client(name))&shelf_client.limit=1")
    assert found[0]["title"] == "own left"
    assert len(found[0]["shelf_client"]) == 1


def test_nothing_foreign_is_embedded(
    world: World, client: httpx.Client, shelves: dict[str, UUID]
) -> None:
    """Neither by name nor through a reference; the other agency has the same kinds of rows."""
    assert get(client, f"/shelf?id=eq.{shelves['foreign left']}&select=client(name)") == []
    text = client.get("/shelf?select=name,client(name),shelf_client(client(name))").text
    assert "own client 0" in text
    assert "other client" not in text
    assert "foreign" not in text
    mine = world.client(Access(world.own.tenant(user_role="member", client_ids=frozenset())))
    assert get(mine, f"/shelf?id=eq.{shelves['own left']}&select=client(name)") == [{"client": []}]


def test_depth_and_number_are_limited(world: World) -> None:
    few = Limits(embedding_depth_max=2, embeddings_max=3)
    client = world.client(Access(world.own.tenant(), limits=few))
    deep = "client(campaign(client(name)))"
    refused = get(client, f"/campaign?select={deep}", 400)
    assert "embedding_depth_max = 2" in refused["details"]
    many = ",".join(f"a{number}:client(name)" for number in range(4))
    refused = get(client, f"/campaign?select={many}", 400)
    assert "embeddings_max = 3" in refused["details"]


def test_a_table_that_the_role_may_not_read_is_not_embedded(world: World) -> None:
    access = Access(world.own.tenant(), may=lambda table, action: table != "client" or not action)
    client = world.client(access)
    assert get(client, "/campaign?select=name")[0]["name"] == "own campaign"
    assert get(client, "/campaign?select=name,client(name)", 403)["code"] == "MST200"
    assert get(client, "/shelf?select=name,client(name)", 403)["code"] == "MST200"
    assert get(client, "/client", 403)["code"] == "MST200"
