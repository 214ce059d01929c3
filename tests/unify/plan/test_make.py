"""Plans as files: what is proposed, what is asked, and that edits are never lost."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError, TargetError
from mainstem.pg.connect import connect
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.unify.plan.model import Plan

TARGET = """
create table tenant (id uuid primary key, name text not null);
create table account (
    tenant_id uuid references tenant, id uuid, parent_id uuid, title text, kind inet,
    is_active boolean not null, wanted text not null, created_at timestamptz not null,
    primary key (tenant_id, id));
create table happening (
    tenant_id uuid, id uuid, account_id uuid not null, helper_id uuid, payload jsonb,
    created_at timestamptz not null, primary key (tenant_id, id),
    foreign key (tenant_id, account_id) references account (tenant_id, id),
    foreign key (tenant_id, helper_id) references account (tenant_id, id)) partition by range (id);
"""

CONFIG = """
[[source]]
sqlite = "x.db"
tenants = "firms"
[tenant]
column = "tenant_id"
root = "tenant"
[tables.accounts.set]
wanted = "'given ' || s.code"
[tables.events]
into = "happening"
"""


class Bench:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.config = folder / "x.toml"
        self.config.write_text(CONFIG)
        with connect(url) as connection:
            connection.execute(TARGET)
        self.source("""
            create table firms (id text primary key, name text);
            create table accounts (id integer primary key, firm_id text, name text, active integer,
                                   code text, empty text, created text);
            create table events (id integer primary key, account_id integer, helper_id integer,
                                 data text, created_at text);
            insert into firms values ('f', 'F');
            insert into accounts values (1, 'f', 'A', 1, 'c', null, '2026-01-01');
        """)

    def source(self, script: str) -> None:
        connection = sqlite3.connect(self.folder / "x.db")
        connection.executescript(script)
        connection.close()

    def plan(self, *, is_forced: bool = False) -> Plan:
        with connect(self.url) as connection:
            return make_plan(read_config(self.config), connection, is_forced=is_forced)


@pytest.fixture
def bench(tmp_path: Path, empty_database_url: str) -> Bench:
    return Bench(tmp_path, empty_database_url)


def test_names_types_keys_tenants_and_references_are_proposed(bench: Bench) -> None:
    plan = bench.plan()
    assert plan.questions == ()
    accounts, events = plan.table("accounts"), plan.table("events")
    assert accounts.into == "account"
    assert accounts.tenant_path == ("firm_id",)
    assert {column.name: column.into for column in accounts.columns} == {
        "id": None,
        "firm_id": None,
        "name": "title",
        "active": "is_active",
        "code": None,
        "empty": None,
        "created": "created_at",
    }
    assert accounts.column("code").used == "set wanted"
    assert accounts.column("empty").drop == "holds no value in any row"
    assert accounts.id_kind == "minted"
    assert events.tenant_path == ("account_id", "firm_id")
    assert events.column("data").into == "payload"
    assert events.column("data").type == "jsonb"
    helper = events.column("helper_id").reference
    assert helper is not None
    assert (helper.table, helper.into) == ("accounts", "helper_id")


def test_a_plan_is_read_back_as_it_was_written(bench: Bench) -> None:
    written = bench.plan()
    read = read_directory(written.directory)
    assert read.tables == written.tables
    assert read.tenant == written.tenant
    assert {select.target_table for select in read.selects} == {"tenant", "account", "happening"}
    (source,) = read.sources
    assert source.path.resolve() == (bench.folder / "x.db").resolve()
    ignored = (written.directory / ".gitignore").read_text().splitlines()
    assert ignored[1:] == ["/archive/", "/backup/"]
    text = (written.directory / "happening.sql").read_text()
    assert "leads to a row of another tenant" in text
    assert "unify.minted(coalesce(s.created_at" in text


def test_who_is_joined_to_a_tenant_by_members_only_gets_theirs_by_the_proposed_sql(
    bench: Bench,
) -> None:
    with connect(bench.url) as connection:
        connection.execute(
            "create table rest partition of happening default;"
            "create table firm (id uuid primary key, name text);"  # not where the tenants go
            "create table membership (tenant_id uuid not null, id uuid primary key,"
            " account_id uuid not null,"
            " foreign key (tenant_id, account_id) references account (tenant_id, id))"
        )
    bench.source("""
        create table members (id integer primary key, firm_id text, account_id integer);
        insert into members values (1, 'f', 1);
        insert into events values (7, 1, null, '{}', '2026-01-02');
        alter table accounts drop column firm_id;
    """)
    members = '[tables.members]\ninto = "membership"\n'
    bench.config.write_text(CONFIG + members)
    plan = bench.plan()
    assert plan.table("firms").into == "tenant"
    said = _proposed(plan, "accounts")
    assert "(members joins them; where it does so twice, the first counts)" in said
    config = CONFIG.replace("wanted =", f"tenant_id = {_literal(said)}\nwanted =") + members
    bench.config.write_text(config)
    said = _proposed(bench.plan(), "events")
    assert "(that of its row of accounts)" in said
    bench.config.write_text(f"{config}[tables.events.set]\ntenant_id = {_literal(said)}\n")
    again = bench.plan()
    assert again.questions == ()
    run_plan(read_directory(again.directory), bench.url, reporter=Silence())
    with connect(bench.url) as connection:
        rows = connection.execute(
            "select t.name from happening as h join account as a on a.id = h.account_id"
            " join tenant as t on t.id = h.tenant_id and t.id = a.tenant_id"
        ).fetchall()
    assert rows == [("F",)]


def _proposed(plan: Plan, table: str) -> str:
    """What is proposed for a table without tenant; nothing else is asked."""
    assert [question.table for question in plan.questions][:1] == [table]
    text = plan.questions[0].text
    assert f"no reference leads from {table} to firms" in text
    return text.partition(f"set tables.{table}.set.tenant_id = ")[2]


def _literal(said: str) -> str:
    """The first TOML string of a text."""
    return "'" + said.partition("'")[2].partition("'")[0] + "'"


def test_what_cannot_be_decided_is_asked(bench: Bench) -> None:
    bench.config.write_text(CONFIG.replace("wanted = ", "#"))
    bench.source("""
        alter table accounts add column odd text;
        alter table accounts add column kind text;
        update accounts set odd = 'x', kind = '::1';
        create table stray (a text);
        alter table events drop column created_at;
    """)
    texts = [question.text for question in bench.plan().questions]
    assert any(
        "table stray (0 rows; nothing refers to it) matches no target table" in text
        for text in texts
    )
    assert any("column accounts.odd (1 value) matches no free column" in text for text in texts)
    assert any("account.kind is inet" in text for text in texts)
    assert any("account.wanted must have a value and gets none" in text for text in texts)
    assert any("happening is partitioned" in text for text in texts)


def test_a_merge_that_could_join_tenants_is_a_question(bench: Bench) -> None:
    bench.config.write_text(
        CONFIG.replace(
            "[tables.accounts.set]",
            '[tables.accounts]\nmerge = [["firm_id", "code"], ["name"], ["code", "active"]]\n'
            "[tables.accounts.set]",
        )
    )
    (text,) = [question.text for question in bench.plan().questions if "tenants" in question.text]
    assert text == (
        "rows of accounts that are the same by name and code, active may belong to different "
        "tenants: add firm_id to tables.accounts.merge"
    )


def test_several_ways_to_the_tenant_are_a_question(bench: Bench) -> None:
    bench.source("""
        create table people (id integer primary key, firm_id text);
        alter table events add column person_id integer references people (id);
    """)
    bench.config.write_text(CONFIG + '[tables.people]\ninto = "account"\n')
    texts = [question.text for question in bench.plan().questions]
    assert any('tables.events.tenant = "account_id" or "helper_id"' in t or "several ways" in t
               for t in texts)  # fmt: skip
    bench.config.write_text(CONFIG + 'tenant = "account_id"\n[tables.people]\ninto = "account"\n')
    plan = bench.plan()
    assert plan.table("events").tenant_path == ("account_id", "firm_id")


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            "[tables.account]\n",
            "names table account, which x.db does not have; did you mean accounts",
        ),
        ('[tables.firms]\ninto = "tennant"\n', "names table tennant.*did you mean tenant"),
        ('[tables.firms]\ncolumns.nam = "name"\n', "names column nam.*did you mean name"),
        (
            '[tables.firms]\ninto = "tenant"\ncolumns.name = "nam"\n',
            "names column nam, which table tenant does not have; did you mean name",
        ),
        ('[tables.firms]\ncolumns.name = { references = "x" }\n', "references table x"),
    ],
)
def test_names_that_are_not_there_are_refused(bench: Bench, extra: str, message: str) -> None:
    bench.config.write_text(CONFIG + extra)
    with pytest.raises(ConfigError, match=message):
        bench.plan()


def test_an_absent_schema_is_refused(bench: Bench) -> None:
    bench.config.write_text(CONFIG + '[target]\nschema = "nowhere"\n')
    with pytest.raises(TargetError, match="schema nowhere of the target has no tables"):
        bench.plan()


def test_edits_are_never_lost(bench: Bench) -> None:
    directory = bench.plan().directory
    bench.plan()  # nothing was edited: written anew
    path = directory / "account.sql"
    path.write_text(path.read_text().replace("s.name as title", "upper(s.name) as title"))
    (directory / "own.sql").write_text("-- a note\n")
    with pytest.raises(ConfigError, match=r"edited by hand \(account.sql, own.sql\).*--force"):
        bench.plan()
    assert "upper(s.name)" in path.read_text()
    bench.plan(is_forced=True)
    assert "upper(s.name)" not in path.read_text()


def test_an_edited_manifest_must_fit_its_selects(bench: Bench) -> None:
    directory = bench.plan().directory
    (directory / "happening.sql").unlink()
    with pytest.raises(ConfigError, match="table events needs 1 select marked `-- from events`"):
        read_directory(directory)
    manifest = directory / "manifest.toml"
    manifest.write_text(manifest.read_text().replace("used = ", "usd = "))
    with pytest.raises(ConfigError, match=r"usd.*is not a key.*did you mean used"):
        read_directory(directory)


def test_uuid_keys_are_kept_and_mixed_keys_told_apart(bench: Bench) -> None:
    bench.source("update firms set id = '0190d3a2-0000-7000-8000-000000000000'")
    assert bench.plan().table("firms").id_kind == "kept"
    bench.source("insert into firms values ('other', 'O')")
    assert bench.plan().table("firms").id_kind == "mixed"
