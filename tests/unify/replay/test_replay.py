"""What a replay tells of migrations: what they build, what fails and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import Failure, ObjectKind

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unify.replay.conftest import ReplayFiles

    from mainstem.unify.replay import Replayer
    from mainstem.unify.replay.model import FailedStatement, Replay


def only(replay: Replay) -> FailedStatement:
    (failed,) = replay.failed
    return failed


def tables(replay: Replay) -> set[str]:
    return {str(table.name) for table in replay.database.tables}


def test_what_is_created_later_is_named_with_its_place_and_built(replay: ReplayFiles) -> None:
    found = replay(
        {
            "01_child.sql": "create table child (id int, parent int references parent);",
            "02_index.sql": "create index on child (parent);",
            "03_parent.sql": "-- why\n\ncreate table parent (id int primary key);",
        }
    )
    child, index = found.failed
    assert (child.failure, child.needs_kind) == (Failure.CREATED_LATER, ObjectKind.TABLE)
    assert child.needs == ObjectName("public", "parent")
    assert (child.created_in, child.created_line) == ("supabase/migrations/03_parent.sql", 3)
    assert child.is_recovered
    assert (index.failure, index.needs) == (Failure.CREATED_LATER, child.needs)
    assert tables(found) == {"child", "parent"}
    assert [file.failed_count for file in found.files] == [1, 1, 0]
    relation = found.database.relation("child")
    assert relation is not None
    assert [key.parent for key in relation.foreign_keys] == [child.needs]


def test_a_parent_that_nothing_creates_is_reported_and_the_rest_is_built(
    replay: ReplayFiles,
) -> None:
    found = replay(
        {
            "01.sql": "create table a (id uuid primary key, owner_id uuid references owner);"
            "create table b (code varchar(9), x text, foreign key (code) references owner (code));"
            "create index on a (owner_id); create view v as select name from owner;"
            "create policy p on a using (exists (select from owner o where o.id = a.id));"
            "insert into owner values ('00000000-0000-0000-0000-000000000000');"
            "alter publication supabase_realtime add table a, owner;"
        }
    )
    keys = [
        (str(m.table), m.columns, str(m.parent), m.parent_columns) for m in found.missing_parents
    ]
    assert keys == [("a", ("owner_id",), "owner", ()), ("b", ("code",), "owner", ("code",))]
    assert tables(found) == {"a", "b"}
    assert not any(table.foreign_keys for table in found.database.tables)
    assert {each.failure for each in found.failed} == {Failure.NEVER_CREATED}
    assert [each.is_recovered for each in found.failed] == [True, True, True, *[False] * 4]
    applied = {str(each.name): each.is_applied for each in found.creations}
    assert applied == {"a": True, "b": True, "v": False, "a.p": False}


FAILURES: list[tuple[str, Failure, str | None]] = [
    ("select * from missing", Failure.NEVER_CREATED, "missing"),
    ("alter table t add constraint c check (b > 1)", Failure.NEVER_CREATED, "t.b"),
    ("create index on t (b)", Failure.NEVER_CREATED, "t.b"),
    ("select x.b from t x", Failure.NEVER_CREATED, "t.b"),
    (
        "create policy p on t using (c in (select 'é' from auth.sessions where b = 1))",
        Failure.NEVER_CREATED,
        "auth.sessions.b",
    ),
    (
        "create policy p on t using (aal in (select aal from auth.sessions))",
        Failure.NEVER_CREATED,
        "t.aal",
    ),
    ("create trigger g before insert on t execute function f()", Failure.NEVER_CREATED, "f"),
    ("create table u (a mood)", Failure.NEVER_CREATED, "mood"),
    ("create table s.u (a int)", Failure.NEVER_CREATED, ".s"),
    ("drop policy z on t", Failure.NEVER_CREATED, "t.z"),
    ("create table t (a int)", Failure.CREATED_TWICE, None),
    ("alter table t add column a int", Failure.CREATED_TWICE, None),
    ("create tabel u (a int)", Failure.INVALID_SQL, None),
    ("create table u (a text encrypted)", Failure.INVALID_SQL, None),
    ("create policy p on t using (auth.uid() = 'x'::text)", Failure.INVALID_SQL, None),
    ("create table u (a int references t)", Failure.INVALID_SQL, None),
    ("insert into t values (null)", Failure.VIOLATES_DATA, None),
    ("do $$ begin raise exception 'no'; end $$", Failure.OTHER, None),
    ("select uuid_generate_v9()", Failure.NEVER_CREATED, "uuid_generate_v9"),
    ("create table u (a geometry)", Failure.NEEDS_EXTENSION, ".postgis"),
    ("create index on t using gin (c gin_trgm_ops)", Failure.NEEDS_EXTENSION, ".pg_trgm"),
    ("create extension plv8", Failure.NEEDS_EXTENSION, ".plv8"),
    ("select cron.schedule('a', '* * * * *', 'x')", Failure.NEEDS_EXTENSION, ".pg_cron"),
    ("do $$ begin execute 'create role x'; end $$", Failure.REFUSED, None),
]


def test_each_failure_has_its_class(replay: ReplayFiles) -> None:
    files: dict[str, str | bytes] = {"00.sql": "create table t (a int not null, c text)"}
    files |= {f"{number:02}.sql": case[0] for number, case in enumerate(FAILURES, 1)}
    found = replay(files)
    assert [
        (each.text, each.failure, each.needs and str(each.needs)) for each in found.failed
    ] == FAILURES


def test_what_lacks_a_thing_whose_creation_was_not_valid_needs_that_thing(
    replay: ReplayFiles,
) -> None:
    invalid, index = replay({"1.sql": "create table t (a int,); create index on t (a)"}).failed
    assert invalid.failure is Failure.INVALID_SQL
    assert (index.failure, str(index.needs)) == (Failure.NEVER_CREATED, "t")


def test_a_drop_that_came_too_early_is_not_made_up_for(replay: ReplayFiles) -> None:
    found = replay({"1.sql": "drop table t; create table t (a int); drop table if exists u;"})
    assert only(found).failure is Failure.CREATED_LATER
    assert tables(found) == {"t"}


def test_what_follows_a_creation_that_recovers_is_made_up_for_in_order(
    replay: ReplayFiles,
) -> None:
    found = replay(
        {
            "1.sql": "create table c (a int references p, b int); alter table c drop column b;"
            "alter table c rename to d; create function f() returns d language sql return null::d;",
            "2.sql": "create table p (a int primary key);",
        }
    )
    assert all(each.is_recovered for each in found.failed)
    assert {str(each.needs) for each in found.failed} == {"p"}
    assert tables(found) == {"d", "p"}
    relation = found.database.relation("d")
    assert relation is not None
    assert [column.name for column in relation.columns] == ["a"]


def test_what_recovers_and_was_dropped_since_stays_away(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "create table c (a int references p);",
            "2.sql": "drop table if exists c; create table p (a int primary key);",
        }
    )
    assert tables(found) == {"p"}
    assert not only(found).is_recovered


def test_a_files_transaction_is_honoured_and_each_statement_in_it_judged(
    replay: ReplayFiles,
) -> None:
    found = replay(
        {
            "1.sql": "begin; create table a (a int); select * from missing; create table b (a int);"
            "select * from absent; commit; create table c (a int);",
            "2.sql": "begin; create table gone (a int); rollback;",
            # In one transaction, without savepoints, a new value of a new type may be used.
            "3.sql": "begin; create type e as enum ('a'); alter type e add value 'b';"
            "create table d (a e default 'b'); commit;",
            "4.sql": "alter type e add value 'c'; alter table d alter a set default 'c';"
            "create index concurrently on d (a); vacuum;",
            "5.sql": "begin; create table left_open (a int);",
        }
    )
    assert [each.needs and each.needs.name for each in found.failed] == ["missing", "absent"]
    assert tables(found) == {"a", "b", "c", "d", "left_open"}
    assert [str(each.name) for each in found.creations if not each.is_applied] == ["gone"]


def test_creations_follow_renames_and_drops(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "create table if not exists old (a int); alter table old rename to fresh;"
            "create table dropped (a int); create index i on dropped (a); drop table dropped;"
            "create table again (a int); drop table again; create table again (b int);"
            "alter table fresh add column if not exists c int, add d int;"
            "alter table fresh rename d to e; create temp table t (a int);"
            "insert into storage.buckets (name, id) values ('x', 'pictures'), ('y', 'papers');"
            "do $$ begin create type mood as enum ('a'); exception when others then null; end $$;"
            "create schema app; create function app.f() returns int language sql return 1;"
            "set search_path to app; create table inside (a int); reset search_path;"
        }
    )
    assert not found.failed
    made = {(str(each.name), each.is_guarded, each.is_dropped) for each in found.creations}
    assert made >= {
        ("old", True, True),
        ("fresh", False, False),
        ("dropped", False, True),
        ("again", False, True),
        ("again", False, False),
        ("fresh.c", True, False),
        ("fresh.d", False, True),
        ("fresh.e", False, False),
        ("storage.pictures", False, False),
        ("storage.papers", False, False),
        ("mood", True, False),
        ("app.f", False, False),
        ("app.inside", False, False),
    }
    assert {str(each.name) for each in found.creations if each.name.name == "t"} == {"pg_temp.t"}
    assert found.database.buckets == ("papers", "pictures")


def test_a_file_that_guards_all_it_creates_runs_twice(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1_good.sql": "create table if not exists t (a int primary key);"
            "drop policy if exists p on t; create policy p on t using (true);"
            "create or replace view v as select a from t;"
            "insert into t values (1) on conflict do nothing;",
            "2_claim.sql": "-- Safe to run multiple times\ncreate table if not exists u (a int);\n"
            "create policy p on u using (true);\ninsert into t values (2);",
            "3_none.sql": "create table w (a int);",
            "4_denial.sql": "-- not idempotent\ncreate table x (a int);",
        }
    )
    assert not found.failed
    assert [(each.file[-11:], each.line, each.failure) for each in found.second_run] == [
        ("2_claim.sql", 3, Failure.CREATED_TWICE),
        ("2_claim.sql", 4, Failure.VIOLATES_DATA),
    ]


def test_two_orders_are_tried_where_names_and_numbers_differ(replay: ReplayFiles) -> None:
    found = replay(
        {
            "9_first.sql": "create table p (a int primary key)",
            "10_second.sql": "create table c (a int references p)",
        }
    )
    assert [file.path[-11:] for file in found.files] == ["9_first.sql", "_second.sql"]
    assert found.order == "number"
    assert not found.failed
    assert "two orders were tried" in found.order_notes[-1]


def test_a_dump_of_psql_replays(replay: ReplayFiles) -> None:
    dump = (
        "\\restrict abc\n\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\n"
        "SET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\n"
        "SET default_tablespace = '';\nSET no_such_setting = 'x';\n"
        'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;\n'
        "COMMENT ON EXTENSION \"uuid-ossp\" IS 'ids';\n"
        "CREATE TABLE public.t (\n id uuid DEFAULT public.uuid_generate_v4() NOT NULL, n text);\n"
        "ALTER TABLE public.t OWNER TO somebody;\nGRANT SELECT ON TABLE public.t TO reader;\n"
        "COPY public.t (id, n) FROM stdin;\n"
        "00000000-0000-0000-0000-000000000001\tit's; \\N\n\\.\n\n"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n\\unrestrict abc\n"
    )
    found = replay({"schema.sql": dump}, folder="db")
    assert not found.failed
    relation = found.database.relation("t")
    assert relation is not None
    assert relation.primary_key == ("id",)
    assert [(line, reason[:9]) for _, line, reason in found.skipped] == [
        (1, "\\restrict"),
        (20, "\\unrestri"),
    ]
    assert any("no_such_setting" in each.reason for each in found.stood_in)


def test_a_dump_that_holds_the_platforms_own_tables_replays(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "create schema auth; create table auth.users (id uuid primary key, own text);"
            "create function auth.uid() returns uuid language sql return null::uuid;"
            "create table t (id uuid references auth.users);"
        }
    )
    assert not found.failed


def test_outside_the_platform_its_schemas_are_free(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "create schema auth; create schema extensions;"
            "create extension pgcrypto with schema extensions; create table auth.account (a int)"
        },
        folder="db",
    )
    assert not found.failed
    assert tables(found) == {"auth.account"}


def test_bad_input_gets_a_clear_line(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": b"create table a (a int);\n-- caf\xe9\n",
            "2.sql": b"\x7fELF\0\0\0",
            "3.sql": "",
            "4.sql": "\ufeff-- only a comment",
            "5.sql": "create table u (a int)".encode("utf-16"),
            "6.sql": "create table b (a text default '\ud83d\ude00')".encode(
                "utf-8", "surrogatepass"
            ),
            "notes.sql": "select 1",
            "1.down.sql": "drop table a",
        }
    )
    assert not found.failed
    assert tables(found) == {"u"}
    assert {file[-6:]: (line, reason[:20]) for file, line, reason in found.skipped} == {
        "/1.sql": (2, "line 2 is not UTF-8,"),
        "/2.sql": (None, "it is a binary file"),
        "/6.sql": (1, "line 1 is not UTF-8,"),
        "es.sql": (None, "the platform's tool "),
        "wn.sql": (None, "it undoes a migratio"),
    }


def test_an_empty_folder_builds_nothing(replay: ReplayFiles) -> None:
    found = replay({})
    assert (found.files, found.failed, found.database.relations) == ((), (), ())


def test_extensions_are_stood_in_for(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "create extension if not exists vector; create extension pg_trgm;"
            "create extension postgis; create extension btree_gist version '1.7';"
            "create extension citext schema public; create extension if not exists pg_cron;"
            "create schema if not exists pgmq; create extension pgmq with schema pgmq;"
            "create table t (id uuid default uuid_generate_v4(), mail citext, v vector(3),"
            "place geometry(Point, 4326), room int, span tstzrange,"
            "exclude using gist (room with =, span with &&));"
            "create index trgm on t using gin (mail gin_trgm_ops);"
            "create index place_index on t using gist (place);"
            "select cron.schedule('x', '* * * * *', 'select 1');"
            "create index near on t using hnsw (v vector_l2_ops);"
        }
    )
    assert not found.failed
    relation = found.database.relation("t")
    assert relation is not None
    methods = {index.name: index.method for index in relation.indexes}
    assert methods == {"trgm": "gin", "place_index": "gist", "near": "hnsw"}
    assert not found.database.functions
    assert len(found.stood_in) == 10


def test_roles_in_blocks_are_stood_in_for(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "do $$ begin\n"
            " if not exists (select from pg_roles where rolname = 'writer') then\n"
            "  create role writer login password 'a;b';\n end if;\n"
            " grant writer to postgres;\nend $$;"
            "create table t (a int); grant select on t to writer;"
            "create policy p on t to auditor using (true); set role authenticated; reset role;"
            "alter default privileges for role supabase_admin grant select on tables to writer;"
        }
    )
    assert not found.failed
    assert [each.line for each in found.stood_in] == [1, 6]


def test_many_rows_are_sent_together_and_the_wrong_one_is_found(replay: ReplayFiles) -> None:
    rows = "".join(f"insert into t (a, b) values ({n}, 'a; b');\n" for n in range(5_000))
    found = replay(
        {"1.sql": f"create table t (a int primary key, b text);\n{rows}insert into t values (1);"}
    )
    assert [(each.line, each.failure) for each in found.failed] == [(5_002, Failure.VIOLATES_DATA)]
    assert found.files[0].statement_count == 5_002


def test_the_block_of_a_document_is_judged_on_what_was_built(
    replay: ReplayFiles, replayer: Replayer
) -> None:
    replay({"1.sql": "create table t (id uuid)"})
    failed = replayer.try_block(
        "create table k (a TEXT ENCRYPTED);\ncreate policy p on t using (id = 'x'::text);\n"
        "alter table t add x int;",
        file="docs/a.md",
        line=7,
    )
    assert [(each.file, each.line, each.failure) for each in failed] == [
        ("docs/a.md", 7, Failure.INVALID_SQL),
        ("docs/a.md", 8, Failure.INVALID_SQL),
    ]


def test_what_is_not_valid_sql_is_tried_all_the_same(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "-- people\ncreate table if not exists u (id int primary key,);\n"
            "create table t (id int primary key, u_id int references u (id));\n"
            "create function f( returns int;"
        }
    )
    tried = [(made.kind, made.name.name, made.is_applied) for made in found.creations]
    assert tried == [
        (ObjectKind.TABLE, "u", False),
        (ObjectKind.TABLE, "t", True),
        (ObjectKind.FUNCTION, "f", False),
    ]
    assert found.missing_parents == ()
    assert [str(relation.name) for relation in found.database.relations] == ["t"]
    failures = [(each.failure, each.is_recovered) for each in found.failed]
    assert failures == [
        (Failure.INVALID_SQL, False),
        (Failure.NEVER_CREATED, True),
        (Failure.INVALID_SQL, False),
    ]


def test_a_key_beside_a_change_of_type_is_read_too(replay: ReplayFiles) -> None:
    found = replay(
        {
            "1.sql": "create table t (a text, b int);\n"
            "alter table t alter column a type varchar(9), add foreign key (b) references u (id);"
        }
    )
    assert [(str(key.table), str(key.parent)) for key in found.missing_parents] == [("t", "u")]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(["a", "b", "c", "d"]))
def test_in_whatever_order_a_chain_of_tables_comes_it_is_built(
    replay: ReplayFiles, order: list[str]
) -> None:
    """Each table refers to the one before it; those that come too early recover."""
    parents = {"a": "", "b": "a", "c": "b", "d": "c"}
    script = ""
    for name in order:
        key = f"references {parents[name]}" if parents[name] else ""
        script += f"create table {name} (id int primary key {key});"
    found = replay({"1.sql": script})
    early = [n for n in order if parents[n] and order.index(parents[n]) > order.index(n)]
    assert len([each for each in found.failed if each.failure is Failure.CREATED_LATER]) >= len(
        early
    )
    assert all(each.is_recovered for each in found.failed)
    assert tables(found) == {"a", "b", "c", "d"}


def test_a_replay_tells_how_far_it_is_and_is_the_same_each_time(
    replayer: Replayer, tmp_path: Path
) -> None:
    (tmp_path / "1.sql").write_text("create table a (id int references b); create role r;")
    (tmp_path / "2.sql").write_text("create table b (id int primary key, n serial);")
    told: list[tuple[int, int, str]] = []
    first, second = (
        replayer.replay(tmp_path, root=tmp_path, on_progress=lambda *step: told.append(step))
        for _ in range(2)
    )
    assert told == [(0, 2, "1.sql"), (1, 2, "2.sql")] * 2
    assert first == second
