"""An agency whose accounts are the sandbox's: what RevOS is shown with, beside the merged samples.

A worker does the work of this agency and of no other: nothing that was merged changes by it.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import psycopg

from mainstem.db.queries import load_queries
from mainstem.errors import MainstemError
from mainstem.pg.connect import connect, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.sandbox.model import Account

LOG = logging.getLogger(__name__)
QUERIES = load_queries("mainstem.server", "demonstration.sql")
NAME = "Sandbox Studio"
SLUG = "sandbox-studio"
#: whose accounts they are; the address is nobody's (RFC 2606)
OWNER = "robin@sandbox.mainstem.example"


def begin(url: str, accounts: Sequence[Account], *, at: datetime) -> UUID | None:
    """Have a campaign for each of the sandbox's accounts, and a new post for people to comment on.

    Returns:
        the agency; None, and a line in the log, where the database does not take it.
    """
    rows = [{"id": one.id, "person_id": one.person.id, "name": one.person.name} for one in accounts]
    asked = {"name": NAME, "slug": SLUG, "email": OWNER, "accounts": json.dumps(rows), "at": at}
    try:
        with connect(url) as connection:
            connection.execute(QUERIES["make"], asked)
            row = connection.execute(QUERIES["publish"], asked).fetchone()
    except (MainstemError, psycopg.Error) as error:
        said = refusal(error) if isinstance(error, psycopg.Error) else str(error)
        LOG.warning("the sandbox's agency was not made: %s", said)
        return None
    assert row is not None, "it was made, or was there"
    agency_id: UUID = row[0]
    return agency_id
