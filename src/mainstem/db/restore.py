"""Restoring a backup: into an empty database, whole or not at all, then proved."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from psycopg import sql

from mainstem.db import fingerprint, manifest
from mainstem.db.backup import NAME
from mainstem.errors import SourceError, TargetError, VerifyError
from mainstem.pg import programs
from mainstem.pg.connect import clear_errors, connect, describe
from mainstem.pg.tools import arguments_for, bin_dir_for

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.db.manifest import Manifest, Role

NAMED_MAX = 10
CHUNK_BYTES = 1 << 20
#: from 17 on pg_restore sets this, which a 15 or 16 refuses
NOT_BEFORE_17 = b"SET transaction_timeout = 0;\n"
#: Servers patched in November 2026 (15.20 was seen to) number the versions of a column in an option
#: of that name. They ignore what a statement sets and their own pg_dump leaves it out; an older
#: pg_dump writes it as if somebody had chosen it, and an unpatched server refuses it.
BOOKKEEPING = b"pg_attver="
COLUMN_OPTIONS = re.compile(rb"(ALTER .+ ALTER COLUMN .+ SET \()([^()]+)(\);\n)")
DATA_BEGINS = re.compile(rb"COPY .+ FROM stdin;\n")
#: the first few things that stand in the way, extensions' own apart
IN_THE_WAY = """
select n.nspname || '.' || c.relname
from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%s) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                    and d.deptype = 'e')
union all
select nspname from pg_catalog.pg_namespace where nspname = any (%s) and nspname <> 'public'
order by 1 limit 4
"""


def find(path: Path) -> Path:
    """Return the backup that a path means: its folder, a file in it, or the newest below a folder.

    Raises:
        SourceError: there is none.
    """
    if path.is_file():
        return path.parent
    if (path / manifest.FILE).exists():
        return path
    if not path.exists():
        raise SourceError(f"{path} does not exist; name a backup, or the folder of the backups")
    found = [folder for folder in path.iterdir() if NAME.fullmatch(folder.name)]
    if not found:
        raise SourceError(f"{path} holds no backup; `mainstem db backup {path}` makes one")
    return max(found, key=lambda folder: folder.name)


def restore(path: Path, url: str) -> Manifest:
    """Restore a backup into an empty database and compare every table with the manifest.

    Args:
        path: what `find` takes.
        url: the database to fill.

    Raises:
        SourceError: there is no backup, or it is not readable.
        TargetError: the database is not empty, or cannot take the dump; it is left empty.
        VerifyError: the dump file is damaged (nothing is restored then), or what was restored
            differs from the manifest: the tables are named.
    """
    folder = find(path)
    wanted = manifest.read(folder)
    dump = folder / manifest.DUMP_FILE
    _require_whole(dump, wanted)
    with clear_errors("restore"), connect(url, application_name="mainstem restore") as connection:
        _require_version(connection, wanted)
        _require_empty(connection, wanted, url)
        _make_roles(connection, wanted.roles)
        connection.commit()
        _load(dump, url, bin_dir_for(connection))
        different = _differences(connection, wanted)
        connection.commit()
        if different:
            named = "; ".join(different[:NAMED_MAX])
            raise VerifyError(f"the restored database differs from the backup: {named}")
        connection.autocommit = True
        connection.execute("analyze")
    return wanted


def _require_whole(dump: Path, wanted: Manifest) -> None:
    try:
        digest = manifest.sha256_of(dump)
    except OSError as error:
        raise SourceError(f"{dump} cannot be read: {error.strerror}") from error
    if digest != wanted.dump_sha256:
        raise VerifyError(
            f"{dump} is damaged (its sha256 is not the manifest's); nothing was restored, "
            "use another backup"
        )


def _require_version(connection: psycopg.Connection[TupleRow], wanted: Manifest) -> None:
    there, here = wanted.server_version // 10000, connection.info.server_version // 10000
    if here < there:
        raise TargetError(
            f"the backup is of PostgreSQL {there} and the target is {here}; "
            f"restore into {there} or newer"
        )


def _require_empty(connection: psycopg.Connection[TupleRow], wanted: Manifest, url: str) -> None:
    rows = connection.execute(IN_THE_WAY, (wanted.schemas, wanted.schemas)).fetchall()
    if rows:
        named = ", ".join(name for (name,) in rows[:3]) + (", ..." if len(rows) > 3 else "")  # noqa: PLR2004
        raise TargetError(
            f"{describe(url)} is not empty ({named}); nothing was restored, "
            "name an empty one with --into"
        )


def _make_roles(connection: psycopg.Connection[TupleRow], roles: list[Role]) -> None:
    """Grants and policies need their roles, which belong to a server and not to a dump."""
    for role in roles:
        found = connection.execute("select from pg_roles where rolname = %s", (role.name,))
        if found.fetchone() is None:
            bypass = sql.SQL("bypassrls" if role.bypassrls else "nobypassrls")
            connection.execute(
                sql.SQL("create role {} nologin noinherit {}").format(
                    sql.Identifier(role.name), bypass
                )
            )
            connection.execute(
                sql.SQL("grant {} to current_user").format(sql.Identifier(role.name))
            )


def _load(dump: Path, url: str, bin_dir: Path) -> None:
    """Turn the dump into SQL and run that in one transaction.

    Not with pg_restore alone: some of what it says has to be left out (see `portable`). Not with
    psql's --single-transaction: it commits where its input ends, also when we were killed.
    """
    conninfo, environment = arguments_for(url)
    psql = [str(bin_dir / "psql"), "--no-psqlrc", "--quiet", "--no-password"]
    options = [f"--dbname={conninfo}", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            [str(bin_dir / "pg_restore"), "--no-owner", "--file=-", str(dump)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=environment,
        ) as reader,
        subprocess.Popen(
            [*psql, *options], stdin=subprocess.PIPE, stdout=said, stderr=said, env=environment
        ) as writer,
    ):
        assert reader.stdout is not None, "it is a pipe"
        assert writer.stdin is not None, "it is a pipe"
        is_loaded = _run_script(reader, reader.stdout, writer.stdin) and writer.wait() == 0
        reader.kill()
        writer.wait()
        said.seek(0)
        reason = programs.reason(said.read())
    if not is_loaded:
        raise TargetError(f"the backup cannot be restored: {reason}; the target is left empty")


def _run_script(reader: subprocess.Popen[bytes], script: IO[bytes], into: IO[bytes]) -> bool:
    """Give psql the script; the commit only when all of it was read. False: nothing is kept."""
    try:
        into.write(b"begin;\n")
        for line in iter(script.readline, b""):
            into.write(portable(line))
            if DATA_BEGINS.fullmatch(line):
                break  # rows, which may read like anything and are passed on as they are
        shutil.copyfileobj(script, into, CHUNK_BYTES)
        is_whole = reader.wait() == 0
        if is_whole:
            into.write(b"\ncommit;\n")
    except BrokenPipeError:
        is_whole = False
    finally:
        _close(into)
    return is_whole


def portable(line: bytes) -> bytes:
    """Return a line of a dump's definitions without what only some servers understand."""
    if line == NOT_BEFORE_17:
        return b""
    found = COLUMN_OPTIONS.fullmatch(line)
    if found is None or BOOKKEEPING not in found[2]:
        return line
    chosen = [each for each in found[2].split(b", ") if not each.startswith(BOOKKEEPING)]
    return found[1] + b", ".join(chosen) + found[3] if chosen else b""


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _differences(connection: psycopg.Connection[TupleRow], wanted: Manifest) -> list[str]:
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        fingerprint.pin(connection)
        found = {each.name: each for each in fingerprint.fingerprints(connection, wanted.schemas)}
    expected = {each.name: each for each in wanted.tables}
    said = []
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name), found.get(name)
        if before is None or after is None:
            said.append(f"{name} is {'missing' if after is None else 'not in the backup'}")
        elif before.rows != after.rows:
            said.append(f"{name} has {after.rows} rows instead of {before.rows}")
        elif before.checksum != after.checksum:
            said.append(f"{name} holds other values")
    return said
