"""Download links: signed, each a person's own, good for a while, their clicks counted.

The token is an HMAC of agency and sequence, so that the same message always holds the same link.
Only its hash is kept (`app.token_route`), with the time until which it works.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from mainstem.revos.sequence import store

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment

PATH = "/d"
TOKEN_BYTES = 24
WORKS_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Links:
    """Makes and opens them."""

    keys: MasterKeys = field(repr=False)
    base_url: str

    def address(self, agency_id: UUID, sequence_id: UUID) -> str:
        """The link of a sequence's person."""
        return f"{self.base_url}{PATH}/{self._token(agency_id, sequence_id)}"

    def open(self, moment: Moment, sequence_id: UUID) -> None:
        """Let the link of a sequence work from now on, for thirty days."""
        store.rows(
            moment,
            "open_link",
            sequence_id=sequence_id,
            token=route_of(self._token(moment.agency_id, sequence_id)),
            expires_at=moment.at + WORKS_FOR,
        )

    def _token(self, agency_id: UUID, sequence_id: UUID) -> str:
        signed = self.keys.keyed_hash(f"download {agency_id} {sequence_id}".encode())
        return base64.urlsafe_b64encode(signed[:TOKEN_BYTES]).decode()


def route_of(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()
