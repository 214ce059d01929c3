"""Endpoints as people manage them: made with a secret that is shown once, tested, replayed.

Everything runs in the name of the person, under whose policy an endpoint is found or not; only the
secret, which no person may read or write, is put in its column by the service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.errors import ForeignKeyViolation

from mainstem.core import encryption
from mainstem.core.outward import checked_url
from mainstem.core.transaction import service_transaction
from mainstem.db.tenant import async_tenant_transaction
from mainstem.errors import RefusedError, UsageError
from mainstem.jobs import async_enqueue
from mainstem.revos.webhooks import store
from mainstem.revos.webhooks.announcing import deliveries
from mainstem.revos.webhooks.destinations import DEFAULT_URLS, RESERVED_HEADERS
from mainstem.revos.webhooks.model import (
    EVENTS,
    LEAD_CAPTURED,
    TEST,
    Destination,
    Endpoint,
    Json,
    destination,
)
from mainstem.revos.webhooks.redaction import redacted_payload
from mainstem.revos.webhooks.secrets import CURRENT, PREVIOUS, bound, cell
from mainstem.revos.webhooks.signing import KeyPair, Scheme, new_secret, signer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from mainstem.core import Core
    from mainstem.db.tenant import Tenant

#: for so long a former secret signs beside the new one
OVERLAP = timedelta(hours=24)
CREDENTIAL_CHARACTERS_MAX = 2_000
HEADERS_MAX = 20
REPLAY_MAX = 10_000
LOG_ROWS_MAX = 100
_CONFIDENTIAL = ("auth", "cookie", "key", "token", "secret", "password")


@dataclass(frozen=True, kw_only=True)
class NewEndpoint:
    """An endpoint to make.

    Attributes:
        client_id: whose leads it is told.
        name: one of the client's has it.
        url: where to; left out for Kit, HubSpot and Mailchimp, whose address is known.
        kind: a plain webhook, or a mail system.
        events: what it is told; nothing but captured leads yet.
        scheme: of a plain webhook: how deliveries are signed.
        credential: of a mail system: its API key or token.
        options: of a mail system: list_id, form_id, tags, fields.
        headers: of a plain webhook: further headers, none of them confidential.
    """

    client_id: UUID
    name: str
    url: str = ""
    kind: Destination = Destination.CUSTOM
    events: tuple[str, ...] = (LEAD_CAPTURED,)
    scheme: Scheme = Scheme.SHARED
    credential: str | None = field(default=None, repr=False)
    options: Json = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A new endpoint, and what the receiver checks signatures with: shown now and never again."""

    id: UUID
    secret: str | None = field(repr=False)


async def create(
    core: Core, tenant: Tenant, wish: NewEndpoint, *, allow_loopback: bool = False
) -> Made:
    """Make an endpoint.

    Raises:
        UsageError: something of it is wrong; the message says what to mend.
        psycopg.errors.InsufficientPrivilege: the client is not the person's to write for.
    """
    url = _checked(wish, allow_loopback=allow_loopback)
    async with async_tenant_transaction(core.pool, tenant) as connection:
        added = await store.rows(
            connection, "add_endpoint",
            client_id=wish.client_id, name=wish.name.strip(), url=url, events=list(wish.events),
            esp_type=wish.kind.value, options=dict(wish.options), headers=dict(wish.headers),
        )  # fmt: skip
    endpoint_id: UUID = added[0]["id"]
    if wish.kind.is_signed:
        kept = new_secret(wish.scheme)
    else:
        assert wish.credential is not None, "checked above"
        kept = bound(wish.credential, url)
    await _put(core, tenant, endpoint_id, kept)
    return Made(endpoint_id, _shown(kept) if wish.kind.is_signed else None)


def _checked(wish: NewEndpoint, *, allow_loopback: bool) -> str:
    """The address of a wish that holds together."""
    if not wish.name.strip():
        raise UsageError("the endpoint needs a name")
    if unknown := sorted(set(wish.events) - EVENTS):
        raise UsageError(f"there is no event {unknown[0]!r}; there is {LEAD_CAPTURED}")
    if wish.kind.is_signed:
        _check_headers(wish.headers)
    else:
        _check_credential(wish)
    url = wish.url or DEFAULT_URLS.get(wish.kind, "")
    if "{center}" in url:
        url = url.format(center=_center(wish.credential or ""))
    try:
        return checked_url(url, allow_loopback=allow_loopback)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _check_headers(headers: Mapping[str, str]) -> None:
    if len(headers) > HEADERS_MAX:
        raise UsageError(f"at most {HEADERS_MAX} headers")
    for name, value in headers.items():
        if name.lower() in RESERVED_HEADERS or not name.isascii() or not value.isprintable():
            raise UsageError(f"the header {name!r} cannot be chosen")
        if any(word in name.lower() for word in _CONFIDENTIAL):
            raise UsageError(
                f"the header {name!r} looks confidential, and headers are not encrypted; "
                "check the signature instead"
            )


def _check_credential(wish: NewEndpoint) -> None:
    value = wish.credential or ""
    if not value or len(value) > CREDENTIAL_CHARACTERS_MAX or not value.isascii() or " " in value:
        raise UsageError(f"{wish.kind} needs an API key or token, without blanks")
    if wish.kind is Destination.MAILCHIMP and not wish.options.get("list_id"):
        raise UsageError("mailchimp needs the id of an audience: options.list_id")


def _center(key: str) -> str:
    """Mailchimp's data centre stands behind the last dash of a key: 0123abcd-us21."""
    center = key.rpartition("-")[2]
    if not center.isalnum() or not center.isascii():
        raise UsageError("a Mailchimp key ends with its data centre, such as -us21")
    return center


def _shown(kept: str) -> str:
    made = signer(kept)
    return made.shown() if isinstance(made, KeyPair) else kept


async def rotate(
    core: Core, tenant: Tenant, endpoint_id: UUID, *, credential: str | None = None
) -> Made:
    """Give an endpoint a new secret; the former one signs beside it for a day.

    Args:
        core: the parts.
        tenant: whose endpoint.
        endpoint_id: which.
        credential: of a mail system, the new one; the former is forgotten at once.

    Raises:
        RefusedError: the person sees no such endpoint.
        UsageError: a mail system's credential is missing.
    """
    found = await shown(core, tenant, endpoint_id)
    if not found.destination.is_signed:
        if not credential:
            raise UsageError(f"{found.destination} needs its new API key or token")
        await _put(core, tenant, endpoint_id, bound(credential, found.url))
        return Made(endpoint_id, None)
    async with service_transaction(core.pool, tenant) as connection:
        sealed = (
            await store.rows(
                connection, "sealed_secrets", agency_id=tenant.agency_id, id=endpoint_id
            )
        )[0]["secret_encrypted"]
        former = None
        scheme = Scheme.SHARED
        if sealed is not None:
            here = cell(tenant.agency_id, endpoint_id, CURRENT)
            former = await encryption.unseal(core, connection, here, sealed)
            is_pair = isinstance(signer(former.decode()), KeyPair)
            scheme = Scheme.KEY_PAIR if is_pair else Scheme.SHARED
        kept = new_secret(scheme)
        await _put_rotated(
            core, tenant, endpoint_id, connection=connection, kept=kept, former=former
        )
    return Made(endpoint_id, _shown(kept))


async def _put_rotated(
    core: Core,
    tenant: Tenant,
    endpoint_id: UUID,
    *,
    connection: store.AsyncConnection,
    kept: str,
    former: bytes | None,
) -> None:
    """Each in its own cell: a secret opens in the column it was sealed for, and nowhere else."""
    here = cell(tenant.agency_id, endpoint_id, CURRENT)
    there = cell(tenant.agency_id, endpoint_id, PREVIOUS)
    previous = await encryption.seal(core, connection, there, former) if former else None
    await store.run(
        connection, "put_rotated",
        agency_id=tenant.agency_id, id=endpoint_id, previous=previous,
        sealed=await encryption.seal(core, connection, here, kept.encode()),
        previous_until=core.clock() + OVERLAP if former else None,
    )  # fmt: skip


async def _put(core: Core, tenant: Tenant, endpoint_id: UUID, kept: str) -> None:
    async with service_transaction(core.pool, tenant) as connection:
        await _put_rotated(core, tenant, endpoint_id, connection=connection, kept=kept, former=None)


async def shown(core: Core, tenant: Tenant, endpoint_id: UUID) -> Endpoint:
    """Return an endpoint as people see it.

    Raises:
        RefusedError: the person sees no such endpoint.
    """
    async with async_tenant_transaction(core.pool, tenant) as connection:
        found = await store.rows(connection, "visible_endpoint", id=endpoint_id)
    if not found:
        raise RefusedError("not_found", f"there is no endpoint {endpoint_id}", status=404)
    row = found[0]
    return Endpoint(
        row["id"], row["client_id"], row["name"], row["url"], destination(row["esp_type"]),
        row["events"], row["active"], row["consecutive_failures"], row["disabled_reason"],
    )  # fmt: skip


async def change(
    core: Core,
    tenant: Tenant,
    endpoint_id: UUID,
    *,
    name: str,
    url: str | None,
    is_active: bool,
    allow_loopback: bool = False,
) -> None:
    """Give an endpoint another name or address, or switch it off; secrets are `rotate`'s.

    Args:
        core: the parts.
        tenant: whose endpoint.
        endpoint_id: which.
        name: what people call it.
        url: of a plain webhook, where to; a mail system keeps the address that is known.
        is_active: whether it is told of anything. Failures are forgotten by `enable` only.
        allow_loopback: whether this machine may be told.

    Raises:
        RefusedError: the person sees no such endpoint.
        UsageError: the name or the address will not do.
    """
    found = await shown(core, tenant, endpoint_id)
    if not name.strip():
        raise UsageError("the endpoint needs a name")
    if found.destination.is_signed:
        try:
            url = checked_url(url or "", allow_loopback=allow_loopback)
        except ValueError as error:
            raise UsageError(str(error)) from None
    else:
        url = found.url
    async with async_tenant_transaction(core.pool, tenant) as connection:
        await store.run(
            connection, "change_endpoint",
            id=endpoint_id, name=name.strip(), url=url, is_active=is_active,
        )  # fmt: skip


async def remove(core: Core, tenant: Tenant, endpoint_id: UUID) -> None:
    """Delete an endpoint, with the log of what it was told.

    Raises:
        RefusedError: the person sees no such endpoint, or a campaign names it.
    """
    found = await shown(core, tenant, endpoint_id)
    try:
        async with async_tenant_transaction(core.pool, tenant) as connection:
            await store.run(connection, "delete_endpoint", id=endpoint_id)
    except ForeignKeyViolation:
        raise RefusedError(
            "in_use",
            f"A campaign tells {found.name} alone of its leads; choose another there first.",
            status=409,
        ) from None


async def enable(core: Core, tenant: Tenant, endpoint_id: UUID) -> None:
    """Switch an endpoint on again, its failures forgotten. What it missed is replayed apart."""
    await shown(core, tenant, endpoint_id)
    async with service_transaction(core.pool, tenant) as connection:
        await store.run(connection, "enable", agency_id=tenant.agency_id, id=endpoint_id)


async def send_test(core: Core, tenant: Tenant, endpoint_id: UUID) -> UUID:
    """Send an endpoint a made-up event; a mail system is only asked whether the credential is good.

    Returns:
        The delivery's id, under which the log shows what came of it.
    """
    await shown(core, tenant, endpoint_id)
    payload: Json = {
        "type": TEST,
        "timestamp": core.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {"message": "This is a test. A captured lead comes as lead.captured."},
    }
    async with service_transaction(core.pool, tenant) as connection:
        added = await store.rows(
            connection, "add_test", agency_id=tenant.agency_id, id=endpoint_id, payload=payload
        )
        jobs = deliveries([(row["id"], row["client_id"]) for row in added], tenant.agency_id)
        await async_enqueue(connection, jobs)
    delivery_id: UUID = added[0]["id"]
    return delivery_id


async def replay(core: Core, tenant: Tenant, delivery_id: UUID) -> int:
    """Make a delivery again, under the same id, whatever became of it; 1, or 0 while it waits.

    Raises:
        RefusedError: the person sees no such delivery.
    """
    async with async_tenant_transaction(core.pool, tenant) as connection:
        found = await store.rows(connection, "endpoint_of", id=delivery_id)
    if not found:
        raise RefusedError("not_found", f"there is no delivery {delivery_id}", status=404)
    return await _replayed(core, tenant, found[0]["webhook_config_id"], delivery_id, None)


async def replay_failed(core: Core, tenant: Tenant, endpoint_id: UUID, *, since: datetime) -> int:
    """Make every delivery of an endpoint again that failed since a time; how many.

    At most REPLAY_MAX at once, the oldest first; the call can be repeated for more.
    """
    await shown(core, tenant, endpoint_id)
    return await _replayed(core, tenant, endpoint_id, None, since)


async def _replayed(
    core: Core, tenant: Tenant, endpoint_id: UUID, delivery_id: UUID | None, since: datetime | None
) -> int:
    async with service_transaction(core.pool, tenant) as connection:
        found = await store.rows(
            connection, "replay",
            agency_id=tenant.agency_id, endpoint_id=endpoint_id, id=delivery_id, since=since,
            rows_max=REPLAY_MAX,
        )  # fmt: skip
        jobs = deliveries([(row["id"], row["client_id"]) for row in found], tenant.agency_id)
        if jobs:
            await async_enqueue(connection, jobs)
    return len(found)


async def log(
    core: Core, tenant: Tenant, endpoint_id: UUID, *, before: UUID | None = None, rows_max: int = 50
) -> list[dict[str, Any]]:
    """Return the newest deliveries of an endpoint with their attempts, bodies redacted."""
    await shown(core, tenant, endpoint_id)
    async with async_tenant_transaction(core.pool, tenant) as connection:
        found = await store.rows(
            connection, "log",
            endpoint_id=endpoint_id, before=before, rows_max=min(rows_max, LOG_ROWS_MAX),
        )  # fmt: skip
    return [row | {"payload": redacted_payload(row["payload"])} for row in found]
