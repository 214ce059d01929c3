"""The only module of storage that runs SQL.

A transaction is the caller's: what it reads, it reads under the policies. To write, it becomes
service_role for one statement (nobody may write these tables by a statement of their own), and then
looks again as the caller: what the caller could not see afterwards is not kept.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from mainstem.db.queries import load_queries
from mainstem.storage.model import Bucket, Listed, Stored
from mainstem.storage.names import behind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.db.tenant import Tenant
    from mainstem.storage.model import Content

    Connection = psycopg.AsyncConnection[TupleRow]

QUERIES = load_queries("mainstem.storage")


async def buckets(
    connection: Connection, tenant: Tenant, *, limit: int, offset: int, search: str | None
) -> list[Bucket]:
    """The agency's buckets, by name."""
    given = {"limit": limit, "offset": offset, "search": search}
    async with connection.cursor(row_factory=class_row(Bucket)) as cursor:
        await cursor.execute(QUERIES["buckets"], {"agency_id": tenant.agency_id, **given})
        return await cursor.fetchall()


async def bucket(connection: Connection, tenant: Tenant, name: str) -> Bucket | None:
    """One bucket."""
    async with connection.cursor(row_factory=class_row(Bucket)) as cursor:
        await cursor.execute(QUERIES["bucket"], {"agency_id": tenant.agency_id, "name": name})
        return await cursor.fetchone()


async def add_bucket(connection: Connection, tenant: Tenant, **given: object) -> Bucket | None:
    """Make a bucket; None when there is one of that name."""
    values = {"agency_id": tenant.agency_id, "created_by": tenant.user_id, **given}
    async with (
        _as_service(connection),
        connection.cursor(row_factory=class_row(Bucket)) as cursor,
    ):
        await cursor.execute(QUERIES["add_bucket"], values)
        return await cursor.fetchone()


async def change_bucket(connection: Connection, old: Bucket, **given: object) -> None:
    """Change what a bucket takes."""
    values = {"agency_id": old.agency_id, "id": old.id, **given}
    async with _as_service(connection):
        await connection.execute(QUERIES["change_bucket"], values)


async def remove_bucket(connection: Connection, old: Bucket) -> None:
    """Remove an empty bucket.

    Raises:
        psycopg.errors.ForeignKeyViolation: it is not empty.
    """
    async with _as_service(connection):
        await connection.execute(
            QUERIES["remove_bucket"], {"agency_id": old.agency_id, "id": old.id}
        )


async def stored(connection: Connection, bucket: Bucket, name: str) -> Stored | None:
    """One file, if the caller may see it."""
    return await _one(connection, "object", bucket, name=name)


async def stored_by_id(connection: Connection, bucket: Bucket, object_id: UUID) -> Stored | None:
    """The same by its id."""
    return await _one(connection, "object_by_id", bucket, id=object_id)


async def some(
    connection: Connection, bucket: Bucket, *, names: Sequence[str] | None, limit: int
) -> list[Stored]:
    """Files that the caller may see: those of these names, or the first ones."""
    query = QUERIES["objects" if names is not None else "some_objects"]
    values = {"agency_id": bucket.agency_id, "bucket_id": bucket.id, "limit": limit}
    if names is not None:
        values["names"] = list(names)
    async with connection.cursor(row_factory=class_row(Stored)) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def add(
    connection: Connection,
    bucket: Bucket,
    name: str,
    *,
    version: UUID,
    content: Content,
    created_by: UUID | None,
) -> UUID:
    """Write the row of a new file; its id.

    Raises:
        psycopg.errors.UniqueViolation: there is one of that name, perhaps out of sight.
    """
    values = _values(version, content, created_by) | {"bucket_id": bucket.id, "name": name}
    async with _as_service(connection):
        cursor = await connection.execute(
            QUERIES["add_object"], {"agency_id": bucket.agency_id, **values}
        )
        row = await cursor.fetchone()
    assert row is not None, "an insert returns its row"
    return row[0]  # type: ignore[no-any-return] # the column is a uuid


async def replace(
    connection: Connection,
    old: Stored,
    *,
    version: UUID,
    content: Content,
    created_by: UUID | None,
) -> UUID | None:
    """Give a file other bytes; the version that it had, None when it is gone meanwhile."""
    values = _values(version, content, created_by) | {"agency_id": old.agency_id, "id": old.id}
    async with _as_service(connection):
        cursor = await connection.execute(QUERIES["replace_object"], values)
        row = await cursor.fetchone()
    return row[0] if row is not None else None


async def rename(connection: Connection, old: Stored, bucket: Bucket, name: str) -> bool:
    """Give a file another name; whether it was still there.

    Raises:
        psycopg.errors.UniqueViolation: there is one of that name.
    """
    values = {"agency_id": old.agency_id, "id": old.id, "bucket_id": bucket.id, "name": name}
    async with _as_service(connection):
        cursor = await connection.execute(QUERIES["rename_object"], values)
        return await cursor.fetchone() is not None


async def remove(connection: Connection, old: Sequence[Stored]) -> dict[UUID, UUID]:
    """Remove files of one agency; by id the versions of those that were still there."""
    if not old:
        return {}
    values = {"agency_id": old[0].agency_id, "ids": [one.id for one in old]}
    async with _as_service(connection):
        cursor = await connection.execute(QUERIES["remove_objects"], values)
        return dict(await cursor.fetchall())


async def try_name(connection: Connection, bucket: Bucket, name: str) -> tuple[UUID, UUID | None]:
    """Write an empty file of that name, which the caller then undoes: its id and its client.

    Raises:
        psycopg.errors.UniqueViolation: there is one of that name.
    """
    values = {"agency_id": bucket.agency_id, "bucket_id": bucket.id, "name": name}
    async with _as_service(connection):
        cursor = await connection.execute(QUERIES["client_of_name"], values)
        row = await cursor.fetchone()
    assert row is not None, "an insert returns its row"
    return row[0], row[1]


async def listing(
    connection: Connection,
    bucket: Bucket,
    *,
    prefix: str,
    search: str,
    column: str,
    is_descending: bool,
    limit: int,
    offset: int,
) -> list[Listed]:
    """What lies directly in a folder, as far as the caller may see it."""
    values = {
        "agency_id": bucket.agency_id,
        "bucket_id": bucket.id,
        "prefix": prefix,
        "behind": behind(prefix),
        "search": search,
        "column": column,
        "is_descending": is_descending,
        "limit": limit,
        "offset": offset,
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(QUERIES["listing"], values)
        return [_listed(row) for row in await cursor.fetchall()]


async def page(
    connection: Connection, bucket: Bucket, *, prefix: str, start: str, limit: int
) -> list[Stored]:
    """The files whose names begin so, from a name on, in the order of names."""
    values = {
        "agency_id": bucket.agency_id,
        "bucket_id": bucket.id,
        "prefix": prefix,
        "behind": behind(prefix),
        "start": start,
        "limit": limit,
    }
    async with connection.cursor(row_factory=class_row(Stored)) as cursor:
        await cursor.execute(QUERIES["page"], values)
        return await cursor.fetchall()


def known_agencies(
    connection: psycopg.Connection[TupleRow], ids: Iterable[UUID]
) -> frozenset[UUID]:
    """Which of these are agencies of this database."""
    rows = connection.execute(QUERIES["agencies"], {"ids": list(ids)}).fetchall()
    return frozenset(id_ for (id_,) in rows)


def kept_versions(
    connection: psycopg.Connection[TupleRow], agency_id: UUID, versions: Iterable[UUID]
) -> frozenset[UUID]:
    """Which of these versions some file of the agency has."""
    values = {"agency_id": agency_id, "versions": list(versions)}
    rows = connection.execute(QUERIES["kept_versions"], values).fetchall()
    return frozenset(version for (version,) in rows)


async def _one(
    connection: Connection, query: str, bucket: Bucket, **given: object
) -> Stored | None:
    values = {"agency_id": bucket.agency_id, "bucket_id": bucket.id, **given}
    async with connection.cursor(row_factory=class_row(Stored)) as cursor:
        await cursor.execute(QUERIES[query], values)
        return await cursor.fetchone()


@asynccontextmanager
async def _as_service(connection: Connection) -> AsyncIterator[None]:
    """Be service_role inside the block, and the caller again behind it; the claims stay."""
    await connection.execute(b"set local role service_role")
    yield
    await connection.execute(b"set local role authenticated")


def _values(version: UUID, content: Content, created_by: UUID | None) -> dict[str, object]:
    return {
        "version": version,
        "mime_type": content.mime_type,
        "size_bytes": content.size_bytes,
        "sha256": content.sha256,
        "cache_s": content.cache_s,
        "metadata": Jsonb(content.metadata),
        "created_by": created_by,
    }


def _listed(row: dict[str, Any]) -> Listed:
    label = row.pop("label")
    return Listed(label, Stored(**row) if row["id"] is not None else None)
