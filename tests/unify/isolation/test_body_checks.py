"""Checks of who calls, in functions that run as their owner: found, and missed when taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.catalog.database import Function, ObjectName
from mainstem.unify.isolation.body_checks import body_checks, outermost, without
from mainstem.unify.isolation.expanding import Expander

if TYPE_CHECKING:
    from tests.unify.isolation.conftest import Sample

    from mainstem.unify.isolation.model import Weakening

ASKED = Function(
    ObjectName("app", "agency_id"), "", (), "uuid", "sql",
    "select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'agency_id'",
)  # fmt: skip
EXPANDER = Expander([ASKED], {})


def checks(body: str, language: str = "plpgsql") -> list[str]:
    function = Function(ObjectName("public", "f"), "p uuid", ("p",), "void", language, body)
    return [one.text for one in body_checks(function, EXPANDER)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "select * from note where agency_id = app.agency_id() and id = p order by id",
            ["agency_id = app.agency_id()"],
        ),
        ("update note set a = 1 where agency_id = app.agency_id() returning id", None),
        ("select 1 from note where id = p and (agency_id = app.agency_id() or is_open)", ["("]),
        ("select 1 from note where a between 1 and 2 and agency_id = app.agency_id()", None),
        ("select 1 from note where id = p or agency_id = app.agency_id()", ["id = p or"]),
        ("select 1 from note where id = p", []),
        ("select 'where agency_id = app.agency_id()' from note -- where app.agency_id()", []),
        (
            "select (select 1 from a where agency_id = app.agency_id()) from b where id = p",
            ["agency_id = app.agency_id()"],
        ),
        ("delete from note where owner = current_user and id = p", ["owner = current_user"]),
    ],
)
def test_conditions_of_queries(body: str, found: list[str] | None) -> None:
    wanted = ["agency_id = app.agency_id()"] if found is None else found
    told = checks(body, "sql")
    assert len(told) == len(wanted)
    assert all(one.startswith(start) for one, start in zip(told, wanted, strict=True))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "begin if p <> app.agency_id() then raise exception 'no'; end if; end",
            ["p <> app.agency_id()"],
        ),
        (
            (
                "declare me uuid := app.agency_id(); begin if p is null then raise 'none';"
                " elsif p <> me then raise 'no'; end if; end"
            ),
            ["p <> me"],
        ),
        (
            (
                "declare me uuid; begin select x.id, 1 into strict me, p from member x\n"
                "where x.agency_id = app.agency_id();\nif p <> me then raise 'no'; end if; end"
            ),
            ["x.agency_id = app.agency_id()", "p <> me"],
        ),
        ("begin if p <> app.agency_id() then return; end if; end", []),
        ("begin if length(p) > 9 then raise exception 'too long'; end if; end", []),
        ("begin perform app.require(p); end", []),
    ],
)
def test_conditions_that_raise(body: str, found: list[str]) -> None:
    assert checks(body) == found


def test_all_are_taken_out_at_once_where_one_holds_another() -> None:
    body = (
        "begin if not exists (select from a where agency_id = app.agency_id()) then raise 'no';"
        " end if; return query select 1 from b where agency_id = app.agency_id() and id = p; end"
    )
    function = Function(ObjectName("public", "f"), "p uuid", ("p",), "void", "plpgsql", body)
    found = body_checks(function, EXPANDER)
    assert len(found) == 3
    assert without(body, outermost(found)) == (
        "begin if false then raise 'no';"
        " end if; return query select 1 from b where true and id = p; end"
    )


SCHEMA = """
create table agency (id uuid primary key default gen_random_uuid(), name text not null);
create table note (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id), body text not null default '');
create table memo (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id), body text not null default '');
alter table agency enable row level security;
alter table note enable row level security;
alter table memo enable row level security;
create function own_agency() returns uuid language sql stable
  as $$ select (auth.jwt() ->> 'agency_id')::uuid $$;
create function is_own(p_agency uuid) returns boolean language sql stable security definer
  as $$ select exists (select from agency where id = p_agency and id = own_agency()) $$;
create policy own on agency using (id = own_agency());
create policy own on note using (agency_id = own_agency());
create policy own on memo using (is_own(agency_id));
create function note_of(p_id uuid) returns setof note language sql stable security definer
  as $$ select * from note where agency_id = own_agency() and id = p_id $$;
create function set_body(p_id uuid, p_body text) returns void
  language plpgsql security definer as $f$
declare found_in uuid; mine uuid := own_agency();
begin
  select agency_id into found_in from note where id = p_id;
  if found_in is distinct from mine then
    raise exception 'no such note';
  end if;
  update note set body = p_body where id = p_id;
end $f$;
create function checked_twice(p_id uuid) returns setof note
  language plpgsql stable security definer as $f$
begin
  if not exists (select from note n where n.id = p_id and n.agency_id = own_agency()) then
    raise exception 'no such note';
  end if;
  return query select * from note n where n.id = p_id and n.agency_id = own_agency();
end $f$;
"""


def told(sample: Sample, schema: str) -> dict[tuple[str, str], Weakening]:
    return {
        (each.object, each.change): each
        for each in sample.proof(schema, mutates=True).weakenings
        if "check" in each.change and "policy" not in each.change
    }


def test_a_check_that_is_taken_out_is_caught(sample: Sample) -> None:
    found = told(sample, SCHEMA)
    assert found["note_of", "without its check agency_id = own_agency()"].is_leak
    assert found["set_body", "without its check found_in is distinct from mine"].is_leak
    # it answers yes or no: the leak is that of the table whose policy asks it
    assert found["is_own", "without its check id = own_agency()"].is_leak
    assert found["checked_twice", "without any of its checks of who calls"].is_leak
    single = [
        each
        for (name, change), each in found.items()
        if name == "checked_twice" and "any" not in change
    ]
    assert len(single) == 2
    assert {each.equivalent for each in single} == {"another check of it remains"}
    assert not [each for each in found.values() if not each.is_caught and not each.equivalent]


def test_the_function_is_as_it_was(sample: Sample) -> None:
    query = "select proname, prosrc from pg_proc where prosecdef order by 1"
    with sample.kept(SCHEMA) as connection:
        before = connection.execute(query).fetchall()
        sample.proof("", mutates=True)
        assert connection.execute(query).fetchall() == before


def test_an_owner_whom_policies_bind_is_told(sample: Sample) -> None:
    schema = SCHEMA + (
        "create role note_keeper; grant usage on schema public, auth to note_keeper;"
        "grant select on note to note_keeper; alter function note_of(uuid) owner to note_keeper;"
    )
    found = told(sample, schema)
    equivalent = found["note_of", "without its check agency_id = own_agency()"].equivalent
    assert equivalent == "policies bind its owner note_keeper too"
