"""What is read from a text of SQL."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mainstem.unify.code.model import (
    ColumnUse,
    Engine,
    FileReading,
    Operation,
    Place,
    Role,
    TableUse,
)
from mainstem.unify.code.sql import looks_like_sql, read_sql
from mainstem.unify.code.sql_placeholders import marker

PLACE = Place("src/orders.ts", 10)


def read(sql: str, engine: Engine = Engine.POSTGRES, **pieces: str) -> FileReading:
    numbered = {int(name.removeprefix("p")): expression for name, expression in pieces.items()}
    return read_sql(sql, engine=engine, place=PLACE, pieces=numbered)


def tables(reading: FileReading) -> list[str]:
    return [use.name for use in reading.uses]


def columns(use: TableUse, role: Role) -> list[str]:
    return [column.name for column in use.columns if column.role is role]


def test_columns_are_found_through_aliases_with_their_lines() -> None:
    orders, people = read(
        """select o.total, count(*)
             from shop.orders o
             join person p on p.id = o.person_id
            where o.state = $1 and p.email is not null
            order by o.made_at"""
    ).uses

    assert (orders.name, orders.schema, orders.place.line) == ("orders", "shop", 11)
    assert columns(orders, Role.READ) == ["total", "made_at"]
    assert columns(orders, Role.FILTERED) == ["person_id", "state"]
    assert (people.name, people.schema) == ("person", None)
    assert columns(people, Role.FILTERED) == ["id", "email"]


def test_a_column_without_a_table_is_given_to_the_only_one_and_to_no_other() -> None:
    assert columns(
        read("select id, name as title from person order by title").uses[0], Role.READ
    ) == [
        "id",
        "name",
    ]

    joined = read("select id, name from person join town on true")
    assert [use.columns for use in joined.uses] == [(), ()]

    outer, inner = read("select id from a where x in (select y from b)").uses
    assert columns(outer, Role.FILTERED) == ["x"]
    assert inner.columns == ()  # y could be a column of the outer table


def test_an_insert_tells_the_types_of_its_values() -> None:
    (use,) = read(
        "insert into visit (id, page, made_at, seconds, is_new) values "
        "($1::uuid, 'home', now(), 2.5, true) on conflict (id) do update set page = excluded.page"
    ).uses

    assert use.operation is Operation.UPSERT
    assert {c.name: c.value_type for c in use.columns if c.role is Role.WRITTEN} == {
        "id": "uuid",
        "page": "text",
        "made_at": "timestamp",
        "seconds": "number",
        "is_new": "boolean",
    }
    assert ColumnUse("id", Role.CONFLICT, 10) in use.columns


def test_names_that_are_no_tables_are_left_out() -> None:
    reading = read(
        """with recursive tree as (select id from node union all select id from tree),
                gone as (delete from basket returning *)
           select * from tree, gone, generate_series(1, 3) n, (select 1) s, lateral unnest(a) u,
             pg_class, pg_catalog.pg_type, information_schema.tables"""
    )

    assert tables(reading) == ["node", "basket"]
    assert reading.functions == ()
    assert tables(read("select count(*) from sqlite_master", Engine.SQLITE)) == []


def test_functions_that_people_wrote_are_found_and_built_in_ones_are_not() -> None:
    reading = read(
        "select now(), coalesce(a, 1), auth.uid() from app.visible(of_person => $1) "
        "join jsonb_each(b) on true"
    )
    assert [(f.schema, f.name, f.arguments) for f in reading.functions] == [
        ("app", "visible", ("of_person",)),
        ("auth", "uid", ()),
    ]
    assert [f.name for f in read("call refresh_totals(1)").functions] == ["refresh_totals"]
    assert [f.name for f in read("select next_number($1)").functions] == ["next_number"]
    assert read("select set_config('a', 'b', true)").functions == ()


def test_parameters_of_every_driver_parse() -> None:
    for parameter in ("$1", "%s", "%(name)s", ":name", "?", "@name", "$name"):
        reading = read(f"select id from person where data->>'a:b' = {parameter} and x::text = 'c?'")
        assert tables(reading) == ["person"], parameter
        assert reading.unresolved == (), parameter

    assert tables(read("select id from person where data ? 'key' and tags ?| array['a']")) == [
        "person"
    ]


def test_pieces_put_in_at_run_time() -> None:
    table = read(f"select * from {marker(0)} where id = {marker(1)}", p0="table", p1="id")
    assert table.uses == ()
    assert [(u.kind, u.expression) for u in table.unresolved] == [("table", "${table}")]

    for sql in (
        f"select * from person {marker(0)} order by id {marker(1)} limit {marker(2)}",
        f"select * from person where id = 1 {marker(0)} limit {marker(1)}",
        f"select {marker(0)} from person where {marker(1)}",
        f"insert into person {marker(0)}",
        f"insert into person (id) values {marker(0)}",
        f"update person set {marker(0)} where id in {marker(1)}",
        f"delete from person where name = '{marker(0)}'",
    ):
        assert tables(read(sql)) == ["person"], sql
    for engine in Engine:
        (use,) = read(f"select x from a where y > 1 and z between 1 and 2 {marker(0)}", engine).uses
        assert [column.name for column in use.columns] == ["x", "y", "z"]
    assert read(f"select a.x, y from a {marker(0)} where z = 1").uses[0].columns == (
        ColumnUse("x", Role.READ, 10),
    )  # y and z may belong to what the piece joins


def test_a_table_made_in_code_is_declared() -> None:
    for engine in Engine:
        (made,) = read(
            "create table if not exists visit (\n id integer primary key,\n"
            " page varchar(20) not null,\n person_id integer references person (id)\n)",
            engine,
        ).declared
        assert made.name == "visit"
        assert made.makes
        assert [(c.name, c.is_nullable, c.references, c.line) for c in made.columns] == [
            ("id", False, None, 11),
            ("page", False, None, 12),
            ("person_id", True, "person", 13),
        ]


def test_forms_that_only_sqlite_has() -> None:
    reading = read(
        "create table t (a, b text default (datetime('now')), primary key (a)) without rowid;"
        "create virtual table words using fts5(body, content='t');"
        "insert or replace into t (a) values (?); update or ignore t set b = 'x' where rowid = 1;",
        Engine.SQLITE,
    )

    assert reading.unresolved == ()
    assert [(d.name, [c.name for c in d.columns]) for d in reading.declared] == [
        ("t", ["a", "b"]),
        ("words", ["body"]),
    ]
    assert [use.operation for use in reading.uses] == [Operation.UPSERT, Operation.UPDATE]
    assert columns(reading.uses[1], Role.FILTERED) == []


def test_what_is_not_sql_is_nothing_and_broken_sql_is_said_to_be() -> None:
    for prose in ("", "select a file", "Delete this?", "with love", "Update your profile"):
        assert read(prose) == FileReading()
    for engine in Engine:
        (broken,) = read("select from from where", engine).unresolved
        assert broken.kind == "sql"
        assert broken.place == PLACE


@settings(max_examples=50)
@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                "select insert into update set delete from where with as ( ) , * = ; ' \" ` $1 ? "
                "%s :a :: a b.c create table values join on -- /* $$ [ ] \n \0 é "
                f"{marker(0)} {marker(1)} union order by limit 1 null".split(" ")
            ),
            max_size=25,
        ).map(" ".join),
    ),
    st.sampled_from(Engine),
)
@example("select 1 from " + "(" * 3000, Engine.SQLITE)
@example("select 1 from " + "(" * 3000, Engine.POSTGRES)
@example("1 from a where " + "(" * 3000 + "1" + ")" * 3000, Engine.SQLITE)
@example("1 from a where " + "(" * 3000 + "1" + ")" * 3000, Engine.POSTGRES)
@example("1 from a where " + "f(" * 900 + "1" + ")" * 900, Engine.POSTGRES)
@example("select \ud800 from a", Engine.POSTGRES)
def test_no_text_raises(text: str, engine: Engine) -> None:
    for beginning in ("", "select ", "select a from ", "insert into ", "create table "):
        reading = read(beginning + text, engine)
        assert looks_like_sql(beginning + text) or reading == FileReading()


NAMES = st.from_regex(r"[a-z]{3,8}_[a-z]{2,5}", fullmatch=True)


@settings(max_examples=50)
@given(
    st.lists(NAMES, min_size=1, max_size=5, unique=True), NAMES, st.sampled_from(Engine), st.data()
)
def test_the_tables_put_in_are_the_tables_found(
    names: list[str], column: str, engine: Engine, data: st.DataObject
) -> None:
    sources = []
    for index, name in enumerate(names):
        shape = data.draw(st.sampled_from(["{0} as s{1}", "(select * from {0}) s{1}"]))
        sources.append(shape.format(name, index))
    sql = f"select s0.{column} from " + "\n join ".join(
        source + (f" on s{index}.id = s{index - 1}.id" if index else "")
        for index, source in enumerate(sources)
    )
    if data.draw(st.booleans()):
        sql = f"with w as ({sql}) select * from w"

    reading = read(sql, engine)

    assert sorted(tables(reading)) == sorted(names)
    assert reading.unresolved == ()
    for use in reading.uses:
        written = sql.splitlines()[use.place.line - 10]
        assert use.name in written


@pytest.mark.parametrize(
    "opening",
    [
        "create schema if not exists s;",
        "begin;",
        "set search_path to s;",
        "drop table if exists t;",
    ],
)
def test_a_script_may_begin_with_what_names_no_table(opening: str) -> None:
    script = f"{opening}\ncreate table s.kept (id int);\ninsert into s.kept values (1);"
    reading = read_sql(script, engine=Engine.POSTGRES, place=Place("a.py", 1))
    assert [(made.schema, made.name) for made in reading.declared] == [("s", "kept")]
    assert "kept" in {use.name for use in reading.uses}
