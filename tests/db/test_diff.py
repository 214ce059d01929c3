from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.db.diff import Change, catalog, compare
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    import psycopg

    from mainstem.db.diff import Object

    Connection = psycopg.Connection[tuple[object, ...]]
    Catalog = dict[Object, str]


@pytest.fixture(scope="module")
def built(_pooled_url: str) -> Catalog:
    """What the migrations build."""
    with connect(_pooled_url) as connection:
        return catalog(connection)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("alter table client add extra int", "added column public.client.extra"),
        ("alter table client drop website", "missing column public.client.website"),
        ("alter table client alter name drop not null", "changed column public.client.name"),
        ("alter table client alter tags drop default", "changed column public.client.tags"),
        ("create index hand on post (agency_id)", "added index public.hand on public.post"),
        ("create policy leak on post using (true)", "added policy leak on public.post"),
        ("alter table lead disable row level security", "changed table public.lead"),
        ("alter table lead no force row level security", "changed table public.lead"),
        ("drop table comment cascade", "missing table public.comment"),
        ("create table mine (id int primary key)", "added table public.mine"),
        ("create view v as select 1 as one", "added view public.v"),
        ("alter view client_stage reset (security_invoker)", "changed view public.client_stage"),
        ("grant select on audit_log to anon", "added grant public.audit_log to anon"),
        (
            "grant update (slug) on agency to authenticated",
            "added grant public.agency.slug to authenticated",
        ),
        ("alter function app.claims() volatile", "changed function app.claims()"),
        (
            "drop function app.sees_client cascade",
            "missing function app.sees_client(client_id uuid)",
        ),
        (
            "alter table agency drop constraint agency_slug_key",
            "missing constraint agency_slug_key on public.agency",
        ),
        ("create type mood as enum ('calm')", "added enumeration public.mood"),
        ("create sequence counter", "added sequence public.counter"),
        (
            "create rule quiet as on delete to post do instead nothing",
            "added rule quiet on public.post",
        ),
    ],
)
def test_a_change_by_hand_is_found_and_named(
    connection: Connection, built: Catalog, change: str, found: str
) -> None:
    connection.execute(change.encode())
    live = catalog(connection)
    said = {f"{d.change.value} {d.object.kind} {d.object.name}" for d in compare(built, live)}
    assert found in said
    if "cascade" not in change:
        assert len(said) == 1, "nothing else is blamed"


def test_a_disabled_trigger_is_found(connection: Connection, built: Catalog) -> None:
    connection.execute("alter table client disable trigger user")
    said = compare(built, catalog(connection))
    assert said
    assert all(each.change is Change.CHANGED and each.object.kind == "trigger" for each in said)


def test_partitions_come_and_go_unless_they_are_open(
    connection: Connection, built: Catalog
) -> None:
    connection.execute("select app.ensure_partitions('2020-01-01', '2020-03-01')")
    assert compare(built, catalog(connection)) == []
    row = connection.execute(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'public.tracking_event'::regclass limit 1"
    ).fetchone()
    assert row is not None
    connection.execute(f"alter table {row[0]} disable row level security".encode())
    connection.execute(f"grant select on {row[0]} to anon".encode())
    said = {(each.change.value, each.object.kind) for each in compare(built, catalog(connection))}
    assert said == {("added", "partition"), ("added", "grant")}


def test_an_empty_database_lacks_whole_tables_not_each_column(
    built: Catalog, empty_database_url: str
) -> None:
    with connect(empty_database_url) as empty:
        found = compare(built, catalog(empty))
    assert {each.change for each in found} == {Change.MISSING}
    assert not {each.object.kind for each in found} & {"column", "constraint", "index", "policy"}
