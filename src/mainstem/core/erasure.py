"""What is known of a person who signs in: handed out to them, or erased (GDPR, articles 15 and 17).

The registry names every column that points at a person. Where the rows are theirs (`THEIRS`) they
are handed out whole, and deleted. Where the rows are the agency's work (`WORK`) they stay and point
at a person without a name: the row in `"user"` stays for them, emptied. A test holds the registry
against the catalog, so that no new table is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.core import members, permissions, store, trail
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.parts import Core
    from mainstem.db.tenant import Tenant

#: of one table; an export that is cut says so
ROWS_MAX = 10_000


@dataclass(frozen=True, order=True)
class Reference:
    """A column that points at a person."""

    table: str
    column: str
    schema: str = "public"


THEIRS = (
    Reference("credential", "user_id", "app"),
    Reference("operator", "user_id", "app"),
    Reference("session", "user_id", "app"),
    Reference("cartridge", "user_id"),
    Reference("chat_message", "user_id"),
    Reference("chat_session", "user_id"),
    Reference("client_assignment", "user_id"),
    Reference("member_client_access", "user_id"),
    Reference("memory", "user_id"),
    Reference("notification", "user_id"),
    Reference("oauth_state", "user_id"),
    Reference("pod_member", "user_id"),
    Reference("saved_view", "user_id"),
    Reference("social_oauth_session", "user_id"),
    Reference("user_preference", "user_id"),
)
WORK = (
    Reference("agent", "user_id"),
    Reference("alert", "resolved_by"),
    Reference("api_key", "created_by"),
    Reference("asset", "created_by"),
    Reference("audience_filter", "created_by"),
    Reference("campaign", "created_by"),
    Reference("campaign_generation_job", "requested_by"),
    Reference("campaign_post", "approved_by"),
    Reference("cartridge", "created_by"),
    Reference("communication", "replied_by"),
    Reference("communication", "sender_user_id"),
    Reference("connected_account", "user_id"),
    Reference("console_prompt", "created_by"),
    Reference("console_workflow", "created_by"),
    Reference("contact_purchase", "purchased_by"),
    Reference("credit_transaction", "created_by"),
    Reference("design_template", "created_by"),
    Reference("document", "uploaded_by"),
    Reference("email_extraction_review", "reviewed_by"),
    Reference("engagement_item", "handled_by"),
    Reference("intake_response", "submitted_by"),
    Reference("integration", "connected_by"),
    Reference("identity_provider", "created_by"),
    Reference("invitation", "accepted_by"),
    Reference("invitation", "invited_by"),
    Reference("lead", "assigned_to"),
    Reference("linkedin_account", "user_id"),
    Reference("mail_campaign", "created_by"),
    Reference("member_client_access", "granted_by"),
    Reference("onboarding_instance", "started_by"),
    Reference("onboarding_journey", "created_by"),
    Reference("onboarding_stage_status", "completed_by"),
    Reference("persona", "user_id"),
    Reference("post", "created_by"),
    Reference("recipient_list", "created_by"),
    Reference("resonance_research", "user_id"),
    Reference("skill_execution", "executed_by"),
    Reference("social_campaign", "user_id"),
    Reference("storage_bucket", "created_by"),
    Reference("storage_object", "created_by"),
    Reference("suppression", "created_by"),
    Reference("task", "assigned_to"),
    Reference("task", "created_by"),
    Reference("ticket", "assigned_to"),
    Reference("ticket", "created_by"),
    Reference("ticket", "resolved_by"),
    Reference("ticket_note", "author_id"),
    Reference("workflow", "created_by"),
)


@dataclass(frozen=True)
class Export:
    """What is known of a person.

    Attributes:
        rows: by table: whole rows where they are theirs, the ids where they are the agency's work.
        cut: tables of which more than the maximum is known.
    """

    rows: dict[str, list[dict[str, object]]]
    cut: list[str]


async def export(core: Core, tenant: Tenant, user_id: UUID) -> Export:
    """Hand out what is known of a person: to themselves, or to who may remove them.

    Secrets and hashes are left out: they prove who somebody is and tell nothing about them.

    Raises:
        RefusedError: the tenant may not, or the agency has no such person.
    """
    rows: dict[str, list[dict[str, object]]] = {}
    async with service_transaction(core.pool, tenant) as connection:
        if tenant.user_id != user_id:
            await permissions.require(connection, tenant, "member.remove")
        person = await members.managed(connection, tenant, user_id)
        rows["user"] = await store.rows_of(
            connection, Reference("user", "id"), user_id, whole=True, limit=1
        )
        for reference in (*THEIRS, *WORK):
            found = await store.rows_of(
                connection, reference, user_id, whole=reference in THEIRS, limit=ROWS_MAX + 1
            )
            if found:
                rows.setdefault(reference.table, []).extend(found)
        await trail.note(connection, person, Action.EXPORT)
    cut = [table for table, found in rows.items() if len(found) > ROWS_MAX]
    return Export({table: found[:ROWS_MAX] for table, found in rows.items()}, cut)


async def erase(core: Core, tenant: Tenant, user_id: UUID) -> dict[str, int]:
    """Erase a person: their rows go, the agency's work stays without their name.

    Returns:
        how many rows of each table were deleted.

    Raises:
        RefusedError: the tenant may not, or they are the last owner.
    """
    deleted: dict[str, int] = {}
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.remove")
        person = await members.managed(connection, tenant, user_id)
        if person.role == "owner":
            await members.require_other_owner(connection, person)
        for reference in THEIRS:
            deleted[reference.table] = await store.delete_rows_of(connection, reference, user_id)
        await store.run(
            connection, "forget_invitations", agency_id=person.agency_id, email=person.email
        )
        await store.run(connection, "forget_person", user_id=user_id)
        await trail.note(connection, person, Action.ERASE)
    return {table: count for table, count in deleted.items() if count}
