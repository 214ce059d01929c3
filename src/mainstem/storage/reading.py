"""Files handed out and listed: for the signed in, for everybody, for who has a signature."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mainstem.storage import store
from mainstem.storage.bodies import read_json
from mainstem.storage.buckets import find_bucket, transaction
from mainstem.storage.model import Listed, Right
from mainstem.storage.names import bucket_of, check_object, check_prefix
from mainstem.storage.paging import Paging
from mainstem.storage.problem import bad_signature, invalid, no_bucket, no_object
from mainstem.storage.reply import as_json
from mainstem.storage.serving import deliver
from mainstem.storage.shapes import PageOf, Search, Sorting, info_shape, line_shape
from mainstem.storage.signing import Use, verify

if TYPE_CHECKING:
    from mainstem.db.tenant import Tenant
    from mainstem.storage.model import Stored
    from mainstem.storage.reply import Reply
    from mainstem.storage.requests import Request

#: looks at the database for one page: one is enough where folders are not told apart
ROUNDS_MAX = 100
COLUMNS = ("name", "created_at", "updated_at", "last_accessed_at")


async def read(request: Request) -> Reply:
    """A file of the caller's."""
    stored = await _own(request)
    cache = f"private, max-age={stored.cache_s}"
    reply = await deliver(request, stored, cache=cache, download=request.query.get("download"))
    reply.add("vary", "authorization, apikey")
    return reply


async def info(request: Request) -> Reply:
    """What is known of it."""
    return as_json(info_shape(await _own(request), bucket_of(request.route.bucket).name))


async def read_public(request: Request) -> Reply:
    """A file of a public bucket: `bucket@agency`, or of the agency whose key comes with it."""
    stored = await _public(request)
    cache = f"public, max-age={stored.cache_s}"
    return await deliver(request, stored, cache=cache, download=request.query.get("download"))


async def info_public(request: Request) -> Reply:
    """What is known of it."""
    return as_json(info_shape(await _public(request), bucket_of(request.route.bucket).name))


async def read_signed(request: Request) -> Reply:
    """A file for who has its signature. No name of another file, and no later one, is meant."""
    route = request.route
    signed = verify(
        request.ports.keys,
        request.query.get("token", ""),
        use=Use.READ,
        bucket=route.bucket,
        name=route.name,
    )
    if signed.object_id is None:
        raise bad_signature()
    tenant = request.ports.on_behalf_of(signed.agency_id, signed.signer_id)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, bucket_of(route.bucket).name)
        stored = await store.stored(connection, bucket, route.name)
    if stored is None or stored.id != signed.object_id:
        raise no_object()
    kept_s = min(stored.cache_s, max(0, signed.ends_s - int(time.time())))
    cache = f"private, max-age={kept_s}"
    return await deliver(request, stored, cache=cache, download=request.query.get("download"))


async def list_objects(request: Request) -> Reply:
    """What lies directly in a folder."""
    tenant = await request.require(Right.READ)
    body = await read_json(request, Search)
    sorting = body.sort_by or Sorting()
    if sorting.column not in COLUMNS or sorting.order not in {"asc", "desc"}:
        raise invalid(f"sortBy takes one of {', '.join(COLUMNS)}, and asc or desc")
    name = await request.bucket_for(tenant, request.route.bucket)
    async with transaction(request, tenant) as connection:
        found = await store.listing(
            connection,
            await find_bucket(connection, tenant, name),
            prefix=check_prefix(body.prefix or ""),
            search=_search(body.search or ""),
            column="updated_at" if sorting.column == "last_accessed_at" else sorting.column,
            is_descending=sorting.order == "desc",
            limit=_bounded(body.limit, request.limits.objects_max, least=1),
            offset=_bounded(body.offset, 2**31 - 1, least=0),
        )
    return as_json([line_shape(one) for one in found])


async def list_pages(request: Request) -> Reply:
    """Files whose names begin so, page by page; folders are told apart where that is asked."""
    tenant = await request.require(Right.READ)
    body = await read_json(request, PageOf)
    prefix, cursor = _search(body.prefix or ""), _search(body.cursor or "")
    limit = _bounded(body.limit, request.limits.objects_max, least=1)
    name = await request.bucket_for(tenant, request.route.bucket)
    paging = Paging(prefix, limit, is_grouped=body.with_delimiter, start=cursor)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, name)
        for _ in range(ROUNDS_MAX):
            if paging.is_done:
                break
            paging.take(
                await store.page(
                    connection, bucket, prefix=prefix, start=paging.start, limit=limit + 1
                )
            )
    page: dict[str, object] = {
        "hasNext": paging.has_more,
        "folders": [{"name": one, "key": one} for one in paging.folders],
        "objects": [line_shape(Listed(one.name, one)) | {"key": one.name} for one in paging.files],
    }
    if paging.has_more:
        page["nextCursor"] = paging.start
    return as_json(page)


async def _own(request: Request) -> Stored:
    tenant = await request.require(Right.READ)
    check_object(request.route.name)
    name = await request.bucket_for(tenant, request.route.bucket)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, name)
        stored = await store.stored(connection, bucket, request.route.name)
    if stored is None:
        raise no_object()
    return stored


async def _public(request: Request) -> Stored:
    check_object(request.route.name)
    bucket_name = bucket_of(request.route.bucket)
    tenant = await _agency(request)
    async with transaction(request, tenant) as connection:
        bucket = await find_bucket(connection, tenant, bucket_name.name)
        if not bucket.is_public:
            raise no_bucket()
        stored = await store.stored(connection, bucket, request.route.name)
    if stored is None:
        raise no_object()
    return stored


async def _agency(request: Request) -> Tenant:
    """The agency that an address names, or whose key came with the request."""
    slug = bucket_of(request.route.bucket).agency
    if slug is not None:
        tenant = await request.ports.agency(slug)
    else:
        own = (await request.access()).tenant
        tenant = own and request.ports.on_behalf_of(own.agency_id, None)
    if tenant is None:
        raise no_bucket()
    return tenant


def _search(text: str) -> str:
    """What names are compared with: no database holds a NUL, nor half a character."""
    if "\0" in text or (not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)):
        raise invalid("the search holds what no name does")
    return text


def _bounded(given: int | None, most: int, *, least: int) -> int:
    value = most if given is None else given
    if value < least:
        raise invalid(f"limit and offset are {least} or more")
    return min(value, most)
