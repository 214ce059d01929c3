"""Backups: a custom-format dump and a manifest of the same snapshot, in a folder of their own.

A backup appears under its name when it is whole and on disk; before that its folder has another
name, and a killed run's remains are removed by the next run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import mainstem
from mainstem.db import fingerprint, manifest
from mainstem.db.manifest import Manifest, Role
from mainstem.errors import MainstemError, TargetError
from mainstem.pg import programs
from mainstem.pg.connect import clear_errors, connect
from mainstem.pg.locks import file_lock
from mainstem.pg.tools import arguments_for, bin_dir_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

NAME = re.compile(r"mainstem-\d{8}T\d{12}Z")
PARTIAL = ".partial-"
LOCK_FILE = ".mainstem-backup.lock"
#: roles that grants ('a') and policies ('r') of this database name
ROLES = """
select distinct r.rolname, r.rolbypassrls
from pg_catalog.pg_shdepend as d join pg_catalog.pg_roles as r on r.oid = d.refobjid
where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.deptype in ('a', 'r')
  and d.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
order by 1
"""


@dataclass(frozen=True)
class Backup:
    """A backup that was made, and the older ones that were removed after it."""

    folder: Path
    manifest: Manifest
    pruned: tuple[Path, ...]


def backup(url: str, directory: Path, *, keep: int | None = None) -> Backup:
    """Write a backup below a directory, then remove all but the newest `keep` of the same database.

    Raises:
        TargetError: the directory cannot be written, or its disk is full.
        ServerError: the database cannot be read as a whole.
    """
    assert keep is None or keep >= 1, "the backup just made is never removed"
    with _clear_disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with file_lock(directory / LOCK_FILE):
            for remains in directory.glob(PARTIAL + "*"):
                shutil.rmtree(remains)
            made = datetime.now(UTC)
            name = f"mainstem-{made:%Y%m%dT%H%M%S%f}Z"
            partial = directory / (PARTIAL + name)
            partial.mkdir(mode=0o700)
            try:
                written = _write(url, partial, made)
                partial.rename(directory / name)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            _sync(directory)
            pruned = _prune(directory / name, written, keep)
    return Backup(directory / name, written, tuple(pruned))


def _write(url: str, folder: Path, made: datetime) -> Manifest:
    """Dump and count in one snapshot, at the same time."""
    with (
        clear_errors("back up"),
        connect(url, application_name="mainstem backup") as connection,
        connection.transaction(),
    ):
        connection.execute("set transaction isolation level repeatable read, read only")
        fingerprint.pin(connection)
        snapshot = connection.execute("select pg_export_snapshot()").fetchone()
        assert snapshot is not None, "a function call has one row"
        ours, left_out = fingerprint.schemas(connection)
        bin_dir = bin_dir_for(connection)
        options = [f"--snapshot={snapshot[0]}", *(f'--exclude-schema="{s}"' for s in left_out)]
        with _dumping(bin_dir / "pg_dump", url, folder / manifest.DUMP_FILE, options):
            tables = fingerprint.fingerprints(connection, ours)
        roles = [Role(*row) for row in connection.execute(ROLES).fetchall()]
        server_version = connection.info.server_version
        source = _source(connection)
    dump = folder / manifest.DUMP_FILE
    _sync(dump)
    written = Manifest(
        format=manifest.FORMAT,
        tool=f"mainstem {mainstem.__version__}",
        created_at=made,
        source=source,
        server_version=server_version,
        dump_program=f"pg_dump {programs.major_version(bin_dir, 'pg_dump')}",
        dump_sha256=manifest.sha256_of(dump),
        dump_size_bytes=dump.stat().st_size,
        schemas=ours,
        left_out=left_out,
        roles=roles,
        tables=tables,
    )
    manifest.write(written, folder)
    _sync(folder)
    return written


@contextmanager
def _dumping(pg_dump: Path, url: str, file: Path, options: Sequence[str]) -> Iterator[None]:
    """Run pg_dump beside the block; a failure of either ends both."""
    conninfo, environment = arguments_for(url)
    arguments = ["--format=custom", "--no-password", f"--file={file}", f"--dbname={conninfo}"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            [pg_dump, *arguments, *options],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
        ) as process,
    ):
        try:
            yield
        except BaseException:
            process.kill()
            raise
        failed = process.wait() != 0
        said.seek(0)
        reason = programs.reason(said.read())
    if failed:
        raise TargetError(f"cannot back up: {reason}; no backup was made")


def _prune(made: Path, written: Manifest, keep: int | None) -> list[Path]:
    """Remove older backups of the same database: ours by name and manifest, and nothing else.

    The one just made stays even where others bear a later time, because a clock was set back.
    """
    if keep is None:
        return []
    others = []
    for folder in made.parent.iterdir():
        if NAME.fullmatch(folder.name) and folder.is_dir() and folder != made:
            try:
                found = manifest.read(folder)
            except MainstemError:
                continue
            if found.source == written.source:
                others.append((found.created_at, folder))
    pruned = []
    for _, folder in sorted(others, reverse=True)[keep - 1 :]:
        files = {entry.name for entry in folder.iterdir()}
        if files == {manifest.FILE, manifest.DUMP_FILE}:
            shutil.rmtree(folder)
            pruned.append(folder)
    return pruned


def _source(connection: psycopg.Connection[TupleRow]) -> str:
    """Name the database, whoever reads it and however it was addressed."""
    info = connection.info
    return f"{info.host}:{info.port}/{info.dbname}"


@contextmanager
def _clear_disk_errors(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TargetError(
            f"cannot write the backup to {error.filename or directory}: {error.strerror}; "
            "no backup was made"
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
