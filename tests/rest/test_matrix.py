"""Every table and view that is exposed, asked by each kind of caller; none is left out.

The matrix is made from the catalog: a table that is made tomorrow is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mainstem.rest import Access

if TYPE_CHECKING:
    import httpx
    from tests.rest.conftest import World

EXPOSED = """
    select c.relname, m.class, m.scope, m.app
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    left join app.table_class as m on m.schema_name = 'public' and m.table_name = c.relname
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v') and not c.relispartition
      and has_any_column_privilege('authenticated', c.oid, 'select')
    order by 1
"""


@pytest.fixture(scope="module")
def callers(world: World) -> dict[str, httpx.Client]:
    """One of each kind."""
    own, other = world.own, world.other
    nobody = frozenset(own.clients[2:])
    tenants = {
        "own": own.tenant(app_context="*"),
        "other tenant": other.tenant(app_context="*"),
        "other client": own.tenant(user_role="client", client_ids=nobody),
        "other app": own.tenant(app_context="mail"),
    }
    made = {name: world.client(Access(tenant)) for name, tenant in tenants.items()}
    made["anonymous"] = world.client(Access(None))
    return made


@pytest.fixture(scope="module")
def described(world: World) -> list[tuple[Any, ...]]:
    return world.sql(EXPOSED)


def test_every_table_is_described(
    callers: dict[str, httpx.Client], described: list[tuple[Any, ...]]
) -> None:
    document = callers["own"].get("/").json()
    assert {row[0] for row in described} == set(document["definitions"])
    assert {f"/{row[0]}" for row in described} <= set(document["paths"])


def test_every_table_for_every_caller(
    world: World, callers: dict[str, httpx.Client], described: list[tuple[Any, ...]]
) -> None:
    own = str(world.own.id)
    assert len(described) > 90
    for table, kind, _, app in described:
        rows = callers["own"].get(f"/{table}?limit=1000")
        assert rows.status_code == 200, (table, rows.text)
        foreign = callers["other tenant"].get(f"/{table}?limit=1000")
        assert foreign.status_code == 200, (table, foreign.text)
        if kind == "TENANT" or table in {"agency", "user"}:
            assert own not in foreign.text, table
        assert str(world.other.id) not in rows.text, table
        for name in ("other client", "other app"):
            seen = callers[name].get(f"/{table}?limit=1000")
            assert seen.status_code == 200, (table, name, seen.text)
            assert str(world.other.id) not in seen.text, (table, name)
            if name == "other app" and app not in {None, "mail"}:
                assert seen.json() == [], (table, name)
        for method in ("GET", "POST"):
            assert callers["anonymous"].request(method, f"/{table}").status_code == 401, table


def test_no_table_takes_rows_for_another_agency(
    world: World, callers: dict[str, httpx.Client], described: list[tuple[Any, ...]]
) -> None:
    """An insert and an update that name the other agency are refused or change nothing."""
    for table, kind, _, _ in described:
        if kind != "TENANT":
            continue
        body = {"agency_id": str(world.other.id)}
        made = callers["own"].post(f"/{table}", json=body)
        assert 400 <= made.status_code < 500, (table, made.text)
        where = f"/{table}?agency_id=eq.{world.other.id}"
        shown = {"Prefer": "return=representation"}
        gone = callers["own"].delete(where, headers=shown)
        assert gone.status_code in {200, 403}, (table, gone.text)
        assert gone.status_code == 403 or gone.json() == [], table


def test_rows_of_other_clients_stay_unseen(world: World, callers: dict[str, httpx.Client]) -> None:
    assert len(callers["own"].get("/campaign").json()) == 1
    assert callers["other client"].get("/campaign").json() == []
    assert [row["id"] for row in callers["other client"].get("/client").json()] == [
        str(world.own.clients[2])
    ]
