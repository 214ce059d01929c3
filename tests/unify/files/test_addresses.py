"""Addresses of moved files in rows begin otherwise where the config says so: counted, undone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from tests.unify.files.conftest import CONFIG, SHOP_1

from mainstem.errors import ConfigError
from mainstem.pg.connect import connect
from mainstem.stores.model import Place
from mainstem.unify.files.model import Files
from mainstem.unify.plan.addresses import rewritings
from mainstem.unify.plan.model import Plan, PlannedColumn, PlannedTable

if TYPE_CHECKING:
    from tests.unify.files.conftest import Project

    from mainstem.pg.scratch import ScratchServer

OLD = "https://x.example/storage/v1/object/public/"
NEW = "https://new.example/files/"
SHOP_2 = SHOP_1[:-1] + "2"
REWRITE = f'rewrite_urls = {{ "{OLD}" = "{NEW}" }}\n'
LOGOS = f"select name, logo from shop where id in ('{SHOP_1}', '{SHOP_2}') order by name"


def config(project: Project, *lines: str) -> None:
    project.config.write_text(CONFIG + REWRITE + "\n".join(lines) + "\n")


def say(project: Project, one: str, two: str | None = None) -> None:
    """Give the two shops their logos."""
    for name, logo in (("One", one), ("Two", two)):
        told = "null" if logo is None else f"'{logo}'"
        project.execute(project.source, f"update shops set logo = {told} where name = '{name}'")


def test_addresses_are_rewritten_counted_and_verified(project: Project) -> None:
    project.add("a b.png", b"aaaa")
    say(project, f"{OLD}pictures/a%20b.png", "https://y.example/storage/v1/object/public/x/b.png")
    config(project)
    plan = project.plan()
    assert plan.files[0].rewritten == ("shops.logo",)
    outcome = project.run()
    other = "https://y.example/storage/v1/object/public/x/b.png"
    assert project.rows(LOGOS) == [("One", f"{NEW}pictures/a%20b.png"), ("Two", other)]
    changes = project.rows("select source_table, key, column_name, before, after, rule"
                           " from unify.ledger")  # fmt: skip
    assert changes == [
        ("old.shops", SHOP_1, "logo", f"{OLD}pictures/a%20b.png", f"{NEW}pictures/a%20b.png",
         "address-rewritten"),
    ]  # fmt: skip
    (account,) = [one for one in outcome.accounts if one.source_table == "old.shops"]
    assert (account.loaded, account.conversions) == (2, 1)
    assert project.verify().is_equal
    project.execute(project.url, "update shop set logo = 'other' where name = 'One'")
    assert not project.verify().is_equal
    project.execute(project.url, f"update shop set logo = '{NEW}pictures/a%20b.png'"
                    " where name = 'One'")  # fmt: skip
    project.undo(outcome.run.id, is_forced=True)
    assert project.rows("select count(*) from shop") == [(0,)]


def test_they_follow_prefixes_owners_and_buckets_that_stay(project: Project) -> None:
    """The file of the second shop becomes that of its new id, in another folder."""
    project.execute(
        project.source,
        "alter table shops alter column id type text; insert into storage.buckets values"
        " ('drafts', true); insert into shops values ('s3', 'Three', null, null)",
    )
    say(project, f"{OLD}pictures/{SHOP_1}/a.png", f"{OLD}drafts/{SHOP_2}/b.png")
    project.execute(
        project.source,
        f"update shops set logo = '{OLD}pictures/s3/deep/c.png' where id = 's3';"
        f"insert into shops values ('s4', 'Four', '{OLD}pictures/nobody/d.png', null)",
    )
    config(
        project,
        'owner = "shops"',
        'prefixes = { "pictures/" = "all/", "pict" = "never/" }',
        'leave = { drafts = "drafts are made again" }',
    )
    project.plan()
    project.run()
    (minted,) = project.rows("select id::text from shop where name = 'Three'")[0]
    assert minted != "s3"
    assert dict(project.rows("select name, logo from shop")) == {
        "One": f"{NEW}all/{SHOP_1}/a.png",
        "Two": f"{OLD}drafts/{SHOP_2}/b.png",
        "Three": f"{NEW}all/{minted}/deep/c.png",
        "Four": f"{OLD}pictures/nobody/d.png",
    }
    assert project.verify().is_equal


def test_addresses_that_are_signed_for_a_while_stay(project: Project) -> None:
    """Their token would be kept in the ledger, and is of no use for another address."""
    signed = f"{OLD}pictures/a.png?token=secret"
    say(project, signed, f"{OLD}pictures/b.png")
    config(project)
    project.plan()
    project.run()
    assert project.rows(LOGOS) == [("One", signed), ("Two", f"{NEW}pictures/b.png")]
    assert project.rows("select count(*) from unify.ledger where before like '%secret%'") == [(0,)]


def test_a_pass_rewrites_what_came_since(project: Project) -> None:
    say(project, f"{OLD}pictures/a.png", "none")
    config(project)
    project.plan()
    project.run()
    say(project, f"{OLD}pictures/c.png", f"{OLD}pictures/d.png")
    project.catch_up()
    assert project.rows(LOGOS) == [
        ("One", f"{NEW}pictures/c.png"),
        ("Two", f"{NEW}pictures/d.png"),
    ]
    assert project.rows("select count(*) from unify.ledger where rule = 'address-rewritten'") == [
        (2,)
    ]
    assert project.verify().is_equal


def test_without_being_asked_for_nothing_changes(project: Project) -> None:
    say(project, f"{OLD}pictures/a.png")
    project.plan()
    project.run()
    assert project.rows(LOGOS)[0] == ("One", f"{OLD}pictures/a.png")


def test_a_file_as_a_source_is_refused(project: Project) -> None:

    with sqlite3.connect(project.folder / "old.db") as made:
        made.execute("create table shops (id text primary key, logo text)")
    made.close()
    config(project)
    text = project.config.read_text().replace('postgres = "env:OLD"', 'sqlite = "old.db"')
    project.config.write_text(text)
    with pytest.raises(ConfigError, match="rewrite_urls is for sources that are PostgreSQL"):
        project.plan()


names = st.text(st.sampled_from("ab/%'\\? ü_"), max_size=8)
beginnings = st.sampled_from([OLD, f"{OLD}a", "x'y/", "", "other"])


@given(
    st.dictionaries(beginnings.filter(bool), names, min_size=1, max_size=3),
    st.dictionaries(names.filter(bool), names, max_size=3),
    st.lists(st.tuples(beginnings, names), min_size=1, max_size=8),
)
def test_the_sql_gives_what_the_file_is_called(
    scratch: ScratchServer,
    urls: dict[str, str],
    prefixes: dict[str, str],
    addresses: list[tuple[str, str]],
) -> None:
    """Whatever the beginnings are: the longest that fits counts, on both sides."""
    files = Files("", Place(), Place(), prefixes=prefixes, rewrite_urls=urls, rewritten=("t.c",))
    column = PlannedColumn("c", "text", into="c")
    plan = Plan("p", "public", Path(), (), None, (), files=(files,))
    value = rewritings(PlannedTable("t", 0, columns=(column,)), plan)["c"].value
    values = ["".join(address) for address in addresses]
    # the expression holds signs that psycopg takes for places, so that the values go another way
    made = sql.SQL("unnest({}::text[]) with ordinality as s (c, n)").format(sql.Literal(values))
    with connect(scratch.url()) as connection:
        query = f"select {value} from {made.as_string(connection)} order by n"
        rows = connection.execute(query.encode()).fetchall()
    assert [row[0] for row in rows] == [_rewritten(files, address) for address in values]


def _rewritten(files: Files, address: str) -> str:
    fitting = [old for old in files.rewrite_urls if address.startswith(old)]
    if not fitting or "?" in address:
        return address
    old = max(fitting, key=len)
    return files.rewrite_urls[old] + files.target_key(address[len(old) :], {})
