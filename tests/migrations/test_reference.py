"""The reference page and the files agree, and everything says what it is."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from tests.migrations.reference import page

if TYPE_CHECKING:
    from tests.migrations.people import Connection

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "schema.md"


def test_the_reference_page_is_current(connection: Connection) -> None:
    written = PAGE.read_text("utf-8")
    again = "run `.venv/bin/python -m tests.migrations.reference > docs/reference/schema.md`"
    assert written == page(connection), again


def test_each_file_first_says_why_it_is_there() -> None:
    folder = resources.files("mainstem.migrations")
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    assert len(files) >= 9
    for file in files:
        assert file.read_text("utf-8").startswith("-- Why: "), file.name


def test_every_table_view_and_function_says_what_it_is(connection: Connection) -> None:
    rows = connection.execute(
        "select c.oid::regclass::text from pg_class as c"
        " where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)"
        " and c.relkind in ('r', 'p', 'v') and not c.relispartition"
        " and obj_description(c.oid, 'pg_class') is null"
        " union all"
        " select p.oid::regprocedure::text from pg_proc as p"
        " where p.pronamespace = 'app'::regnamespace and obj_description(p.oid, 'pg_proc') is null"
    ).fetchall()
    assert rows == []


def test_the_comment_of_a_table_says_what_one_row_is(connection: Connection) -> None:
    rows = connection.execute(
        "select table_name from app.table_class where obj_description("
        " format('%I.%I', schema_name, table_name)::regclass, 'pg_class') not like 'One row %'"
    ).fetchall()
    assert rows == []
