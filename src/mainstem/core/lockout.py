"""How often somebody may fail: five times an account, then longer and longer pauses.

Attempts are counted before they are made, so that many at once gain nothing, and for e-mails that
nobody has as well, so that a pause tells nothing about who exists.
"""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.core import store
from mainstem.core.store import AttemptRow
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection

PAUSE_MIN_S = 30
PAUSE_MAX_S = 900


class Subject(enum.StrEnum):
    """Whose attempts are counted."""

    ACCOUNT = "account"
    ADDRESS = "address"
    SECOND_FACTOR = "second_factor"
    LETTER = "letter"


#: attempts without a pause; a whole office may share one address
FREE = {Subject.ACCOUNT: 5, Subject.ADDRESS: 50, Subject.SECOND_FACTOR: 5, Subject.LETTER: 3}


async def count(core: Core, connection: Connection, kind: Subject, name: str) -> None:
    """Count an attempt that is about to be made; the caller commits before it is made.

    Raises:
        RefusedError: there is a pause.
    """
    now = core.clock()
    subject = {"kind": kind, "subject_hash": _hash(core, kind, name)}
    row = await store.one(connection, AttemptRow, "count_attempt", now=now, **subject)
    assert row is not None, "an upsert returns its row"
    if row.locked_until is not None and row.locked_until > now:
        wait_s = int((row.locked_until - now).total_seconds()) + 1
        raise RefusedError(
            "over_request_rate_limit",
            f"Too many attempts; try again in {wait_s} seconds.",
            status=429,
            retry_after_s=wait_s,
        )
    over = row.failed_attempts - FREE[kind]
    if over >= 0:
        pause_s = min(PAUSE_MIN_S * 2 ** min(over, 10), PAUSE_MAX_S)
        until = now + timedelta(seconds=pause_s)
        await store.run(connection, "lock_subject", until=until, **subject)


async def forget(core: Core, connection: Connection, kind: Subject, name: str) -> None:
    """The attempt was right: nothing counts against the subject any more."""
    await store.run(connection, "forget_attempts", kind=kind, subject_hash=_hash(core, kind, name))


async def forgive(core: Core, connection: Connection, kind: Subject, name: str) -> None:
    """The attempt was right: this one does not count; others of the subject still do."""
    await store.run(
        connection,
        "forgive_attempt",
        kind=kind,
        subject_hash=_hash(core, kind, name),
        free=FREE[kind],
    )


def _hash(core: Core, kind: Subject, name: str) -> bytes:
    return core.keys.keyed_hash(f"{kind}:{name.strip().lower()}".encode())
