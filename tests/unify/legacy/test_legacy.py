"""Views under old names: unchanged code reads and writes its own tenant's rows through them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from mainstem.cli.unify.legacy import legacy
from mainstem.cli.unify.retire import retire
from mainstem.errors import TargetError, UnifyError
from mainstem.pg.connect import connect
from mainstem.unify.legacy.apply import apply_legacy
from mainstem.unify.legacy.use import look
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.verify.isolation import claimed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer

HERE = Path(__file__).parent
PLAN = HERE / "plan"
A, B = (f"00000000-0000-0000-0000-00000000000{letter}" for letter in "ab")
ADA, BOB = f"{A[:-2]}a1", f"{B[:-2]}b1"

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def templates(scratch: ScratchServer) -> Iterator[dict[str, str]]:
    """A target, and one with the views made."""
    made = {name: f"{name}_{uuid4().hex}" for name in ("target", "views")}
    with connect(scratch.create_database(made["target"])) as connection:
        connection.execute((HERE / "target.sql").read_bytes())
    with connect(scratch.create_database(made["views"], template=made["target"])) as connection:
        apply_legacy(connection, read_directory(PLAN), "legacy")
    yield made
    for name in made.values():
        scratch.drop_database(name)


@pytest.fixture
def url(scratch: ScratchServer, templates: dict[str, str]) -> Iterator[str]:
    """A target of this test's own, without views."""
    name = f"test_{uuid4().hex}"
    yield scratch.create_database(name, template=templates["target"])
    scratch.drop_database(name)


@pytest.fixture
def views(scratch: ScratchServer, templates: dict[str, str]) -> Iterator[Connection]:
    """A connection to a target with the views made."""
    name = f"test_{uuid4().hex}"
    with connect(scratch.create_database(name, template=templates["views"])) as connection:
        yield connection
    scratch.drop_database(name)


def rows(connection: Connection, tenant: str | None, query: str, *given: object) -> list[Any]:
    """What a tenant gets; what it writes is rolled back."""
    with claimed(connection, tenant):
        done = connection.execute(query.encode(), given or None)
        return done.fetchall() if done.description else []


def test_old_names_give_old_columns_of_the_own_tenant(views: Connection) -> None:
    asked = "select name, is_active, password, firm::text from legacy.users"
    assert rows(views, A, asked) == [("Ada", True, None, A)]
    assert rows(views, B, asked) == [("Bob", True, None, B)]
    assert rows(views, None, asked) == []


def test_packed_tables_come_apart_again(views: Connection) -> None:
    assert rows(views, A, "select name, size, deep from legacy.brands") == [("Red", 3, {"a": 1})]
    assert rows(views, A, "select name, tone from legacy.styles") == [("Calm", "low")]
    assert rows(views, B, "select * from legacy.styles") == []


def test_a_plain_view_is_written_as_a_table(views: Connection) -> None:
    with claimed(views, A):
        views.execute("insert into legacy.users (firm, name) values (%s, 'Eve') returning id", (A,))
        views.execute("update legacy.users set name = 'Ada L.' where name = 'Ada'")
        found = views.execute('select full_name, is_active from "user" order by 1').fetchall()
    assert found == [("Ada L.", True), ("Eve", True)]


def test_a_packed_row_is_written_into_its_json(views: Connection) -> None:
    with claimed(views, A):
        views.execute("insert into legacy.brands (firm_id, name, size) values (%s, 'New', 7)", (A,))
        views.execute("update legacy.brands set size = 5, deep = '[1]' where name = 'Red'")
        views.execute("delete from legacy.styles")
        found = views.execute("select kind, name, config from label order by name").fetchall()
    assert found == [
        ("brand", "New", {"size": 7}),
        ("brand", "Red", {"size": 5, "deep": [1], "x": 9}),
    ]


def test_a_split_row_is_written_into_both_tables_with_the_tenant_of_its_parent(
    views: Connection,
) -> None:
    with claimed(views, A):
        views.execute(
            "insert into legacy.notes (author, text, url) values (%s, 'new', 'n.example')", (ADA,)
        )
        views.execute("update legacy.notes set url = 'c.example' where text = 'hello'")
        made = views.execute(
            "select body, url, l.firm_id::text, n.firm_id::text from note n"
            " join note_link l on l.note_id = n.id order by 1"
        ).fetchall()
        views.execute("delete from legacy.notes where text = 'hello'")
        left = views.execute("select url from legacy.notes").fetchall()
    assert made == [("hello", "c.example", A, A), ("new", "n.example", A, A)]
    assert left == [("n.example",)]


CROSSING = [
    "update legacy.users set name = 'x' where firm = %s returning 1",
    "delete from legacy.users where firm = %s returning 1",
    "update legacy.brands set name = 'x' where firm_id = %s returning 1",
    "delete from legacy.brands where firm_id = %s returning 1",
    "select from legacy.brands where firm_id = %s",
]


@pytest.mark.parametrize("statement", CROSSING)
def test_no_tenant_reaches_another_s_row(views: Connection, statement: str) -> None:
    assert rows(views, A, statement, B) == []


REFUSED = [
    ("insert into legacy.users (firm, name) values (%s, 'x')", B),
    ("insert into legacy.brands (firm_id, name) values (%s, 'x')", B),
    ("insert into legacy.notes (author, text, url) values (%s, 'x', 'y')", BOB),
    ("update legacy.users set firm = %s", B),
    ("update legacy.brands set firm_id = %s", B),
]


@pytest.mark.parametrize(("statement", "foreign"), REFUSED)
def test_no_tenant_puts_a_row_into_another(views: Connection, statement: str, foreign: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.NotNullViolation)):
        rows(views, A, statement, foreign)


def test_what_each_view_can_do_is_tried_shown_and_commented(url: str) -> None:
    shown = CliRunner().invoke(
        legacy, ["--plan", str(PLAN), "--database", url], catch_exceptions=False
    )
    lines = {line.split()[0]: line.split()[2:] for line in shown.output.splitlines()[1:6]}
    every = ["works"] * 4
    assert lines == {
        "legacy.firms": ["works", "refused", "works", "refused"],
        "legacy.users": every,
        "legacy.brands": every,
        "legacy.styles": every,
        "legacy.notes": every,
    }
    assert "no view for logs: it was dropped: nobody reads them" in shown.output
    with connect(url) as connection:
        said = connection.execute("select obj_description('legacy.users'::regclass)").fetchone()
        again = apply_legacy(connection, read_directory(PLAN), "legacy")
    assert said is not None
    can, lost = str(said[0]).split(". Always ")
    assert can == "Old name of user. Can (tried): select, insert, update, delete"
    assert lost == "null, cannot be written: password."
    assert len(again.views) == 5


def test_rights_on_single_columns_hold_under_the_old_names(views: Connection) -> None:
    for statement in ("update legacy.notes set id = %s", "update legacy.users set id = %s"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(views, A, statement, B)
    changed = "update legacy.notes set text = 'x' returning text"
    assert rows(views, A, changed) == [("x",)]


def test_the_sql_can_be_read_before_it_is_run(url: str) -> None:
    given = ["--plan", str(PLAN), "--database", url, "--sql"]
    text = CliRunner().invoke(legacy, given, catch_exceptions=False).output
    assert "create view legacy.users with (security_invoker = true) as" in text
    with connect(url) as connection:
        found = connection.execute("select to_regnamespace('legacy')").fetchone()
        assert found == (None,)
        connection.execute(text.encode())


def test_tables_whose_rows_nothing_tells_apart_have_no_view(url: str) -> None:
    plan = read_directory(PLAN)
    same = tuple(replace(one, text=one.text.replace("'style'", "'brand'")) for one in plan.selects)
    with connect(url) as connection:
        made = apply_legacy(connection, replace(plan, selects=same), "legacy")
    assert {one.name for one in made.skipped} == {"brands", "styles", "logs"}


def test_a_view_of_a_table_that_leaks_is_not_kept(url: str) -> None:
    with connect(url) as connection:
        connection.execute('alter table "user" no force row level security')
        connection.execute('alter table "user" disable row level security')
        connection.commit()
        with pytest.raises(UnifyError, match=r"legacy\.users \(select"):
            apply_legacy(connection, read_directory(PLAN), "legacy")


def test_unused_views_are_dropped_after_asking(url: str) -> None:
    with connect(url) as connection:
        database = connection.info.dbname
        connection.execute(f"alter database {database} set track_functions = 'pl'".encode())
    with connect(url) as connection:
        apply_legacy(connection, read_directory(PLAN), "legacy")
        connection.execute("select pg_stat_force_next_flush()")
        connection.commit()
        look(connection, "legacy")  # the tries above were use, too
        connection.execute("update unify.legacy_use set used_at = now() - interval '31 days'")
        connection.commit()
        rows(connection, A, "set transaction read only; select from legacy.users")
        rows(connection, A, "insert into legacy.styles (firm_id, name) values (%s, 'x')", A)
        connection.execute("select pg_stat_force_next_flush()")
        connection.commit()
    given = ["--unused-for", "30", "--database", url]
    asked = CliRunner().invoke(retire, given, input="n\n")
    assert "drop 3 views (brands, firms, notes)?" in asked.output
    done = CliRunner().invoke(retire, given, input="y\n", catch_exceptions=False)
    assert "dropped 3 views: brands, firms, notes" in done.output
    with connect(url) as connection:
        left = connection.execute(
            "select viewname::text from pg_views where schemaname = 'legacy' order by 1"
        ).fetchall()
    assert left == [("styles",), ("users",)]
    assert "nothing to drop" in CliRunner().invoke(retire, given).output


def test_nothing_is_dropped_where_nothing_is_counted(views: Connection) -> None:
    views.execute("update unify.legacy_use set used_at = now() - interval '31 days'")
    views.commit()
    with pytest.raises(TargetError, match="track_functions"):
        CliRunner().invoke(
            retire,
            ["--unused-for", "30", "--database", views.info.dsn, "--yes"],
            catch_exceptions=False,
        )
    found = views.execute("select min(now() - used_at) < interval '1 day' from unify.legacy_use")
    assert found.fetchone() == (True,)
