"""A secret that names a row is shown nowhere in a copy's ledger, quarantine and report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mainstem.kit.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

Report = dict[str, Any]


def test_a_secret_that_names_a_row_is_shown_nowhere(
    make_db: Callable[..., Path],
    copied: Callable[..., Report],
    target: psycopg.Connection[TupleRow],
) -> None:
    script = """
    create table resets (token text not null primary key, mail text, code integer);
    create table sessions (sid text primary key, reset_token text references resets (token))
        without rowid;
    """
    path = make_db(
        script,
        resets=[("70ce-1", "a\0@x", 1), ("70ce-2", "b@x", "many"), ("70ce-3", "c@x", 3)],
        sessions=[("5e55-1", "70ce-1"), ("5e55-2", "70ce-9")],
    )
    report = copied(path)
    told = json.dumps(report)
    for (table,) in target.execute(
        "select table_name from information_schema.tables where table_schema = 'unify'"
    ).fetchall():
        rows = target.execute(f'select x::text from unify."{table}" x'.encode())
        told += "".join(row[0] for row in rows)
    for secret in ("70ce", "5e55"):
        assert secret not in told
        assert secret.encode().hex() not in told
    assert {(row["table"], row["key"]) for row in report["ledger"]} == {
        ("resets", fingerprint("70ce-1")),
        ("sessions", fingerprint("5e55-2")),
    }
    assert [row["key"] for row in report["quarantine"]] == [fingerprint("70ce-2")]
    assert report["verification"]["is_passed"]
