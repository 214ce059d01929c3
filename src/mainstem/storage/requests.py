"""One request to the storage API: its route, its headers, and what its operation may reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mainstem.storage.names import bucket_of
from mainstem.storage.problem import anonymous, denied, invalid, no_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    from mainstem.db.tenant import Tenant
    from mainstem.storage.files import Files
    from mainstem.storage.model import Access, Limits, Ports, Receive, Right, Scope
    from mainstem.storage.routes import Route

_PARAMETERS_MAX = 20


@dataclass(frozen=True)
class Request:
    """What an operation works with."""

    scope: Scope
    receive: Receive
    route: Route
    ports: Ports
    limits: Limits
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]]
    files: Files

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        return {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in self.scope["headers"]
        }

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Of the address."""
        text = self.scope["query_string"].decode("latin-1")
        try:
            pairs = parse_qsl(
                text, keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS_MAX
            )
        except ValueError:
            raise invalid("the query of the address cannot be read") from None
        return dict(pairs)

    def header(self, name: str) -> str:
        """The text of a header; empty when it is not there."""
        return self.headers.get(name, "")

    async def access(self) -> Access:
        """Who asks.

        Raises:
            RefusedError: by something that is not, or no more, good.
        """
        return await self.ports.resolve(self.scope)

    async def require(self, *rights: Right) -> Tenant:
        """Whose files it is about; the caller may do all of that.

        Raises:
            StorageError: nobody signed in, or they may not.
        """
        access = await self.access()
        if access.tenant is None:
            raise anonymous()
        for right in rights:
            if not access.may(right):
                raise denied(f"this role or key may not {right.value}")
        return access.tenant

    async def bucket_for(self, tenant: Tenant, text: str) -> str:
        """The plain name of a bucket; one of another agency is not there for the caller.

        Raises:
            StorageError: it cannot be called so, or is another agency's.
        """
        bucket = bucket_of(text)
        if bucket.agency is not None:
            named = await self.ports.agency(bucket.agency)
            if named is None or named.agency_id != tenant.agency_id:
                raise no_bucket()
        return bucket.name
