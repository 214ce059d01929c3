from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from tests.pg.servers import start_elsewhere

from mainstem.errors import ServerError
from mainstem.pg import leftovers
from mainstem.pg.account import Account
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def made() -> Iterator[EmbeddedServer]:
    """A server for the tests of how one starts again; to make one takes longer than they do."""
    with tempfile.TemporaryDirectory(prefix="mainstem-home-") as folder:
        server = EmbeddedServer(Path(folder) / "home")
        yield server
        server.stop()


@pytest.fixture
def server(made: EmbeddedServer) -> EmbeddedServer:
    """That server, running, with a committed row."""
    made.start()
    remember(made)
    return made


def kill_postmaster(server: EmbeddedServer) -> int:
    """Kill -9 the server and wait for its end; its process number."""
    process = leftovers.postmaster(server.data)
    assert process is not None
    process.kill()
    while not leftovers.has_ended(process):
        pass
    return int(process.pid)


def remember(server: EmbeddedServer) -> None:
    with connect(server.url()) as connection:
        connection.execute("drop table if exists kept")
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('committed')")


def assert_remembered(server: EmbeddedServer) -> None:
    with connect(server.url()) as connection:
        assert connection.execute("select word from kept").fetchall() == [("committed",)]


def test_processes_that_start_it_at_once_share_one_server(home: Path) -> None:
    starting = [start_elsewhere(home) for _ in range(3)]
    assert [process.wait(60) for process in starting] == [0, 0, 0]
    server = EmbeddedServer(home)
    assert server.is_running(), "it outlives those who started it"
    assert server.start() is False
    remember(server)
    assert server.stop() is True
    assert not server.is_running()
    assert server.stop() is False
    assert server.start() is True
    assert_remembered(server)


def test_it_is_reached_through_a_private_socket_only(server: EmbeddedServer) -> None:
    with connect(server.url()) as connection:
        settings = connection.execute(
            "select current_setting('listen_addresses'), current_setting('fsync'),"
            " current_setting('unix_socket_directories')"
        ).fetchone()
        rules = connection.execute("select type, auth_method from pg_hba_file_rules").fetchall()
    assert settings is not None
    assert settings[:2] == ("", "on")
    assert stat.S_IMODE(Path(settings[2]).stat().st_mode) == 0o700
    assert rules == [("local", "trust")]


def test_killed_it_starts_again_with_all_that_was_committed(server: EmbeddedServer) -> None:
    kill_postmaster(server)
    assert server.start() is True
    assert_remembered(server)


def test_a_pid_file_that_names_another_program_is_no_server(server: EmbeddedServer) -> None:
    dead = kill_postmaster(server)
    for file in (server.data / "postmaster.pid", server.data.parent / "run/.s.PGSQL.5432.lock"):
        file.write_text(file.read_text().replace(str(dead), str(os.getpid()), 1))
    assert server.pid() is None
    assert server.start() is True
    assert_remembered(server)


@pytest.mark.parametrize("garbage", ["", "\n", "not a number\n"])
def test_a_garbled_pid_file_is_no_server(server: EmbeddedServer, garbage: str) -> None:
    kill_postmaster(server)
    (server.data / "postmaster.pid").write_text(garbage)
    assert server.start() is True
    assert_remembered(server)


def test_a_worker_that_outlives_its_server_is_ended(server: EmbeddedServer) -> None:
    with connect(server.url()) as connection:
        worker = psutil.Process(connection.info.backend_pid)
        # Stopped, it cannot notice that its server died, as one in a long computation does not.
        worker.send_signal(signal.SIGSTOP)
        kill_postmaster(server)
        assert not leftovers.has_ended(worker)
        assert server.start() is True
        assert leftovers.has_ended(worker)
        connection.close()
    assert_remembered(server)


def test_a_first_start_that_was_killed_is_begun_anew(home: Path) -> None:
    process = start_elsewhere(home)
    half_made = home / "postgresql" / "data.new"
    while process.poll() is None and not (half_made / "PG_VERSION").exists():
        pass
    process.kill()
    process.wait()
    assert half_made.exists(), "what it began goes on without it"
    onlooker = [sys.executable, "-c", "import sys; sys.stdin.read()", str(half_made)]
    with subprocess.Popen(onlooker, stdin=subprocess.PIPE) as looking:
        server = EmbeddedServer(home)
        server.start()
        assert looking.poll() is None, "it only names the folder"
    assert not half_made.exists()
    remember(server)
    assert_remembered(server)


def test_what_lost_its_version_file_is_never_made_anew(home: Path) -> None:
    data = home / "postgresql" / "data"
    data.mkdir(parents=True)
    (data / "base").write_text("the only copy")
    with pytest.raises(ServerError, match="holds files but no PG_VERSION") as refused:
        EmbeddedServer(home).start()
    assert str(data) in str(refused.value)
    assert (data / "base").read_text() == "the only copy"
    assert [entry.name for entry in data.iterdir()] == ["base"]


def test_data_of_another_version_is_left_alone(home: Path) -> None:
    data = home / "postgresql" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(ServerError, match="holds data of PostgreSQL 16, the embedded server is 18"):
        EmbeddedServer(home).start()
    (data / "PG_VERSION").unlink()


def test_a_long_home_has_its_socket_elsewhere_as_private(home: Path) -> None:
    server = EmbeddedServer(home / ("long" * 25))
    server.start()
    try:
        with connect(server.url()) as connection:
            folder = Path(connection.info.host)
        assert not folder.is_relative_to(home)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        server.stop()
    assert not folder.exists()


def test_a_home_may_be_called_anything_that_folders_are_called(home: Path) -> None:
    server = EmbeddedServer(home / "it's" / "Smith, Ann" / "100% ü 日本")
    server.start()
    try:
        assert server.is_running()
        assert server.start() is False
        with connect(server.url()) as connection:
            assert connection.info.dbname == "mainstem"
    finally:
        assert server.stop() is True


@pytest.mark.parametrize("name", ['a"b', "a$b", "a`b", "a\\b", "a\nb"])
def test_a_home_that_would_read_as_a_command_is_refused(home: Path, name: str) -> None:
    with pytest.raises(ServerError, match="MAINSTEM_HOME names another folder") as refused:
        EmbeddedServer(home / name).start()
    assert "\n" not in str(refused.value)
    assert list(home.iterdir()) == []


def test_a_socket_folder_that_others_can_enter_is_refused(home: Path) -> None:
    (home / "postgresql").mkdir()
    (home / "postgresql" / "run").mkdir()
    (home / "postgresql" / "run").chmod(0o777)
    with pytest.raises(ServerError, match="must belong to the database's account with mode 0700"):
        EmbeddedServer(home).start()


def test_a_setting_that_cannot_work_is_said_with_the_servers_reason(
    server: EmbeddedServer,
) -> None:
    server.stop()
    conf = server.data / "postgresql.auto.conf"
    conf.write_text("shared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(ServerError, match=r"does not start.*no_such_library"):
        server.start()
    conf.write_text("")
    assert server.start() is True


def test_a_link_in_the_data_folder_leads_to_no_other_file(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    """The server's account owns that folder, and may be less trusted than who starts the server."""
    server.stop()
    precious = tmp_path / "precious"
    precious.write_text("kept")
    owner = precious.stat().st_uid
    (server.data / "mainstem.new").symlink_to(precious)
    server.start()
    assert precious.read_text() == "kept"
    assert precious.stat().st_uid == owner


def test_the_log_holds_no_tenants_data(server: EmbeddedServer) -> None:
    with connect(server.url(), autocommit=True) as connection:
        connection.execute("create table person (email text primary key)")
        twice = "insert into person values ('ann@private.example'), ('ann@private.example')"
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(twice)
    server.stop()  # which writes the log to its end
    logs = "".join(log.read_text() for log in (server.data.parent / "log").iterdir())
    assert "duplicate key" in logs
    assert "private.example" not in logs


def test_a_home_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match="MAINSTEM_HOME names another folder"):
        EmbeddedServer(tmp_path / "file" / "home").start()


def test_somebody_elses_database_is_left_to_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "postgresql" / "data").mkdir(parents=True)
    someone = Account("someone", uid=os.geteuid() + 1, gid=os.getegid())
    monkeypatch.setattr("mainstem.pg.embedded.server_account", lambda: someone)
    monkeypatch.setattr(os, "geteuid", lambda: someone.uid)
    for refused in (EmbeddedServer(home).start, EmbeddedServer(home).stop):
        with pytest.raises(ServerError, match="belongs to another person"):
            refused()


def test_a_home_that_is_closed_to_us_is_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", closed)
    with pytest.raises(ServerError, match=r"cannot use .*: Permission denied; MAINSTEM_HOME"):
        EmbeddedServer(home).is_made()
