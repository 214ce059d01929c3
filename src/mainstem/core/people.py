"""People: what each sees, as the claims of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.tenant import OVERSEERS, Tenant

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.model import Person

EMAIL_LENGTH_MAX = 254


def app_for(role: str, app: str) -> str:
    """The app that a role can be in: all at once is for owners, admins and managers."""
    return "both" if app == "*" and role not in OVERSEERS else app


def tenant_of(person: Person, *, app: str = "both", within: UUID | None = None) -> Tenant:
    """What a person may see.

    Args:
        person: who.
        app: the app they are in.
        within: a client that narrows it further, such as that of the API key in use.
    """
    clients = person.client_ids
    if within is not None:
        clients = frozenset({within}) if clients is None else clients & {within}
    return Tenant(
        agency_id=person.agency_id,
        user_id=person.id,
        user_role=person.role,
        client_ids=clients,
        app_context=app_for(person.role, app),
        read_only_client_ids=person.read_only_client_ids & (clients or frozenset()),
    )


def plain_email(text: str) -> str:
    """An e-mail as it is compared: without spaces around it, in lower case."""
    return text.strip().lower()[:EMAIL_LENGTH_MAX]
