"""People never to write to again: who opted out, or was erased.

Only a keyed hash of who they are is kept. It is of the agency and the kind, so that two agencies'
lists cannot be held against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.revos.sequence import store

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment


def hashes(keys: MasterKeys, agency_id: UUID, kind: str, value: str) -> list[bytes]:
    """The hashes that a person's value may stand on the list with, the current key's first."""
    return keys.keyed_hashes(_text(agency_id, kind, value))


def suppress(
    keys: MasterKeys,
    moment: Moment,
    *,
    client_id: UUID,
    kind: str,
    value: str,
    reason: str,
    source: str,
) -> None:
    """Put a person on a client's list.

    Args:
        keys: what hashes.
        moment: whose list, and when.
        client_id: the client.
        kind: linkedin, email, email_domain, phone or postal.
        value: the id or address; only its hash is kept.
        reason: opt_out, erasure, complaint, bounce, blocked or manual.
        source: person, message, webhook, import or system.
    """
    store.rows(
        moment,
        "suppress",
        client_id=client_id,
        kind=kind,
        value_hash=keys.keyed_hash(_text(moment.agency_id, kind, value)),
        hint=None,
        reason=reason,
        source=source,
    )


def _text(agency_id: UUID, kind: str, value: str) -> bytes:
    folded = value.strip() if kind == "linkedin" else value.strip().casefold()
    return f"suppression {agency_id} {kind} {folded}".encode()
