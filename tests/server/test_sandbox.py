from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.migrations.people import insert, new_agency

from mainstem.pg.connect import connect
from mainstem.revos.unipile.client import KEY_VARIABLE, URL_VARIABLE
from mainstem.server import process
from mainstem.server.sandbox import sandbox
from mainstem.server.sandbox_note import SANDBOX_VARIABLE, noted

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

LOOKS_MAX = 400


def ask(address: str, path: str, key: str) -> dict[str, object]:
    request = urllib.request.Request(f"{address}{path}", headers={"X-API-KEY": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def test_a_server_runs_a_sandbox_and_its_agency_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv(SANDBOX_VARIABLE, "unipile")
    with connect(database_url, autocommit=True) as connection:
        other = bystander(connection)
        try:
            record, _ = process.start(database_url, home=tmp_path, host="127.0.0.1", port=0)
            note = noted(tmp_path)
            assert note is not None
            assert ask(note.address, "/api/v1/accounts", note.key)["items"]
            hooks = ask(note.address, "/api/v1/webhooks", note.key)["items"]
            assert isinstance(hooks, list)
            assert {hook["request_url"] for hook in hooks} == {f"{record.address}/webhooks/unipile"}
            out = "select true from post where status = 'published' having count(*) = 3"
            wait_until(connection, out)
        finally:
            process.stop(tmp_path)
        assert noted(tmp_path) is None, "it ends with the server"
        with pytest.raises(OSError, match="refused"):
            ask(note.address, "/sandbox/clock", note.key)
        workers = "select pid from pg_stat_activity where application_name like 'mainstem worker%'"
        assert connection.execute(workers.encode()).fetchall() == [], "as its worker does"
        found = connection.execute("select agency_id from post where status = 'scheduled'")
        assert found.fetchall() == [(other,)], "nobody else's work is done"


def bystander(connection: psycopg.Connection[TupleRow]) -> UUID:
    """Another agency, whose post has been due for long."""
    agency = new_agency(connection)
    common = {"agency_id": agency.id, "client_id": agency.client_id}
    account = insert(
        connection, "linkedin_account", **common, user_id=agency.user_id, account_name="Other",
        unipile_account_id="elsewhere", provider_person_id="ACoOther", status="active",
        work_days=[1, 2, 3, 4, 5, 6, 7], work_starts_at="00:00", work_ends_at="23:59:59",
    )  # fmt: skip
    insert(
        connection, "post", **common, linkedin_account_id=account, content="Theirs",
        status="scheduled", scheduled_for=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return agency.id


def wait_until(connection: psycopg.Connection[TupleRow], question: str) -> None:
    """Wait, on the server's clock, until a question has an answer."""
    for _ in range(LOOKS_MAX):
        if connection.execute(question.encode()).fetchone():
            return
        connection.execute("select pg_sleep(0.05)")
    raise AssertionError(f"it did not happen in time: {question}")


def test_there_is_none_beside_a_provider_nor_unasked(tmp_path: Path) -> None:
    for environment in (
        {SANDBOX_VARIABLE: "unipile", URL_VARIABLE: "http://127.0.0.1:9", KEY_VARIABLE: "k"},
        {},
    ):
        with sandbox(environment, home=tmp_path) as running:
            assert running is None
            assert noted(tmp_path) is None
