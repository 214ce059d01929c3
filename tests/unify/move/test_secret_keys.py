"""A secret that names a row is shown nowhere: a fingerprint of it tells the rows apart."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from tests.unify.dying import DyingAt
from tests.unify.move.conftest import Shop

from mainstem.errors import TargetError
from mainstem.kit.fingerprints import fingerprint
from mainstem.pg.connect import connect
from mainstem.unify.move.report import report_of
from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_run

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
create table sessions (sid text primary key, person text, opened_at text) without rowid;
create table visits (id integer primary key, session_sid text references sessions (sid), page text);
create table resets (token text primary key, parent_token text references resets (token),
                     mail text, made_at text);
"""
TARGET = """
create table session (sid text primary key, person text not null, opened_at timestamptz not null);
create table visit (id bigint primary key, session_sid text references session (sid), page text);
create table reset (id uuid primary key, parent_id uuid references reset (id), token text not null,
                    mail text not null, made_at timestamptz not null);
"""
CONFIG = """
name = "sign-in"
[[source]]
sqlite = "shop.db"
[tables.sessions]
into = "session"
[tables.visits]
into = "visit"
[tables.resets]
into = "reset"
set.token = "s.token"
[tables.resets.columns]
parent_token = { into = "parent_id", references = "resets", orphan = "null" }
"""
SECRETS = ("5e55", "70ce", "1057")


@pytest.fixture
def sign_in(tmp_path: Path, empty_database_url: str) -> Shop:
    made = Shop(tmp_path, empty_database_url)
    made.execute(TARGET)
    made.configure(CONFIG)
    connection = sqlite3.connect(made.source)
    connection.executescript(SOURCE)
    connection.executemany(
        "insert into sessions values (?, ?, '2026-01-01 10:00:00')",
        [("5e55-1", "Ann"), ("5e55-2", "B\0ob"), ("5e55-3", None)],
    )
    connection.executemany(
        "insert into visits values (?, ?, '/')", [(1, "5e55-1"), (2, "5e55-2"), (3, "1057-9")]
    )
    connection.executemany(
        "insert into resets values (?, ?, ?, '2026-01-02 10:00:00')",
        [("70ce-1", None, "a@x"), ("70ce-2", "70ce-1", "b\0@x"), ("70ce-3", "1057-8", "c@x")],
    )
    connection.commit()
    connection.close()
    return made


def test_rows_are_loaded_and_their_references_lead_to_them(sign_in: Shop) -> None:
    assert sign_in.plan().questions == ()
    sign_in.run()
    assert sign_in.rows("select sid, person from session order by 1") == [
        ("5e55-1", "Ann"),
        ("5e55-2", "Bob"),
    ]
    assert sign_in.rows("select id, session_sid from visit order by 1") == [
        (1, "5e55-1"),
        (2, "5e55-2"),
    ]
    assert sign_in.rows(
        "select r.token, p.token from reset r left join reset p on p.id = r.parent_id order by 1"
    ) == [("70ce-1", None), ("70ce-2", "70ce-1"), ("70ce-3", None)]


def test_no_record_of_the_run_shows_a_secret(sign_in: Shop, tmp_path: Path) -> None:
    sign_in.plan()
    outcome = sign_in.run()
    with connect(sign_in.url) as connection:
        report_of(connection, outcome).write_json(tmp_path / "report.json")
    told = (tmp_path / "report.json").read_text()
    recorded = sign_in.rows(
        "select table_name from information_schema.tables where table_schema = 'unify'"
    )
    for (table,) in recorded:
        rows = sign_in.rows(f'select x::text from unify."{table}" x where true')
        told += "".join(row[0] for row in rows)
    for secret in SECRETS:
        assert secret not in told
        assert secret.encode().hex() not in told
    report = json.loads((tmp_path / "report.json").read_text())
    assert {(row["table"], row["key"]) for row in report["ledger"]} == {
        ("sessions", fingerprint("5e55-2")),
        ("resets", fingerprint("70ce-2")),
        ("resets", fingerprint("70ce-3")),
    }
    assert {row["key"]: row["original"] for row in report["quarantine"]} == {
        fingerprint("5e55-3"): {
            "sid": "[secret]", "person": None, "opened_at": "2026-01-01 10:00:00",
        },
        "3": {"id": 3, "session_sid": "[secret]", "page": "/"},
    }  # fmt: skip


def test_verification_finds_a_fault_and_names_it_by_the_fingerprint(sign_in: Shop) -> None:
    plan = sign_in.plan()
    sign_in.run()
    assert verify_run(sign_in.read_plan(), sign_in.url, reporter=Silence()).is_equal, plan.name
    sign_in.execute("update session set person = 'Eve' where sid = '5e55-1'")
    sign_in.execute("update visit set session_sid = '5e55-1' where id = 2")
    sign_in.execute("insert into session values ('5e55-7', 'Mallory', now())")
    found = verify_run(sign_in.read_plan(), sign_in.url, reporter=Silence())
    differences = {(d.table, d.key, d.column) for table in found.tables for d in table.differences}
    assert differences == {
        ("sessions", fingerprint("5e55-1"), "person"),
        ("visits", "2", "session_sid (a row of sessions)"),
    }
    told = json.dumps(found.as_dict())
    assert fingerprint("5e55-7") in told
    assert "5e55" not in told


def test_a_run_is_taken_back_and_refusals_name_fingerprints(sign_in: Shop) -> None:
    before = sign_in.checksums()
    sign_in.plan()
    run = sign_in.run().run
    sign_in.execute("create table api_token (token text primary key, sid text references session)")
    sign_in.execute("insert into api_token values ('70ce-9', '5e55-2')")
    with pytest.raises(TargetError) as caught:
        sign_in.undo(run.id)
    assert f"for example {fingerprint('70ce-9')}" in str(caught.value)
    sign_in.execute("drop table api_token")
    sign_in.undo(run.id)
    assert sign_in.checksums() == before


def test_a_killed_run_goes_on(sign_in: Shop) -> None:
    sign_in.plan()
    with pytest.raises(KeyboardInterrupt):
        sign_in.run(DyingAt("load visit"))
    sign_in.run()
    assert sign_in.rows("select count(*) from visit where session_sid is not null") == [(2,)]
    assert verify_run(sign_in.read_plan(), sign_in.url, reporter=Silence()).is_equal
