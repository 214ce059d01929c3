from __future__ import annotations

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.db.test_migrate import OTHER_SERVERS

from mainstem.db import manifest
from mainstem.db.backup import backup
from mainstem.db.fingerprint import fingerprints, pin
from mainstem.db.migrate import migrate
from mainstem.db.restore import find, portable, restore
from mainstem.errors import ServerError, SourceError, TargetError, VerifyError
from mainstem.pg.connect import connect
from mainstem.pg.scratch import ScratchServer, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAMPLE = """
insert into agency (name, slug) select 'Agency ' || n, 'a' || n from generate_series(1, 50) as n;
insert into client (agency_id, name) select id, 'Client of ' || name from agency;
create schema copied;
create table copied.thing (t text, x numeric, y double precision, z timestamptz, b bytea, j jsonb);
insert into copied.thing values ('NULL', 'NaN', '-0', 'infinity', '\\x00ff', '{"a": null}'),
  (null, 1e100, 0.1, '0044-03-15 12:00+00 BC', '', '[]'), ('', 0.10, 1e-300, null, null, null);
create table copied."odd ""name" ("select" int);
create table copied.empty ();
"""


@pytest.fixture
def filled_url(database_url: str) -> str:
    with connect(database_url) as connection:
        connection.execute(SAMPLE.encode())
    return database_url


@pytest.fixture
def other_url(scratch: ScratchServer, filled_url: str) -> Iterator[str]:
    del filled_url
    name = f"restored_{uuid4().hex}"
    yield scratch.create_database(name)
    scratch.drop_database(name)


def test_a_restored_backup_is_the_same_database(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    made = backup(filled_url, tmp_path)
    assert made.folder.parent == tmp_path
    assert {path.name for path in made.folder.iterdir()} == {"database.dump", "manifest.json"}
    counts = {each.name: each.rows for each in made.manifest.tables}
    assert counts["public.agency"] == counts["public.client"] == 50
    assert counts["copied.thing"] == 3
    assert 'copied.odd "name' in counts
    restored = restore(tmp_path, other_url)
    assert restored == made.manifest
    with connect(other_url) as connection:
        assert migrate(connection) == []
        forced = connection.execute(
            "select relrowsecurity and relforcerowsecurity from pg_class where relname = 'client'"
        ).fetchone()
    assert forced == (True,)


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
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    writer = (
        "import sys, psycopg\n"
        "with psycopg.connect(sys.argv[1], autocommit=True) as c:\n"
        "    print(flush=True)\n"
        "    while True: c.execute(\"insert into copied.thing (t) values ('more')\")\n"
    )
    writing = subprocess.Popen(
        [sys.executable, "-c", writer, filled_url], stdout=subprocess.PIPE, text=True
    )
    assert writing.stdout is not None
    writing.stdout.readline()
    try:
        made = backup(filled_url, tmp_path)
    finally:
        writing.kill()
        writing.communicate()
    restore(made.folder, other_url)


def test_a_target_that_holds_something_is_refused_by_name(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    made = backup(filled_url, tmp_path)
    with connect(other_url) as connection:
        connection.execute("create table public.mine (id int)")
    with pytest.raises(TargetError, match=r"is not empty \(public\.mine\); nothing was restored"):
        restore(made.folder, other_url)


def test_a_damaged_dump_is_refused_before_anything_is_restored(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    made = backup(filled_url, tmp_path)
    dump = made.folder / "database.dump"
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    with pytest.raises(VerifyError, match="is damaged"):
        restore(made.folder, other_url)
    assert_empty(other_url)


def test_what_differs_from_the_manifest_is_named(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    made = backup(filled_url, tmp_path)
    path = made.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    by_name = {f"{t['schema']}.{t['table']}": t for t in manifest["tables"]}
    by_name["public.agency"]["rows"] += 1
    by_name["copied.thing"]["checksum"] += "0"
    manifest["tables"].remove(by_name["copied.empty"])
    path.write_text(json.dumps(manifest))
    with pytest.raises(VerifyError) as found:
        restore(made.folder, other_url)
    said = str(found.value)
    assert "public.agency has 50 rows instead of 51" in said
    assert "copied.thing holds other values" in said
    assert "copied.empty is not in the backup" in said
    assert found.value.exit_code == 1


def test_a_dump_that_breaks_off_leaves_the_target_empty(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    made = backup(filled_url, tmp_path)
    dump = made.folder / "database.dump"
    half = dump.read_bytes()[: made.manifest.dump_size_bytes - 2000]
    dump.write_bytes(half)
    path = made.folder / "manifest.json"
    sha256 = subprocess.run(["sha256sum", dump], capture_output=True, text=True, check=True).stdout
    path.write_text(path.read_text().replace(made.manifest.dump_sha256, sha256[:64]))
    with pytest.raises(TargetError, match=r"cannot be restored: .*; the target is left empty"):
        restore(made.folder, other_url)
    assert_empty(other_url)


def test_a_restore_that_is_killed_leaves_the_target_empty(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    made = backup(filled_url, tmp_path)
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
    killed = subprocess.run([sys.executable, "-c", program, made.folder, other_url], check=False)
    assert killed.returncode < 0
    with connect(other_url, autocommit=True) as connection:
        # psql finds out at the end of its input; its transaction has to be gone first.
        connection.execute("create schema app")
        connection.execute("drop schema app")
    assert_empty(other_url)
    restore(made.folder, other_url)


def assert_empty(url: str) -> None:
    with connect(url) as connection:
        rows = connection.execute(
            "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)'"
        ).fetchall()
    assert rows == []


def test_keep_removes_older_ones_of_the_same_database_only(
    filled_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    foreign = tmp_path / "mainstem-20010101T000000000000Z"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    other = backup(empty_database_url, tmp_path).folder
    first, second, third = (backup(filled_url, tmp_path).folder for _ in range(3))
    (second / "note.txt").write_text("keep this one")
    last = backup(filled_url, tmp_path, keep=1)
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
    filled_url: str, tmp_path: Path
) -> None:
    good = backup(filled_url, tmp_path)
    with connect(filled_url) as connection:
        connection.execute("create role visitor login")
    try:
        with pytest.raises(ServerError, match="permission denied"):
            backup(make_conninfo(filled_url, user="visitor"), tmp_path, keep=1)
        assert good.folder.exists()
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


def test_rows_that_read_like_statements_are_rows(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    lines = (
        "SET transaction_timeout = 0;",
        "ALTER TABLE ONLY public.t ALTER COLUMN a SET (pg_attver=22);",
        "commit;",
        "\\.",
        "\\! true",
    )
    with connect(filled_url) as connection:
        for line in lines:
            connection.execute("insert into copied.thing (t) values (%s)", (line,))
        connection.execute("alter table copied.thing alter t set (n_distinct = 5)")
    restore(backup(filled_url, tmp_path).folder, other_url)
    with connect(other_url) as connection:
        rows = connection.execute("select t from copied.thing where t = any (%s)", (list(lines),))
        options = connection.execute(
            "select attoptions from pg_attribute"
            " where attrelid = 'copied.thing'::regclass and attname = 't'"
        ).fetchone()
        assert {t for (t,) in rows.fetchall()} == set(lines)
    assert options is not None
    assert "n_distinct=5" in options[0]


@pytest.mark.parametrize("bin_dir", OTHER_SERVERS, ids=lambda folder: folder.parts[-2])
def test_older_servers_are_backed_up_and_restored_and_move_up_but_not_down(
    filled_url: str, other_url: str, tmp_path: Path, bin_dir: Path
) -> None:
    with scratch_server(bin_dir=bin_dir) as older:
        url = older.create_database("older")
        with connect(url) as connection:
            migrate(connection)
            connection.execute(SAMPLE.encode())
        made = backup(url, tmp_path / "older")
        restore(made.folder, older.create_database("restored"))
        restore(made.folder, other_url)
        newer = backup(filled_url, tmp_path / "newer")
        with pytest.raises(TargetError, match="the backup is of PostgreSQL 18 and the target is"):
            restore(newer.folder, older.create_database("down"))
