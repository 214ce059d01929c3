"""Metadata of files in a platform's database: Supabase's `storage.buckets`, `storage.objects`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.postgres_source import PostgresSource

_FETCHED = 5_000
_SIZE = "case when metadata ->> 'size' ~ '^[0-9]{1,18}$' then (metadata ->> 'size')::bigint end"


@dataclass(frozen=True)
class Described:
    """A file as its metadata describes it: `bucket/name`; the size may be unknown.

    The stamp is another one whenever its metadata was written.
    """

    key: str
    size_bytes: int | None
    media_type: str
    stamp: str = ""


def described(server: PostgresSource) -> Iterator[Described]:
    """Every file that the metadata names, a few thousand at a time.

    Raises SourceError when it cannot be read.
    """
    with server.reading() as connection, connection.cursor(name="mainstem_files") as cursor:
        cursor.itersize = _FETCHED
        cursor.execute(
            f"select bucket_id || '/' || name, {_SIZE},"
            " coalesce(metadata ->> 'mimetype', 'application/octet-stream'),"
            # Whoever looks at a file has not written it.
            " md5((to_jsonb(o) - 'last_accessed_at')::text)"
            " from storage.objects as o where bucket_id is not null and name <> ''"
            " order by 1".encode()
        )
        for row in cursor:
            yield Described(*row)


def count_files(server: PostgresSource) -> dict[str, tuple[int, int]]:
    """Bucket -> files and bytes by the metadata; nothing where the database keeps none.

    Raises SourceError when it cannot be read.
    """
    with server.reading() as connection:
        there = connection.execute(
            "select to_regclass('storage.objects') is not null"
            " and to_regclass('storage.buckets') is not null"
        ).fetchone()
        if there is None or not there[0]:
            return {}
        rows = connection.execute(
            f"select b.id, count(o.id), coalesce(sum({_SIZE}), 0) from storage.buckets as b"
            " left join storage.objects as o on o.bucket_id = b.id group by 1 order by 1".encode()
        ).fetchall()
    return {bucket: (count, int(size_bytes)) for bucket, count, size_bytes in rows}
