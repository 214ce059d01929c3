"""A file's schema as the catalog has it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from mainstem.unify.catalog.model import Column, ForeignKey, IndexPart
from mainstem.unify.catalog.sqlite import open_source, read_catalog

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.unify.catalog.model import Catalog


def catalog_of(path: Path, script: str) -> Catalog:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    with open_source(path) as source:
        return read_catalog(source)


def test_columns_keys_and_counters(tmp_path: Path) -> None:
    catalog = catalog_of(
        tmp_path / "a.db",
        """create table "Order" (id integer primary key autoincrement, name text not null
            collate nocase default 'x', total as (id * 2) stored);
        create table pair (a int, b text, primary key (b, a)) without rowid;
        create table loose (code text primary key); insert into loose values (null), ('x');
        create table tight (code text primary key); insert into tight values ('x');
        create table descending (id integer primary key desc);
        insert into "Order" (id) values (9); delete from "Order";""",
    )

    order = catalog.table("Order")
    assert order.columns == (
        Column("id", "INTEGER", is_nullable=False),
        Column("name", "TEXT", is_nullable=False, default="'x'", collation="nocase"),
        Column("total", "", is_nullable=True, generated="id * 2"),
    )
    assert (order.counter, order.counter_last, order.primary_key) == ("id", 9, ("id",))
    pair = catalog.table("pair")
    assert (pair.primary_key, pair.has_rowid, pair.counter) == (("b", "a"), False, None)
    assert not any(column.is_nullable for column in pair.columns)
    assert catalog.table("loose").column("code").is_nullable
    assert not catalog.table("tight").column("code").is_nullable
    assert catalog.table("descending").counter is None


def test_foreign_keys_in_the_order_of_the_table(tmp_path: Path) -> None:
    catalog = catalog_of(
        tmp_path / "a.db",
        """create table Parent (Id integer primary key, A int, B int, unique (A, B));
        create table child (p int constraint one references PARENT on delete set null, a int, b int,
            foreign key (a, b) references parent (a, b) deferrable initially deferred,
            gone int references nowhere (x));""".replace(
            "deferred,\n            gone int references nowhere (x)",
            "deferred, foreign key (p) references nowhere (x)",
        ),
    )

    assert catalog.table("child").foreign_keys == (
        ForeignKey(("p",), "Parent", ("Id",), name="one", on_delete="SET NULL"),
        ForeignKey(("a", "b"), "Parent", ("A", "B"), is_deferred=True),
        ForeignKey(("p",), "nowhere", ("x",)),
    )


def test_indexes_and_what_is_no_table(tmp_path: Path) -> None:
    catalog = catalog_of(
        tmp_path / "a.db",
        """create table t (a text collate nocase, b int, constraint pair unique (a, b));
        create unique index mixed on t (lower(a), b desc) where b > 1;
        create view v as select 1; create trigger g after insert on t begin select 1; end;
        create virtual table f using fts5(body);""",
    )

    mixed, pair = sorted(catalog.table("t").indexes, key=lambda index: index.name)
    assert mixed.parts == (
        IndexPart("lower(a)", is_column=False, collation="BINARY"),
        IndexPart("b", is_descending=True, collation="BINARY"),
    )
    assert (mixed.is_unique, mixed.is_constraint, mixed.predicate) == (True, False, "b > 1")
    assert (pair.name, pair.is_constraint) == ("pair", True)
    assert (
        pair.parts[0] == IndexPart("a", collation="NOCASE") or pair.parts[0].collation == "nocase"
    )
    assert {(item.kind, item.name) for item in catalog.not_carried} >= {
        ("view", "v"),
        ("trigger", "g"),
        ("virtual table", "f"),
        ("shadow table", "f_data"),
    }
    assert [table.name for table in catalog.tables] == ["t"]
