"""What core holds for as long as a process serves: one of each, made at the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mainstem.core.issuer import Issuers
from mainstem.core.known import Known
from mainstem.core.mail import ConsoleMail
from mainstem.core.passwords import Passwords
from mainstem.core.permissions import Permissions
from mainstem.core.signing import Signing

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg_pool import AsyncConnectionPool

    from mainstem.core.mail import Mail
    from mainstem.core.master_key import MasterKeys
    from mainstem.core.transaction import Connection

#: no refused sign-in is answered sooner: an old bcrypt hash, our own and none take the same time
REFUSAL_S = 0.4


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Core:
    """The parts.

    Attributes:
        pool: connections of the application's login.
        keys: the key-encryption keys.
        base_url: the address that links in e-mails lead to; never taken from a request.
        redirects: the origins that a sign-in link may lead back to, besides the base address.
        mail: what sends e-mail.
        passwords: the pool that hashes.
        signing: the keys of access tokens.
        permissions: which permissions there are.
        known: who asked a moment ago; what they see is asked again each time.
        issuers: what is known of those who say who somebody is.
        clock: the time; tests move it.
        refusal_s: how long a refused sign-in takes at least.
    """

    pool: AsyncConnectionPool[Connection]
    keys: MasterKeys
    base_url: str = "http://127.0.0.1:8000"
    redirects: frozenset[str] = frozenset()
    mail: Mail = field(default_factory=ConsoleMail)
    passwords: Passwords = field(default_factory=Passwords)
    signing: Signing = field(default_factory=Signing)
    permissions: Permissions = field(default_factory=Permissions)
    known: Known = field(default_factory=Known)
    issuers: Issuers = field(default_factory=Issuers)
    clock: Callable[[], datetime] = now
    refusal_s: float = REFUSAL_S

    def close(self) -> None:
        """End the threads; the pool is its owner's."""
        self.passwords.close()
