"""What can be asked of tables: columns, filters, orders, pages, counts, forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mainstem.rest import Access, Limits

if TYPE_CHECKING:
    import httpx
    from tests.rest.conftest import World


@pytest.fixture(scope="module")
def mark(world: World) -> str:
    """Four rows of each agency, told from those of other tests by the mark."""
    mark = uuid4().hex[:8]
    for agency in (world.own, world.other):
        for place, name in enumerate(("ant", "bee", "Cat", "d,og")):
            world.sql(
                "insert into shelf (agency_id, name, size, price, data, tags, during, words) "
                "values (%s, %s, %s, %s, %s, %s, %s, to_tsvector('english', %s))",
                agency.id,
                f"{mark} {name}",
                None if place == 3 else place,
                f"{place}.50",
                f'{{"a": {{"b": {place}}}, "mark": "{mark}", "list": [{place}, 9]}}',
                ["x", "y"][: place % 3],
                f"[2026-01-0{place + 1},2026-02-01)",
                f"running {name}",
            )
    return mark


def names(client: httpx.Client, mark: str, filters: str, order: str = "name") -> list[str]:
    answer = client.get(f"/shelf?select=name&data->>mark=eq.{mark}&{filters}&order={order}")
    assert answer.status_code == 200, answer.text
    return [row["name"].removeprefix(f"{mark} ") for row in answer.json()]


def test_selects_filters_orders_and_limits(world: World, client: httpx.Client) -> None:
    answer = client.get("/client?select=name,kind:industry&order=name.desc&limit=2")
    assert answer.status_code == 200, answer.text
    assert answer.json() == [
        {"name": "own client 2", "kind": "food"},
        {"name": "own client 1", "kind": "food"},
    ]
    assert answer.headers["content-range"] == "0-1/*"
    one = client.get(f"/client?select=id,name&id=eq.{world.own.clients[0]}")
    assert one.json() == [{"id": str(world.own.clients[0]), "name": "own client 0"}]


def test_shows_nothing_of_another_agency(world: World, client: httpx.Client) -> None:
    assert client.get(f"/client?id=eq.{world.other.clients[0]}").json() == []
    assert client.get(f"/client?agency_id=eq.{world.other.id}").json() == []
    seen = {row["agency_id"] for row in client.get("/client?select=agency_id").json()}
    assert seen == {str(world.own.id)}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("size=eq.1", ["bee"]),
        ("size=neq.1", ["Cat", "ant"]),
        ("size=gt.1", ["Cat"]),
        ("size=gte.1", ["Cat", "bee"]),
        ("size=lt.1", ["ant"]),
        ("size=lte.1", ["ant", "bee"]),
        ("size=not.eq.1", ["Cat", "ant"]),
        ("size=is.null", ["d,og"]),
        ("size=not.is.null", ["Cat", "ant", "bee"]),
        ("size=is.not_null", ["Cat", "ant", "bee"]),
        ("size=isdistinct.1", ["Cat", "ant", "d,og"]),
        ("size=in.(0,2)", ["Cat", "ant"]),
        ("size=in.()", []),
        ("size=not.in.(0,2)", ["bee"]),
        ("name=like.* ca*", []),
        ("name=ilike.* ca*", ["Cat"]),
        ("name=like(any).{*ant,*bee}", ["ant", "bee"]),
        ("name=ilike(all).{*a*,*t}", ["Cat", "ant"]),
        ("size=eq(any).{0,1}", ["ant", "bee"]),
        ("name=match.ee$", ["bee"]),
        ("name=imatch.cat$", ["Cat"]),
        ("tags=cs.{x}", ["Cat", "bee"]),
        ("tags=cd.{x}", ["ant", "bee", "d,og"]),
        ("tags=ov.{y,z}", ["Cat"]),
        ("tags=eq.{x}", ["bee"]),
        ('data=cs.{"a":{"b":1}}', ["bee"]),
        ("data->a->>b=eq.2", ["Cat"]),
        ("data->a->b=eq.2", ["Cat"]),
        ("data->list->0=eq.3", ["d,og"]),
        ("data->list->>-1=eq.8", []),
        ("during=cs.[2026-01-01,2026-01-02)", ["ant"]),
        ("during=sl.[2027-01-01,2027-02-01)", ["Cat", "ant", "bee", "d,og"]),
        ("during=sr.[2025-01-01,2025-02-01)", ["Cat", "ant", "bee", "d,og"]),
        ("during=nxr.[2025-01-01,2026-01-01)", []),
        ("during=nxl.[2026-01-02,2027-01-01)", ["Cat", "bee", "d,og"]),
        ("during=adj.[2026-02-01,2026-03-01)", ["Cat", "ant", "bee", "d,og"]),
        ("words=fts(english).run", ["Cat", "ant", "bee", "d,og"]),
        ("words=plfts(english).running bee", ["bee"]),
        ("words=phfts(english).running bee", ["bee"]),
        ("words=wfts(english).running -bee -ant", ["Cat", "d,og"]),
        ("name=wfts(simple).bee", ["bee"]),
        ("or=(size.eq.0,size.eq.2)", ["Cat", "ant"]),
        ("or=(size.in.(0,1),and(size.eq.2,name.ilike.*cat))", ["Cat", "ant", "bee"]),
        ("not.or=(size.eq.0,size.eq.2)", ["bee"]),
        ("and=(size.gte.0,not.or(size.eq.0,size.eq.2))", ["bee"]),
        ('or=(name.like."*d,og",size.eq.0)', ["ant", "d,og"]),
        ("or=(tags.cs.{x,y},data->a->>b.eq.3)", ["Cat", "d,og"]),
        ("or=(size.not.in.(0,1),size.is.null)", ["Cat", "d,og"]),
        ("or=(name.like(any).{*ant,*bee},size.gt.1)", ["Cat", "ant", "bee"]),
    ],
)
def test_filters(client: httpx.Client, mark: str, filters: str, expected: list[str]) -> None:
    found = names(client, mark, filters)
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("size.desc", ["d,og", "Cat", "bee", "ant"]),
        ("size.desc.nullslast", ["Cat", "bee", "ant", "d,og"]),
        ("size.asc.nullsfirst", ["d,og", "ant", "bee", "Cat"]),
        ("size.nullsfirst", ["d,og", "ant", "bee", "Cat"]),
        ("data->a->b.desc", ["d,og", "Cat", "bee", "ant"]),
        ("price.desc,name", ["d,og", "Cat", "bee", "ant"]),
    ],
)
def test_orders(client: httpx.Client, mark: str, order: str, expected: list[str]) -> None:
    assert names(client, mark, "", order) == expected


def test_casts_and_json_paths(client: httpx.Client, mark: str) -> None:
    answer = client.get(
        f"/shelf?select=price::text,whole:price::int,data->a->>b,deep:data->a->b,data->list"
        f"&name=eq.{mark} bee"
    )
    assert answer.json() == [{"price": "1.50", "whole": 2, "b": "1", "deep": 1, "list": [1, 9]}]


def test_pages(client: httpx.Client, mark: str) -> None:
    where = f"/shelf?select=name&data->>mark=eq.{mark}&order=name"
    counted = client.get(f"{where}&limit=2&offset=1", headers={"Prefer": "count=exact"})
    assert counted.status_code == 206
    assert counted.headers["content-range"] == "1-2/4"
    assert counted.headers["preference-applied"] == "count=exact"
    whole = client.get(where, headers={"Prefer": "count=exact"})
    assert (whole.status_code, whole.headers["content-range"]) == (200, "0-3/4")
    ranged = client.get(where, headers={"Range": "2-2"})
    assert ranged.headers["content-range"] == "2-2/*"
    assert len(ranged.json()) == 1
    beyond = client.get(f"{where}&offset=9", headers={"Prefer": "count=exact"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "PGRST103")
    assert client.get(f"{where}&offset=9").headers["content-range"] == "*/*"
    for kind in ("planned", "estimated"):
        answer = client.get(where, headers={"Prefer": f"count={kind}"})
        assert int(answer.headers["content-range"].partition("/")[2]) >= 4
    selected = client.get(f"{where}&select=data->a", headers={"Prefer": "count=planned"})
    assert selected.status_code == 200


def test_rows_are_limited(world: World, mark: str) -> None:
    limits = Limits(rows_max=2)
    client = world.client(Access(world.own.tenant(), limits=limits))
    where = f"/shelf?select=name&data->>mark=eq.{mark}"
    answer = client.get(f"{where}&limit=3", headers={"Prefer": "count=estimated"})
    assert len(answer.json()) == 2
    assert answer.headers["content-range"].startswith("0-1/")


def test_forms(client: httpx.Client, mark: str) -> None:
    where = f"/shelf?select=name,size,data->list&data->>mark=eq.{mark}&order=name"
    single = {"Accept": "application/vnd.pgrst.object+json"}
    one = client.get(f"{where}&size=eq.1", headers=single)
    assert one.json() == {"name": f"{mark} bee", "size": 1, "list": [1, 9]}
    assert one.headers["content-type"].startswith("application/vnd.pgrst.object+json")
    for filters, rows in (("", 4), ("&size=eq.77", 0)):
        refused = client.get(where + filters, headers=single)
        assert (refused.status_code, refused.json()["code"]) == (406, "PGRST116")
        assert f"{rows} rows" in refused.json()["details"]
    lines = client.get(where, headers={"Accept": "text/csv"}).text.splitlines()
    assert lines[0] == "name,size,list"
    assert f'"{mark} d,og",,"[3, 9]"' in lines
    stripped = client.get(
        f"{where}&size=is.null",
        headers={"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
    )
    assert stripped.json() == [{"name": f"{mark} d,og", "list": [3, 9]}]
    refused = client.get(where, headers={"Accept": "image/png"})
    assert (refused.status_code, refused.json()["code"]) == (406, "PGRST107")


def test_head_options_and_etag(client: httpx.Client, mark: str) -> None:
    where = f"/shelf?select=name&data->>mark=eq.{mark}"
    head = client.head(where, headers={"Prefer": "count=exact"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-range"] == "0-3/4"
    first = client.get(where)
    again = client.get(where, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    preflight = client.options(where, headers={"Origin": "https://elsewhere.test"})
    assert preflight.headers["access-control-allow-origin"] == "*"
    for name in ("apikey", "x-client-info", "Accept-Profile", "Content-Profile", "Prefer"):
        assert name in preflight.headers["access-control-allow-headers"]
    assert "Content-Range" in first.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in first.headers


def test_aggregates_are_off_unless_allowed(world: World, client: httpx.Client, mark: str) -> None:
    where = f"/shelf?data->>mark=eq.{mark}"
    refused = client.get(f"{where}&select=size.sum()")
    assert (refused.status_code, refused.json()["code"]) == (400, "PGRST123")
    # What supabase-js' documentation counts rows with is no matter of aggregates.
    assert client.get(f"{where}&select=count").json() == [{"count": 4}]
    assert client.get(f"{where}&select=name,count").json()["code"] == "42703"
    allowed = world.client(Access(world.own.tenant(), limits=Limits(has_aggregates=True)))
    found: Any = allowed.get(f"{where}&select=total:size.sum(),price.max()::text,count()").json()
    assert found == [{"total": 3, "max": "3.50", "count": 4}]
    grouped = allowed.get(f"{where}&select=tags,count()&order=tags").json()
    assert grouped == [
        {"tags": [], "count": 2},
        {"tags": ["x"], "count": 1},
        {"tags": ["x", "y"], "count": 1},
    ]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("/nothing", 404, "PGRST205"),
        ("/clients", 404, "PGRST205"),
        ("/client/deep", 404, "PGRST125"),
        ("/client?select=nope", 400, "42703"),
        ("/client?nope=eq.1", 400, "42703"),
        ("/client?order=nope", 400, "42703"),
        ("/client?name=nope.1", 400, "PGRST100"),
        ("/client?name=1", 400, "PGRST100"),
        ("/client?select=name,", 400, "PGRST100"),
        ("/client?select=name::regclass", 400, "PGRST100"),
        ("/client?or=(name.eq.1", 400, "PGRST100"),
        ("/client?order=name.up", 400, "PGRST100"),
        ("/client?limit=-1", 400, "PGRST100"),
        ("/client?id=eq.nope", 400, "22P02"),
        ("/client?name=eq.%00", 400, "PGRST100"),
        ("/client?name=eq.%ff", 400, "PGRST100"),
        ("/client?id=is.true", 400, "42804"),
        ("/client?industry=cs.{a}", 404, "42883"),
        ("/client?name=match.(", 400, "2201B"),
        ("/client?campaign.name=eq.x", 400, "PGRST108"),
        ("/client?select=nothing(*)", 400, "PGRST200"),
    ],
)
def test_refusals(client: httpx.Client, query: str, status: int, code: str) -> None:
    answer = client.get(query)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert set(answer.json()) == {"code", "details", "hint", "message"}
