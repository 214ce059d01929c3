"""Signatures for others: who may read a file may let others read it, for a time; writing alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from mainstem.storage import store
from mainstem.storage.bodies import read_json
from mainstem.storage.buckets import find_bucket, transaction
from mainstem.storage.model import Right
from mainstem.storage.names import check_object, possible
from mainstem.storage.problem import denied, invalid, no_object
from mainstem.storage.reply import as_json
from mainstem.storage.shapes import Signing
from mainstem.storage.signing import Signed, Use, ends_at, read_address, sign
from mainstem.storage.writing import NOT_FOR_CALLER, aim_at

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.db.tenant import Tenant
    from mainstem.storage.model import Stored
    from mainstem.storage.reply import Reply
    from mainstem.storage.requests import Request
    from mainstem.storage.writing import Aim

MISSING = "Either the object does not exist or you do not have access to it"


class _UndoneError(Exception):
    """Ends a transaction without keeping what it did; not seen outside."""


async def grant(request: Request) -> Reply:
    """An address by which one file can be read."""
    tenant = await request.require(Right.READ)
    body = await read_json(request, Signing)
    name = request.route.name
    check_object(name)
    found = await _found(request, tenant, [name])
    if not found:
        raise no_object()
    ends_s = ends_at(request.limits, body.expires_in)
    return as_json({"signedURL": _address(request, found[0], ends_s)})


async def grant_many(request: Request) -> Reply:
    """The same for several."""
    tenant = await request.require(Right.READ)
    body = await read_json(request, Signing)
    most = request.limits.objects_max
    if not 0 < len(body.paths) <= most:
        raise invalid(f"paths must name 1 to {most} files")
    ends_s = ends_at(request.limits, body.expires_in)
    found = {one.name: one for one in await _found(request, tenant, body.paths)}
    return as_json(
        [
            {
                "path": path,
                "error": None if path in found else MISSING,
                "signedURL": _address(request, found[path], ends_s) if path in found else None,
            }
            for path in body.paths
        ]
    )


async def grant_upload(request: Request) -> Reply:
    """An address to which one file can be sent, for what the caller could write itself."""
    tenant = await request.require(Right.UPLOAD)
    route = request.route
    is_upsert = request.header("x-upsert").strip().lower() == "true"
    aim = await aim_at(request, tenant, route.bucket, route.name, is_upsert)
    signed = Signed(
        use=Use.UPLOAD,
        agency_id=tenant.agency_id,
        bucket=route.bucket,
        name=route.name,
        ends_s=ends_at(request.limits, None),
        client_id=await _client_of(request, aim),
        signer_id=tenant.user_id,
        is_upsert=is_upsert,
    )
    token = sign(request.ports.keys, signed)
    address = f"/object/upload/sign/{route.bucket}/{route.name}?token={token}"
    return as_json({"url": address, "token": token})


async def _found(request: Request, tenant: Tenant, names: list[str]) -> list[Stored]:
    plain = await request.bucket_for(tenant, request.route.bucket)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, plain)
        return await store.some(connection, bucket, names=possible(names), limit=len(names))


def _address(request: Request, stored: Stored, ends_s: int) -> str:
    return read_address(
        request.ports.keys,
        stored.agency_id,
        bucket=request.route.bucket,
        name=stored.name,
        object_id=stored.id,
        ends_s=ends_s,
    )


async def _client_of(request: Request, aim: Aim) -> UUID | None:
    """Whose the file would be; tried, and undone.

    Raises:
        StorageError: the caller could not write it.
    """
    client_id: UUID | None = None
    try:
        async with transaction(request, aim.tenant) as connection:
            there = await store.stored(connection, aim.bucket, aim.name)
            if there is not None:
                return there.client_id
            written, client_id = await store.try_name(connection, aim.bucket, aim.name)
            _end(is_visible=await store.stored_by_id(connection, aim.bucket, written) is not None)
    except psycopg.errors.UniqueViolation:
        raise denied(NOT_FOR_CALLER) from None
    except _UndoneError:
        pass
    return client_id


def _end(*, is_visible: bool) -> None:
    """Undo what was tried, whatever came of it."""
    if not is_visible:
        raise denied(NOT_FOR_CALLER)
    raise _UndoneError
