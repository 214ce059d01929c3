from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner
from tests.server.test_upkeep import DROP_LAST, missing

from mainstem.cli import app
from mainstem.errors import ConfigError, UsageError
from mainstem.kit.hosts import is_loopback
from mainstem.pg.connect import describe
from mainstem.server import process
from mainstem.server.listen import address, free_socket, require_address, trusted_hosts
from mainstem.server.record import LOCK, NAME, Record, code_state, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "127.0.0.1"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose server, if the test leaves one, is ended."""
    folder = tmp_path / "home"
    yield folder
    process.stop(folder)


def test_a_server_is_found_taken_as_it_is_replaced_and_ended(
    home: Path,
    migrated_url: str,
    database_url: str,
    run_sql: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = "postgresql://me:hunter2@127.0.0.1:1/x"
    first, is_new = process.start(away, home=home, host=HOST, port=0)
    assert is_new
    assert running(home) == first
    assert os.getsid(first.pid) == first.pid, "it leads a session of its own"
    assert "hunter2" not in (home / NAME).read_text()
    health = process.health(first.address)
    assert health is not None
    assert [part.name for part in health.failing] == ["database"], "it serves all the same"

    run_sql(DROP_LAST)
    (partition,) = missing(database_url)
    with server_of(home, database_url) as (second, child):
        assert second != first.address
        assert process.health(second) is not None
        assert running(home) == first, "the second one leaves no note"
        assert child.stdout is not None
        said = next(line for line in child.stdout if b"partitions" in line)
        assert said.decode().strip() == f"INFO: partitions made: {partition}"
        assert_ends(child, signal.SIGINT)
    assert running(home) == first
    assert missing(database_url) == []

    replacing, is_new = process.start(migrated_url, home=home, host=HOST, port=0)
    assert is_new, "the first one was of another database"
    assert replacing.pid != first.pid
    assert replacing.database == describe(migrated_url)
    health = process.health(replacing.address)
    assert health is not None
    assert health.is_healthy
    monkeypatch.setattr(process, "code_state", lambda: replacing.code)
    assert process.start(migrated_url, home=home, host=HOST, port=0) == (replacing, False)

    assert process.stop(home) == replacing
    assert running(home) is None
    assert not (home / NAME).exists()
    assert process.health(replacing.address) is None
    assert process.stop(home) is None


def test_a_server_of_code_that_was_replaced_is_ended_first(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class EndedError(Exception):
        """The server was ended."""

    def stop(_: Path) -> None:
        raise EndedError

    url = "postgresql://127.0.0.1:1/x"
    found = Record(1, "http://127.0.0.1:1", describe(url), code_state())
    monkeypatch.setattr(process, "running", lambda _: found)
    monkeypatch.setattr(process, "health", lambda _: "it answers")
    monkeypatch.setattr(process, "stop", stop)
    assert process.start(url, home=home, host=HOST, port=0) == (found, False)
    found = msgspec.structs.replace(found, code="of another day")
    with pytest.raises(EndedError):
        process.start(url, home=home, host=HOST, port=0)


def test_a_killed_server_is_not_taken_for_a_running_one(
    home: Path, migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_of(home, migrated_url) as (_, child):
        assert running(home) is not None
        child.kill()
    assert (home / NAME).exists()
    assert running(home) is None
    assert process.stop(home) is None

    with server_of(home, migrated_url) as (following, child):
        record = running(home)
        assert record is not None
        assert (record.address, record.pid) == (following, child.pid)
        monkeypatch.setattr(process, "code_state", lambda: record.code)
        assert process.start(migrated_url, home=home, host=HOST, port=0) == (record, False)
        assert_ends(child, signal.SIGTERM)
    assert not (home / NAME).exists()


@contextmanager
def server_of(home: Path, url: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server as a child of ours: its address, and the child."""
    child = subprocess.Popen(
        [sys.executable, "-u", "-m", "mainstem.server", HOST, "0"],
        env=os.environ | {"DATABASE_URL": url, "MAINSTEM_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with child:
        assert child.stdout is not None
        said = child.stdout.readline().decode().strip()
        assert said.startswith("http://127.0.0.1:"), said
        yield said, child


def assert_ends(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """The signal ends it cleanly."""
    child.send_signal(number)
    assert child.stdout is not None
    said = child.stdout.read().decode()
    assert child.wait(timeout=20) == 0, said
    assert "Traceback" not in said


def test_says_why_it_does_not_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSTEM_URL", "https://app.example")
    with pytest.raises(UsageError, match="cannot listen on 203"):
        process.start("postgresql://127.0.0.1:1/x", home=home, host="203.0.113.1", port=0)
    assert running(home) is None


def test_takes_the_next_free_port() -> None:
    with closing(free_socket(HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with closing(free_socket(HOST, port)) as found:
            assert port < found.getsockname()[1] < port + 100


def test_refuses_what_it_cannot_listen_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"cannot listen on 203\.0\.113\.1"):
        free_socket("203.0.113.1", 0)
    with pytest.raises(UsageError, match="cannot listen on no-such-host"):
        free_socket("no-such-host.invalid", 0)
    monkeypatch.setattr("mainstem.server.listen.PORTS_TRIED_MAX", 1)
    with (
        closing(free_socket(HOST, 0)) as taken,
        pytest.raises(UsageError, match=r"no port from .* is free"),
    ):
        free_socket(HOST, taken.getsockname()[1])


def test_no_piece_of_an_answer_waits_for_another() -> None:
    assert asyncio.run(sends_at_once(free_socket(HOST, 0)))


async def sends_at_once(listener: socket.socket) -> bool:
    """Whether Nagle's algorithm is off for those who come."""
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = writer.get_extra_info("socket")
        told.set_result(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(take, sock=listener):
        _, caller = await asyncio.open_connection(*listener.getsockname())
        try:
            return await told == 1
        finally:
            caller.close()


def test_hosts_and_addresses() -> None:
    assert address("127.0.0.1", 8000) == "http://127.0.0.1:8000"
    assert address("::1", 8000) == "http://[::1]:8000"
    assert address("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert is_loopback("localhost")
    assert is_loopback("127.8.0.1")
    assert not is_loopback("0.0.0.0")
    here = ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"]
    for base_url, named in (
        ("http://127.0.0.1:8000", []),
        ("https://App.example", ["app.example", "app.example:443"]),
        ("https://app.example:8443", ["app.example:8443"]),
        ("http://app.example:80/", ["app.example", "app.example:80"]),
    ):
        for host in ("127.0.0.1", "0.0.0.0", "::"):
            assert trusted_hosts(host, 8000, base_url=base_url) == [*here, *named]
    assert "[::1]:80" in trusted_hosts("::1", 80, base_url="http://[::1]:80")


def test_others_reach_it_by_a_name_that_is_set_only() -> None:
    require_address("127.0.0.1", {})
    require_address("0.0.0.0", {"MAINSTEM_URL": "https://app.example"})
    for host in ("0.0.0.0", "::", "192.168.1.5", "app.internal"):
        with pytest.raises(ConfigError, match=f"{host} .*MAINSTEM_URL"):
            require_address(host, {"MAINSTEM_URL": " "})
    done = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0", "--port", "0"])
    assert isinstance(done.exception, ConfigError)


def test_health_of_a_stranger_is_none(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    assert not (tmp_path / LOCK).exists()
    with closing(socket.create_server((HOST, 0))) as stranger:
        port = stranger.getsockname()[1]
    assert process.health(f"http://{HOST}:{port}") is None
