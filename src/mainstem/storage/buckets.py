"""Buckets: listed, made, changed, emptied, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from msgspec import UNSET

from mainstem.db.tenant import async_tenant_transaction
from mainstem.storage import store
from mainstem.storage.bodies import read_json
from mainstem.storage.model import Right
from mainstem.storage.names import check_bucket
from mainstem.storage.problem import StorageError, duplicate, invalid, no_bucket
from mainstem.storage.reply import as_json
from mainstem.storage.shapes import ChangedBucket, NewBucket, bucket_shape, mime_limit, size_limit

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from mainstem.db.tenant import Tenant
    from mainstem.storage.model import Bucket
    from mainstem.storage.reply import Reply
    from mainstem.storage.requests import Request

#: rounds of removing files from a bucket that is emptied
ROUNDS_MAX = 1_000


def transaction(request: Request, tenant: Tenant) -> AbstractAsyncContextManager[store.Connection]:
    """The caller's transaction."""
    return async_tenant_transaction(
        request.pool, tenant, statement_limit_s=request.limits.statement_s
    )


async def find_bucket(connection: store.Connection, tenant: Tenant, name: str) -> Bucket:
    """A bucket of the caller's agency, by its plain name.

    Raises:
        StorageError: there is none.
    """
    found = await store.bucket(connection, tenant, name)
    if found is None:
        raise no_bucket()
    return found


async def list_buckets(request: Request) -> Reply:
    """All buckets of the agency."""
    tenant = await request.require(Right.READ)
    most = request.limits.buckets_max
    limit, offset = _number(request, "limit", most), _number(request, "offset", 0)
    async with transaction(request, tenant) as connection:
        found = await store.buckets(
            connection,
            tenant,
            limit=min(limit, most),
            offset=offset,
            search=request.query.get("search") or None,
        )
    return as_json([bucket_shape(one) for one in found])


async def get_bucket(request: Request) -> Reply:
    """One bucket."""
    tenant = await request.require(Right.READ)
    name = await request.bucket_for(tenant, request.route.bucket)
    async with transaction(request, tenant) as connection:
        return as_json(bucket_shape(await find_bucket(connection, tenant, name)))


async def add_bucket(request: Request) -> Reply:
    """Make a bucket."""
    tenant = await request.require(Right.MANAGE)
    body = await read_json(request, NewBucket)
    name = body.id or body.name
    if body.name not in {"", name}:
        raise invalid("the id and the name of a bucket are the same")
    check_bucket(name)
    async with transaction(request, tenant) as connection:
        made = await store.add_bucket(
            connection,
            tenant,
            name=name,
            is_public=body.public,
            object_bytes_max=size_limit(body.file_size_limit),
            mime_types=mime_limit(body.allowed_mime_types),
        )
        if made is None:
            raise duplicate()
    return as_json({"name": name})


async def change_bucket(request: Request) -> Reply:
    """Change what a bucket takes and who may read it; what is not named stays."""
    tenant = await request.require(Right.MANAGE)
    body = await read_json(request, ChangedBucket)
    name = await request.bucket_for(tenant, request.route.bucket)
    async with transaction(request, tenant) as connection:
        old = await find_bucket(connection, tenant, name)
        size, types = body.file_size_limit, body.allowed_mime_types
        await store.change_bucket(
            connection,
            old,
            is_public=old.is_public if body.public is None else body.public,
            object_bytes_max=old.object_bytes_max if size is UNSET else size_limit(size),
            mime_types=old.mime_types if types is UNSET else mime_limit(types),
        )
    return as_json({"message": "Successfully updated"})


async def empty_bucket(request: Request) -> Reply:
    """Remove every file of a bucket that the caller may see."""
    tenant = await request.require(Right.MANAGE, Right.REMOVE)
    name = await request.bucket_for(tenant, request.route.bucket)
    most = request.limits.objects_max
    for _ in range(ROUNDS_MAX):
        async with transaction(request, tenant) as connection:
            bucket = await find_bucket(connection, tenant, name)
            found = await store.some(connection, bucket, names=None, limit=most)
            gone = await store.remove(connection, found)
        await request.files.remove(tenant.agency_id, gone.values())
        if len(found) < most:
            return as_json({"message": "Successfully emptied"})
    raise StorageError(409, "InvalidRequest", "The bucket holds more than one call empties; go on")


async def remove_bucket(request: Request) -> Reply:
    """Remove an empty bucket."""
    tenant = await request.require(Right.MANAGE)
    name = await request.bucket_for(tenant, request.route.bucket)
    try:
        async with transaction(request, tenant) as connection:
            await store.remove_bucket(connection, await find_bucket(connection, tenant, name))
    except psycopg.errors.ForeignKeyViolation:
        raise StorageError(
            409,
            "ResourceNotEmpty",
            "The bucket you tried to delete is not empty",
        ) from None
    return as_json({"message": "Successfully deleted"})


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - digits
        raise invalid(f"{name} is no number")
    return int(text)
