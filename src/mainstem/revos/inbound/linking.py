"""Begins the linking of an account: a word of ours that the provider brings back, good once.

The word is chance, kept as a hash, and never in an address of ours. Where the provider's page comes
back to is an address of ours that the operator set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.core.opaque import new_token, route_of
from mainstem.core.transaction import service_transaction
from mainstem.db.tenant import async_tenant_transaction
from mainstem.errors import RefusedError
from mainstem.revos.inbound import store
from mainstem.revos.unipile import AccountId, opened

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core import Access, Core
    from mainstem.revos.unipile import Settings

#: the provider forgets its pages at its daily restart; nobody takes an hour to sign in
LIFE = timedelta(hours=1)
TABLE = "linkedin_account"
LINKED_PATH = "/webhooks/unipile/linked"


@dataclass(frozen=True)
class Linking:
    """Links accounts through the provider's hosted page."""

    core: Core
    settings: Settings | None

    async def begin(self, access: Access, account_id: UUID) -> str:
        """The address of the page on which an account's owner signs in.

        Raises:
            RefusedError: the account is none that the person sees, or may change.
            UnipileError: the provider made no page.
        """
        tenant = access.tenant
        assert tenant is not None, "the caller knows who asks"
        if access.session is not None:
            tenant = replace(tenant, app_context="revos")  # a person is in the app they call
        if self.settings is None:
            raise RefusedError("no_provider", "no LinkedIn provider is set up here", status=503)
        if not access.rights.may(TABLE, "update"):
            raise RefusedError("forbidden", "your role may not link accounts")
        async with async_tenant_transaction(self.core.pool, tenant) as connection:
            found = await store.account_to_link(connection, tenant.agency_id, account_id)
        if found is None:
            raise RefusedError("not_found", "there is no such account", status=404)
        provider_id, is_writable = found
        if not is_writable:
            raise RefusedError("forbidden", "you may only look at this client's accounts")
        word = new_token()
        now = self.core.clock()
        async with service_transaction(self.core.pool, tenant) as connection:
            await store.add_link(
                connection, tenant.agency_id, account_id,
                route=route_of(word), now=now, expires_at=now + LIFE,
            )  # fmt: skip
        back = f"{self.core.base_url}/revos/accounts/{account_id}"
        async with opened(self.settings) as provider:
            link = await provider.link_account(
                correlation=word,
                expires_at=now + LIFE,
                notify_url=f"{self.core.base_url}{LINKED_PATH}",
                success_url=back,
                failure_url=back,
                reconnect=AccountId(provider_id) if provider_id else None,
            )
        return link.url
