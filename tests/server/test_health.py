from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest
from litestar.testing import TestClient
from psycopg.conninfo import make_conninfo

from mainstem.pg.connect import connect
from mainstem.server import build_app
from mainstem.server.deadline import brief_connection
from mainstem.server.model import Health, Part
from mainstem.server.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from litestar import Litestar


def ask(client: TestClient[Litestar]) -> tuple[int, dict[str, Part]]:
    response = client.get("/api/health")
    health = msgspec.json.decode(response.content, type=Health)
    assert health.is_healthy == (response.status_code == 200)
    return response.status_code, {part.name: part for part in health.parts}


def test_is_200_when_every_part_works(reader: TestClient[Litestar]) -> None:
    status, parts = ask(reader)
    assert status == 200
    assert list(parts) == ["database", "migrations", "tables", "partitions"]
    assert all(part.is_healthy for part in parts.values())


@pytest.mark.parametrize(
    ("harm", "failing", "named"),
    [
        ("drop table public.campaign cascade", "tables", "public.campaign"),
        ("drop table app.session cascade", "tables", "app.session"),
        ("drop schema app cascade", "migrations", "0001_foundation.sql is pending"),
        ("drop table app.table_class cascade", "tables", "app.table_class"),
        (
            "delete from app.migration where name = (select max(name) from app.migration)",
            "migrations",
            "is pending",
        ),
        ("update app.migration set checksum = 'x'", "migrations", "0001_foundation.sql is edited"),
        (
            """insert into app.migration (name, checksum, duration_ms, mainstem_version)
               values ('9999_later.sql', 'x', 1, '99')""",
            "migrations",
            "9999_later.sql is unknown",
        ),
        (
            """do $$ begin
               execute (select format('drop table %I.%I cascade', schema_name, name)
                        from app.partition where table_name = 'tracking_event'
                        order by starts_at desc limit 1);
               end $$""",
            "partitions",
            "tracking_event_",
        ),
        ("drop function app.missing_partitions", "partitions", "missing_partitions"),
    ],
)
def test_names_each_failing_part(
    client: TestClient[Litestar],
    run_sql: Callable[[str], None],
    *,
    harm: str,
    failing: str,
    named: str,
) -> None:
    run_sql(harm)
    status, parts = ask(client)
    assert status == 503
    assert not parts[failing].is_healthy
    assert named in parts[failing].message
    assert parts["database"].is_healthy


def test_partitions_fall_behind_as_time_goes_by(
    client: TestClient[Litestar], run_sql: Callable[[str], None]
) -> None:
    run_sql("update app.partition_policy set ahead = ahead + 1 where table_name = 'pod_activity'")
    status, parts = ask(client)
    assert status == 503
    assert "pod_activity_" in parts["partitions"].message
    run_sql("select app.ensure_partitions()")
    assert ask(client)[0] == 200


def test_names_a_few_of_many_missing_tables(
    client: TestClient[Litestar], run_sql: Callable[[str], None]
) -> None:
    run_sql("drop schema public cascade")
    _, parts = ask(client)
    assert "more" in parts["tables"].message
    assert len(parts["tables"].message) < 300


def test_leaves_the_database_as_it_is(client: TestClient[Litestar], database_url: str) -> None:
    ask(client)
    with (
        brief_connection(database_url, limit_s=5) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("create table public.t ()")


@dataclass(frozen=True)
class Away:
    """A database that goes and comes back: its socket does, and its connections are cut."""

    url: str
    socket: Path
    known: Path

    def come(self) -> None:
        self.socket.symlink_to(self.known)

    def go(self, run_sql: Callable[[str], None]) -> None:
        self.socket.unlink()
        run_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


@pytest.fixture
def away(database_url: str) -> Iterator[Away]:
    with (
        connect(database_url) as connection,
        tempfile.TemporaryDirectory(prefix="mainstem-health-") as folder,
    ):
        name = f".s.PGSQL.{connection.info.port}"
        known = Path(connection.info.host) / name
        connection.close()
        made = Away(make_conninfo(database_url, host=folder), Path(folder) / name, known)
        made.come()
        yield made


def test_is_503_while_the_database_is_down_and_recovers(
    away: Away, run_sql: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstem.server.watch.FRESH_S", -1.0)
    with TestClient(build_app(away.url)) as client:
        assert ask(client)[0] == 200
        away.go(run_sql)
        status, parts = ask(client)
        assert status == 503
        assert list(parts) == ["database"]
        assert "is the server running" in parts["database"].message
        assert client.get("/status").status_code == 503
        away.come()
        assert ask(client)[0] == 200


def test_is_503_in_time_when_the_server_does_not_answer() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        url = f"postgresql://nobody@127.0.0.1:{deaf.getsockname()[1]}/x"
        with TestClient(build_app(url)) as client:
            started_s = time.monotonic()
            status, parts = ask(client)
    assert status == 503
    assert "timeout" in parts["database"].message
    assert time.monotonic() - started_s < 8


def test_says_nothing_of_the_password() -> None:
    with TestClient(build_app("postgresql://me:hunter2@127.0.0.1:1/x")) as client:
        status, parts = ask(client)
        page = client.get("/status")
    assert status == 503
    assert "hunter2" not in parts["database"].message
    assert "hunter2" not in page.text


def test_a_frozen_backend_is_cut_off(database_url: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        ask_a_frozen_backend(database_url)


def ask_a_frozen_backend(url: str) -> None:
    with brief_connection(url, limit_s=0.3) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        try:
            connection.execute("select 1")
        finally:
            os.kill(backend, signal.SIGCONT)


def test_many_who_ask_cost_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(url: str) -> tuple[Health, None]:
        looks.append(url)
        return Health.of(Part("database", is_healthy=True, message="")), None

    monkeypatch.setattr("mainstem.server.watch.look", look)
    now = [100.0]
    watch = Watch("postgresql:///x", clock=lambda: now[0])
    threads = [threading.Thread(target=watch.see) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looks) == 1
    now[0] += 1.5
    watch.see()
    assert len(looks) == 2
