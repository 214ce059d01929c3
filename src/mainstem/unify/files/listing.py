"""What there is to move: the files that metadata names, held against the bytes that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.stores.folder import is_path
from mainstem.stores.opening import open_source
from mainstem.unify.files.ledger import State
from mainstem.unify.files.metadata import Described, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.stores.model import Stored
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.files.model import Files

    Connection = psycopg.Connection[TupleRow]


#: the condition that metadata names a file whose bytes are not there, or not all of them
LACKS_BYTES = (
    "l.state = 'quarantined'"
    " and (l.reason = 'its bytes are not there' or l.reason like 'its metadata says %%')"
)


def list_files(
    connection: Connection,
    run_id: int,
    position: int,
    files: Files,
    *,
    server: PostgresSource | None,
    owners: Mapping[str, str],
) -> int:
    """Write a row for each file; how many are to be copied. Does not commit.

    `server` has the metadata; where there is none, every file that is there is meant.

    Raises SourceError when metadata or store cannot be read.
    """
    connection.execute(
        "delete from unify.file where run_id = %s and position = %s", (run_id, position)
    )
    connection.execute("drop table if exists pg_temp.unify_stored")
    connection.execute("create temp table unify_stored (key text, size_bytes bigint, stamp text)")
    with open_source(files.origin) as store:
        buckets = set(store.buckets())
        named = set(described_buckets(server)) if server is not None else buckets
        _write_stored(
            connection, (one for name in sorted(buckets & named) for one in store.files(name))
        )
    if server is not None:
        _write_rows(connection, run_id, position, files, owners, described(server))
    else:
        stored = connection.execute("select key, size_bytes from unify_stored order by 1")
        rows = (Described(key, size, "application/octet-stream") for key, size in stored)
        _write_rows(connection, run_id, position, files, owners, rows)
    _compare(connection, run_id, position)
    row = connection.execute(
        "select count(*) from unify.file where run_id = %s and position = %s and state = %s",
        (run_id, position, State.WAITING),
    ).fetchone()
    return int(row[0]) if row else 0


def described_buckets(server: PostgresSource) -> list[str]:
    """The buckets that a platform's metadata names."""
    with server.reading() as connection:
        return [row[0] for row in connection.execute("select id from storage.buckets order by 1")]


def _write_stored(connection: Connection, stored: Iterable[Stored]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy("copy unify_stored (key, size_bytes, stamp) from stdin") as copy,
    ):
        for one in stored:
            copy.write_row((one.key, one.size_bytes, one.stamp))
    connection.execute("create index on unify_stored (key)")
    connection.execute("analyze unify_stored")


def _write_rows(
    connection: Connection,
    run_id: int,
    position: int,
    files: Files,
    owners: Mapping[str, str],
    rows: Iterable[Described],
) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy unify.file (run_id, position, key, target_key, size_bytes, media_type, stamp,"
            " state, reason) from stdin"
        ) as copy,
    ):
        for one in rows:
            target, state, reason = _fate(files, one, owners)
            named = (run_id, position, one.key, target)
            copy.write_row((*named, one.size_bytes, one.media_type, one.stamp, state, reason))


def _fate(files: Files, one: Described, owners: Mapping[str, str]) -> tuple[str, State, str | None]:
    """Where a file goes, or why it does not."""
    bucket, _, name = one.key.partition("/")
    if bucket in files.leave:
        return one.key, State.LEFT, files.leave[bucket]
    try:
        target = files.target_key(one.key, owners)
    except KeyError:
        folder = name.partition("/")[0]
        reason = f"its folder {folder} is no loaded row of {files.owner}"
        return one.key, State.QUARANTINED, reason
    if files.target.folder is not None and not is_path(target):
        return target, State.QUARANTINED, "its name is no path of a file"
    return target, State.WAITING, None


def _compare(connection: Connection, run_id: int, position: int) -> None:
    """Metadata without bytes or of another size, two for one place, bytes without metadata."""
    own = "f.run_id = %(run)s and f.position = %(position)s"
    given = {"run": run_id, "position": position}
    connection.execute(
        "update unify.file as f set state = 'quarantined', reason = 'its bytes are not there'"
        f" where {own} and state = 'waiting'"
        " and not exists (select from unify_stored as s where s.key = f.key)",
        given,
    )
    connection.execute(
        "update unify.file as f set state = 'quarantined', reason = 'its metadata says '"
        " || f.size_bytes || ' bytes, and ' || s.size_bytes || ' are there'"
        f" from unify_stored as s where {own} and s.key = f.key and state = 'waiting'"
        " and f.size_bytes <> s.size_bytes",
        given,
    )
    # Without a stamp of the bytes that of the metadata proves nothing.
    connection.execute(
        "update unify.file as f set size_bytes = coalesce(f.size_bytes, s.size_bytes),"
        " stamp = case when s.stamp = '' then '' else s.stamp || ' ' || f.stamp end"
        f" from unify_stored as s where {own} and s.key = f.key",
        given,
    )
    connection.execute(
        "update unify.file as f set state = 'quarantined',"
        " reason = 'another file goes to the same place: ' || o.key from unify.file as o"
        f" where {own} and f.state = 'waiting' and o.run_id = f.run_id"
        " and o.position = f.position and o.target_key = f.target_key and o.key < f.key"
        " and o.state = 'waiting'",
        given,
    )
    connection.execute(
        "insert into unify.file (run_id, position, key, target_key, size_bytes, media_type, stamp,"
        " state, reason)"
        " select %(run)s, %(position)s, s.key, s.key, s.size_bytes, '', '', 'orphan',"
        " 'no metadata names it' from unify_stored as s"
        f" where not exists (select from unify.file as f where {own} and f.key = s.key)",
        given,
    )
