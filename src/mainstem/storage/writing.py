"""Files taken in, put elsewhere, and removed.

Bytes first, then the row, in one transaction of the caller; the bytes that a row had before go once
it is committed. What a crash leaves behind are bytes without a row, and the sweep finds those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from mainstem.storage import store
from mainstem.storage.bodies import read_json
from mainstem.storage.buckets import find_bucket, transaction
from mainstem.storage.files import new_version
from mainstem.storage.model import Content, Right
from mainstem.storage.names import bucket_of, check_object, possible
from mainstem.storage.problem import (
    StorageError,
    denied,
    duplicate,
    invalid,
    no_object,
    too_large,
    wrong_type,
)
from mainstem.storage.reply import as_json
from mainstem.storage.shapes import Removal, Transfer, whole_shape
from mainstem.storage.signing import Use, verify
from mainstem.storage.sniffing import is_allowed
from mainstem.storage.uploading import received

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mainstem.db.tenant import Tenant
    from mainstem.storage.model import Bucket, Stored
    from mainstem.storage.reply import Reply
    from mainstem.storage.requests import Request

NOT_FOR_CALLER = (
    "the policy of files forbids it: the first folder of the name must be that of a client you may "
    "write for, by its id or its name"
)


@dataclass(frozen=True)
class Aim:
    """Where a file is to be, for whom, and whether it may take another one's place.

    Attributes:
        client_id: the client that it must belong to, where somebody signed for it.
        is_signed: whether somebody did.
    """

    tenant: Tenant
    bucket: Bucket
    name: str
    is_upsert: bool
    client_id: UUID | None = None
    is_signed: bool = False


async def upload(request: Request) -> Reply:
    """A new file; `x-upsert: true` lets it take the place of one that is there."""
    tenant = await request.require(Right.UPLOAD)
    is_upsert = request.header("x-upsert").strip().lower() == "true"
    aim = await aim_at(request, tenant, request.route.bucket, request.route.name, is_upsert)
    return _told(aim, await _take_in(request, aim))


async def replace(request: Request) -> Reply:
    """Other bytes for a file that is there, or a new one: `update` of the clients."""
    tenant = await request.require(Right.UPLOAD)
    route = request.route
    aim = await aim_at(request, tenant, route.bucket, route.name, is_upsert=True)
    return _told(aim, await _take_in(request, aim))


async def upload_signed(request: Request) -> Reply:
    """A file from who has a signature for its name."""
    route = request.route
    signed = verify(
        request.ports.keys,
        request.query.get("token", ""),
        use=Use.UPLOAD,
        bucket=route.bucket,
        name=route.name,
    )
    tenant = request.ports.on_behalf_of(signed.agency_id, signed.signer_id)
    check_object(route.name)
    async with transaction(request, tenant) as connection:
        name = bucket_of(route.bucket).name
        bucket = await find_bucket(connection, tenant, name)
    aim = Aim(tenant, bucket, route.name, signed.is_upsert, signed.client_id, is_signed=True)
    stored = await _take_in(request, aim)
    return as_json({"Id": stored.id, "Key": f"{aim.bucket.name}/{aim.name}"})


async def remove(request: Request) -> Reply:
    """One file."""
    tenant = await request.require(Right.REMOVE)
    check_object(request.route.name)
    gone = await _remove(request, tenant, request.route.bucket, [request.route.name])
    if not gone:
        raise no_object()
    return as_json({"message": "Successfully deleted"})


async def remove_many(request: Request) -> Reply:
    """Files by their names; names that are not there, or not for the caller, are left out."""
    tenant = await request.require(Right.REMOVE)
    names = (await read_json(request, Removal)).prefixes
    most = request.limits.objects_max
    if not 0 < len(names) <= most:
        raise invalid(f"prefixes must name 1 to {most} files")
    gone = await _remove(request, tenant, request.route.bucket, names)
    bucket = bucket_of(request.route.bucket).name
    return as_json([whole_shape(one, bucket) for one in gone])


async def move(request: Request) -> Reply:
    """Another name, or another bucket: the bytes stay where they are."""
    tenant = await request.require(Right.READ, Right.UPLOAD)
    body = await read_json(request, Transfer)
    source = await _source(request, tenant, body)
    to = body.destination_bucket or body.bucket_id
    aim = await aim_at(request, tenant, to, body.destination_key, is_upsert=False)
    _check_content(request, aim.bucket, _content(source))
    try:
        async with transaction(request, tenant) as connection:
            if not await store.rename(connection, source, aim.bucket, aim.name):
                raise no_object()
            moved = await store.stored_by_id(connection, aim.bucket, source.id)
            if moved is None:
                raise denied(NOT_FOR_CALLER)
    except psycopg.errors.UniqueViolation:
        raise await _taken(request, aim) from None
    return as_json(
        {"message": "Successfully moved", "Id": moved.id, "Key": f"{aim.bucket.name}/{moved.name}"}
    )


async def copy(request: Request) -> Reply:
    """The same once more, with bytes of its own."""
    tenant = await request.require(Right.READ, Right.UPLOAD)
    body = await read_json(request, Transfer)
    source = await _source(request, tenant, body)
    is_upsert = request.header("x-upsert").strip().lower() == "true"
    to = body.destination_bucket or body.bucket_id
    aim = await aim_at(request, tenant, to, body.destination_key, is_upsert)
    content = _content(source)
    _check_content(request, aim.bucket, content)
    version = new_version()
    await request.files.copy(
        tenant.agency_id,
        source.version,
        version,
        size_bytes=content.size_bytes,
        kind=content.mime_type,
    )
    stored = await _keep(request, aim, version, content)
    return as_json(
        whole_shape(stored, aim.bucket.name)
        | {"Id": stored.id, "Key": f"{aim.bucket.name}/{stored.name}"}
    )


async def aim_at(
    request: Request,
    tenant: Tenant,
    bucket_name: str,
    name: str,
    is_upsert: bool,  # noqa: FBT001
) -> Aim:
    """Where a file is to be; refused before its bytes come, where that can be known.

    Raises:
        StorageError: nothing can be called so, the bucket is not there, or the name is taken.
    """
    check_object(name)
    plain = await request.bucket_for(tenant, bucket_name)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, plain)
        there = await store.stored(connection, bucket, name)
    if there is not None and not is_upsert:
        raise duplicate()
    return Aim(tenant, bucket, name, is_upsert)


def _told(aim: Aim, stored: Stored) -> Reply:
    return as_json({"Id": stored.id, "Key": f"{aim.bucket.name}/{aim.name}"})


async def _take_in(request: Request, aim: Aim) -> Stored:
    """The body of the request becomes a file."""
    most = _bytes_max(request, aim.bucket)
    async with received(request, limit_bytes=most) as taken:
        _check_content(request, aim.bucket, taken.content)
        version = new_version()
        await request.files.put(
            aim.tenant.agency_id,
            version,
            taken.file,
            size_bytes=taken.content.size_bytes,
            kind=taken.content.mime_type,
        )
    return await _keep(request, aim, version, taken.content)


async def _keep(request: Request, aim: Aim, version: UUID, content: Content) -> Stored:
    """Write the row of bytes that lie in the store; without a row they go again.

    Where it is unclear whether the row was written (the connection broke), the bytes stay: the
    sweep knows which of them have none.
    """
    agency_id = aim.tenant.agency_id
    try:
        stored, before = await _write(request, aim, version, content)
    except StorageError:
        await request.files.remove(agency_id, [version])
        raise
    except psycopg.Error as error:
        if not isinstance(error, psycopg.OperationalError):
            await request.files.remove(agency_id, [version])
        raise
    if before is not None:
        await request.files.remove(agency_id, [before])
    return stored


async def _write(
    request: Request, aim: Aim, version: UUID, content: Content
) -> tuple[Stored, UUID | None]:
    """The row, and the version that its file had before. Another request may be as quick: twice."""
    for is_last in (False, True):
        try:
            return await _write_once(request, aim, version, content)
        except psycopg.errors.UniqueViolation:
            if is_last or not aim.is_upsert:
                break
    raise await _taken(request, aim)


async def _write_once(
    request: Request, aim: Aim, version: UUID, content: Content
) -> tuple[Stored, UUID | None]:
    by = aim.tenant.user_id
    async with transaction(request, aim.tenant) as connection:
        there = await store.stored(connection, aim.bucket, aim.name)
        before: UUID | None = None
        if there is None:
            written = await store.add(
                connection, aim.bucket, aim.name, version=version, content=content, created_by=by
            )
        else:
            if not aim.is_upsert:
                raise duplicate()
            written = there.id
            before = await store.replace(
                connection, there, version=version, content=content, created_by=by
            )
            if before is None:
                raise no_object()
        stored = await store.stored_by_id(connection, aim.bucket, written)
        if stored is None or (aim.is_signed and stored.client_id != aim.client_id):
            raise denied(NOT_FOR_CALLER)
    return stored, before


async def _taken(request: Request, aim: Aim) -> StorageError:
    """What to say of a name that is taken: by a file that the caller may not see, nothing."""
    async with transaction(request, aim.tenant) as connection:
        there = await store.stored(connection, aim.bucket, aim.name)
    return duplicate() if there is not None else denied(NOT_FOR_CALLER)


async def _source(request: Request, tenant: Tenant, body: Transfer) -> Stored:
    check_object(body.source_key)
    name = await request.bucket_for(tenant, body.bucket_id)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, name)
        found = await store.stored(connection, bucket, body.source_key)
    if found is None:
        raise no_object()
    return found


async def _remove(
    request: Request, tenant: Tenant, bucket_name: str, names: Sequence[str]
) -> list[Stored]:
    plain = await request.bucket_for(tenant, bucket_name)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, plain)
        found = await store.some(connection, bucket, names=possible(names), limit=len(names))
        gone = await store.remove(connection, found)
    await request.files.remove(tenant.agency_id, gone.values())
    return [one for one in found if one.id in gone]


def _content(source: Stored) -> Content:
    return Content(
        mime_type=source.mime_type,
        size_bytes=source.size_bytes,
        sha256=source.sha256,
        cache_s=source.cache_s,
        metadata=source.metadata,
    )


def _bytes_max(request: Request, bucket: Bucket) -> int:
    most = request.limits.object_bytes_max
    return most if bucket.object_bytes_max is None else min(most, bucket.object_bytes_max)


def _check_content(request: Request, bucket: Bucket, content: Content) -> None:
    """What the bucket takes. An empty file that stands for a folder is of no type."""
    if content.size_bytes > _bytes_max(request, bucket):
        raise too_large("object", _bytes_max(request, bucket))
    allowed = bucket.mime_types
    if allowed and content.size_bytes and not is_allowed(content.mime_type, list(allowed)):
        raise wrong_type(content.mime_type)
