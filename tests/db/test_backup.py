from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.migrations.test_portability import VERSIONS

from mainstem.db import manifest
from mainstem.db.backup import backup
from mainstem.db.fingerprint import fingerprints, pin
from mainstem.db.migrate import migrate
from mainstem.db.restore import find, portable, restore
from mainstem.errors import ServerError, SourceError, TargetError, VerifyError
from mainstem.pg.connect import connect
from mainstem.pg.programs import EMBEDDED_MAJOR
from mainstem.pg.scratch import ScratchServer, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.db.backup import Backup

SAMPLE = """
insert into agency (name, slug) select 'Agency ' || n, 'a' || n from generate_series(1, 50) as n;
insert into client (agency_id, name) select id, 'Client of ' || name from agency;
create schema copied;
create table copied.thing (t text, x numeric, y double precision, z timestamptz, b bytea, j jsonb);
insert into copied.thing values ('NULL', 'NaN', '-0', 'infinity', '\\x00ff', '{"a": null}'),
  (null, 1e100, 0.1, '0044-03-15 12:00+00 BC', '', '[]'), ('', 0.10, 1e-300, null, null, null);
create table copied."odd ""name" ("select" int);
create table copied.empty ();
alter table copied.thing alter t set (n_distinct = 5);
"""
#: rows that are no statements of a dump
LINES = (
    "SET transaction_timeout = 0;",
    "ALTER TABLE ONLY public.t ALTER COLUMN a SET (pg_attver=22);",
    "commit;",
    "\\.",
    "\\! true",
)
SMALL = """
create table public.many (id int);
insert into public.many select n from generate_series(1, 50) as n;
create table public.thing (t text, x numeric);
insert into public.thing values ('NULL', 'NaN');
create table public.empty ();
"""


@pytest.fixture(scope="module")
def filled_url(scratch: ScratchServer, template: str) -> Iterator[str]:
    """A migrated database with rows, which no test changes."""
    name = f"filled_{uuid4().hex}"
    url = scratch.create_database(name, template=template)
    with connect(url) as connection:
        connection.execute(SAMPLE.encode())
        for line in LINES:
            connection.execute("insert into copied.thing (t) values (%s)", (line,))
    yield url
    scratch.drop_database(name)


@pytest.fixture(scope="module")
def kept(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    """A backup of it, which no test changes."""
    return backup(filled_url, tmp_path_factory.mktemp("backup"))


@pytest.fixture
def folder(kept: Backup, tmp_path: Path) -> Path:
    """A copy of that backup, to do harm to."""
    return Path(shutil.copytree(kept.folder, tmp_path / kept.folder.name))


@pytest.fixture
def small_url(empty_database_url: str) -> str:
    """A database of three tables."""
    with connect(empty_database_url) as connection:
        connection.execute(SMALL.encode())
    return empty_database_url


@pytest.fixture
def other_url(scratch: ScratchServer) -> Iterator[str]:
    name = f"restored_{uuid4().hex}"
    yield scratch.create_database(name)
    scratch.drop_database(name)


def test_a_backup_restored_after_a_restore_that_was_killed_is_the_same_database(
    kept: Backup, other_url: str
) -> None:
    assert {path.name for path in kept.folder.iterdir()} == {"database.dump", "manifest.json"}
    counts = {each.name: each.rows for each in kept.manifest.tables}
    assert counts["public.agency"] == counts["public.client"] == 50
    assert counts["copied.thing"] == 3 + len(LINES)
    assert 'copied.odd "name' in counts
    kill_restoring(kept.folder, other_url)
    assert_empty(other_url)
    restored = restore(kept.folder.parent, other_url)
    assert restored == kept.manifest
    with connect(other_url) as connection:
        assert migrate(connection) == []
        forced = connection.execute(
            "select relrowsecurity and relforcerowsecurity from pg_class where relname = 'client'"
        ).fetchone()
        rows = connection.execute("select t from copied.thing where t = any (%s)", (list(LINES),))
        options = connection.execute(
            "select attoptions from pg_attribute"
            " where attrelid = 'copied.thing'::regclass and attname = 't'"
        ).fetchone()
        assert {t for (t,) in rows.fetchall()} == set(LINES)
    assert forced == (True,)
    assert options is not None
    assert "n_distinct=5" in options[0]


def kill_restoring(folder: Path, url: str) -> None:
    """Begin to restore in a process that is killed half way."""
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from mainstem.db import restore\n"
        "copy = restore.shutil.copyfileobj\n"
        "def half(script, into, size):\n"
        "    into.write(script.read(600_000)); into.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "restore.shutil.copyfileobj = half\n"
        "restore.restore(Path(sys.argv[1]), sys.argv[2])\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, folder, url], check=False)
    assert killed.returncode < 0
    with connect(url, autocommit=True) as connection:
        # psql finds out at the end of its input; its transaction has to be gone first.
        connection.execute("create schema app")
        connection.execute("drop schema app")


def test_a_checksum_sees_order_as_nothing_and_content_as_all(empty_database_url: str) -> None:
    with connect(empty_database_url) as connection:
        pin(connection)
        sums = []
        for values in (
            "('a', 1), ('b', null)",
            "('b', null), ('a', 1)",
            "('a', 1), ('b', 0)",
            "('a', 1), ('', null)",
            "('a', 1), (null, null)",
            "('a', 1), ('a', 1)",
            "('a,1', null), ('b', null)",
        ):
            connection.execute("create table public.t (x text, y int)")
            connection.execute(f"insert into public.t values {values}".encode())
            (found,) = fingerprints(connection, ["public"])
            sums.append(found.checksum)
            assert found.rows == 2
            connection.execute("drop table public.t")
    assert sums[0] == sums[1]
    assert len(set(sums[1:])) == len(sums[1:])


def test_the_dump_and_its_manifest_are_one_moment(
    small_url: str, other_url: str, tmp_path: Path
) -> None:
    writer = (
        "import sys, psycopg\n"
        "with psycopg.connect(sys.argv[1], autocommit=True) as c:\n"
        "    print(flush=True)\n"
        "    while True: c.execute(\"insert into public.thing (t) values ('more')\")\n"
    )
    writing = subprocess.Popen(
        [sys.executable, "-c", writer, small_url], stdout=subprocess.PIPE, text=True
    )
    assert writing.stdout is not None
    writing.stdout.readline()
    try:
        made = backup(small_url, tmp_path)
    finally:
        writing.kill()
        writing.communicate()
    restore(made.folder, other_url)


def test_a_target_that_holds_something_is_refused_by_name(kept: Backup, other_url: str) -> None:
    with connect(other_url) as connection:
        connection.execute("create table public.mine (id int)")
    with pytest.raises(TargetError, match=r"is not empty \(public\.mine\); nothing was restored"):
        restore(kept.folder, other_url)


def test_a_damaged_dump_is_refused_before_anything_is_restored(
    folder: Path, other_url: str
) -> None:
    dump = folder / "database.dump"
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    with pytest.raises(VerifyError, match="is damaged"):
        restore(folder, other_url)
    assert_empty(other_url)


def test_what_differs_from_the_manifest_is_named(
    small_url: str, other_url: str, tmp_path: Path
) -> None:
    made = backup(small_url, tmp_path)
    path = made.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    by_name = {f"{t['schema']}.{t['table']}": t for t in manifest["tables"]}
    by_name["public.many"]["rows"] += 1
    by_name["public.thing"]["checksum"] += "0"
    manifest["tables"].remove(by_name["public.empty"])
    path.write_text(json.dumps(manifest))
    with pytest.raises(VerifyError) as found:
        restore(made.folder, other_url)
    said = str(found.value)
    assert "public.many has 50 rows instead of 51" in said
    assert "public.thing holds other values" in said
    assert "public.empty is not in the backup" in said
    assert found.value.exit_code == 1


def test_a_dump_that_breaks_off_leaves_the_target_empty(
    kept: Backup, folder: Path, other_url: str
) -> None:
    dump = folder / "database.dump"
    half = dump.read_bytes()[: kept.manifest.dump_size_bytes - 2000]
    dump.write_bytes(half)
    path = folder / "manifest.json"
    sha256 = subprocess.run(["sha256sum", dump], capture_output=True, text=True, check=True).stdout
    path.write_text(path.read_text().replace(kept.manifest.dump_sha256, sha256[:64]))
    with pytest.raises(TargetError, match=r"cannot be restored: .*; the target is left empty"):
        restore(folder, other_url)
    assert_empty(other_url)


def assert_empty(url: str) -> None:
    with connect(url) as connection:
        rows = connection.execute(
            "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)'"
        ).fetchall()
    assert rows == []


def test_keep_removes_older_ones_of_the_same_database_only(
    small_url: str, other_url: str, tmp_path: Path
) -> None:
    foreign = tmp_path / "mainstem-20010101T000000000000Z"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    other = backup(other_url, tmp_path).folder
    first, second, third = (backup(small_url, tmp_path).folder for _ in range(3))
    (second / "note.txt").write_text("keep this one")
    last = backup(small_url, tmp_path, keep=1)
    assert last.pruned == (third, first)
    left = {path for path in tmp_path.iterdir() if path.is_dir()}
    assert left == {foreign, other, second, last.folder}
    assert find(tmp_path) == last.folder


def test_the_backup_just_made_stays_whatever_the_clock_says(
    empty_database_url: str, tmp_path: Path
) -> None:
    made = backup(empty_database_url, tmp_path)
    of_the_future = tmp_path / "mainstem-20990101T000000000000Z"
    made.folder.rename(of_the_future)
    told = msgspec.structs.replace(made.manifest, created_at=datetime(2099, 1, 1, tzinfo=UTC))
    manifest.write(told, of_the_future)
    last = backup(empty_database_url, tmp_path, keep=1)
    assert last.folder.exists()
    assert last.pruned == (of_the_future,)


def test_a_database_is_the_same_however_it_is_addressed(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backup(empty_database_url, tmp_path)
    parts = conninfo_to_dict(empty_database_url)
    monkeypatch.setenv("PGHOST", str(parts.pop("host")))
    monkeypatch.setenv("PGDATABASE", str(parts.pop("dbname")))
    second = backup(make_conninfo("", **parts), tmp_path, keep=1)
    assert second.manifest.source == first.manifest.source
    assert second.pruned == (first.folder,)


def test_one_who_cannot_read_the_schema_makes_no_backup_of_the_rest(
    filled_url: str, folder: Path, tmp_path: Path
) -> None:
    with connect(filled_url) as connection:
        connection.execute("create role visitor login")
    try:
        with pytest.raises(ServerError, match="permission denied"):
            backup(make_conninfo(filled_url, user="visitor"), tmp_path, keep=1)
        assert folder.exists()
    finally:
        with connect(filled_url) as connection:
            connection.execute("drop role visitor")


def test_remains_of_a_killed_backup_are_removed_by_the_next(
    empty_database_url: str, tmp_path: Path
) -> None:
    remains = tmp_path / ".partial-mainstem-20010101T000000000000Z"
    remains.mkdir()
    (remains / "database.dump").write_text("half")
    backup(empty_database_url, tmp_path)
    assert not remains.exists()


def test_no_space_is_one_line_and_leaves_nothing(filled_url: str, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mainstem.db.backup import backup\n"
        "from mainstem.errors import TargetError\n"
        "try:\n"
        "    backup(sys.argv[1], Path(sys.argv[2]))\n"
        "except TargetError as error:\n"
        "    print(error)\n"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        [sys.executable, "-c", program, filled_url, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    assert done.stdout.startswith("cannot back up: ")
    assert "no backup was made" in done.stdout
    assert done.stdout.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [".mainstem-backup.lock"]


def test_a_folder_that_cannot_be_is_named(empty_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match=r"cannot write the backup to .*file/deeper"):
        backup(empty_database_url, tmp_path / "file" / "deeper")


@pytest.mark.parametrize(
    ("name", "said"),
    [("nowhere", "does not exist"), (".", "holds no backup")],
)
def test_no_backup_there(empty_database_url: str, tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        restore(tmp_path / name, empty_database_url)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 2}'])
def test_no_manifest_of_ours(empty_database_url: str, tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(SourceError, match="is no manifest of a backup"):
        restore(tmp_path, empty_database_url)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("SET transaction_timeout = 0;", ""),
        ("SET lock_timeout = 0;", None),
        ("ALTER TABLE ONLY public.t ALTER COLUMN a SET (pg_attver=22);", ""),
        (
            "ALTER TABLE ONLY public.t ALTER COLUMN a SET (pg_attver=22, n_distinct=5);",
            "ALTER TABLE ONLY public.t ALTER COLUMN a SET (n_distinct=5);",
        ),
        (
            "ALTER TABLE ONLY public.t ALTER COLUMN a SET (n_distinct=5, pg_attver=22);",
            "ALTER TABLE ONLY public.t ALTER COLUMN a SET (n_distinct=5);",
        ),
        ("ALTER TABLE ONLY public.t ALTER COLUMN a SET (n_distinct=5);", None),
        ("COMMENT ON TABLE public.t IS 'pg_attver=22';", None),
    ],
)
def test_what_only_some_servers_understand_is_left_out_and_nothing_else(
    line: str, left: str | None
) -> None:
    whole = f"{line}\n".encode()
    assert portable(whole) == (whole if left is None else f"{left}\n".encode() if left else b"")


def test_older_servers_are_backed_up_and_restored_and_move_up_but_not_down(
    kept: Backup, other_url: str, tmp_path: Path
) -> None:
    """From the oldest server to itself, and step by step up to ours."""
    made: Backup | None = None
    for major in sorted(VERSIONS.keys() - {EMBEDDED_MAJOR}):
        with scratch_server(bin_dir=VERSIONS[major]) as older:
            url, folder = older.create_database("older"), tmp_path / str(major)
            if made is None:
                with connect(url) as connection:
                    migrate(connection)
                    connection.execute(SAMPLE.encode())
                made = backup(url, folder)
                restore(made.folder, older.create_database("restored"))
            else:
                restore(made.folder, url)
                made = backup(url, folder)
            with pytest.raises(TargetError, match="backup is of PostgreSQL 18 and the target is"):
                restore(kept.folder, older.create_database("down"))
    if made is not None:
        restore(made.folder, other_url)
