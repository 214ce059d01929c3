"""Passwords: argon2id in a pool of its own, common ones refused, hashes of Supabase taken once.

Parameters are OWASP's (19 MiB, 2 passes, 1 lane). Hashing takes tens of milliseconds of a core and
megabytes, so that few run at once and few wait: a flood of sign-ins costs the others nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LENGTH_MIN = 10
LENGTH_MAX = 200
#: an attacker who knows the usual lists gets this far within a minute
GUESSES_MIN = 1_000_000
#: judged so far: the time grows with the length, and what follows can only make it harder
JUDGED_LENGTH = 40
#: bcrypt looks at no more
BCRYPT_BYTES = 72
BCRYPT_PREFIXES = ("$2a$", "$2b$", "$2y$")
THREADS = 2
WAITING_MAX = 64
WAIT_S = 2

Result = TypeVar("Result")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Passwords:
    """Hashes and verifies off the event loop, so many at once and no more."""

    def __init__(self, *, threads: int = THREADS, waiting_max: int = WAITING_MAX) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="mainstem-password")
        self._places = threads + waiting_max
        self._taken = 0
        self._nobody = _nobodys_hash()

    def close(self) -> None:
        """End the threads; what waits is not begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The argon2id hash.

        Raises:
            RefusedError: too many wait already.
        """
        return await self._run(lambda: _HASHER.hash(password))

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one that was hashed; None is nobody's, and takes as long.

        Raises:
            RefusedError: too many wait already.
        """
        return await self._run(lambda: _verify(password, kept, self._nobody))

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._taken >= self._places:
            raise RefusedError(
                "over_request_rate_limit",
                "Too many people sign in at this moment; try again in a few seconds.",
                status=429,
                retry_after_s=WAIT_S,
            )
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._taken -= 1


@cache
def _nobodys_hash() -> str:
    """What is verified where there is no hash, so that it takes as long; made once a process."""
    return _HASHER.hash(secrets.token_urlsafe())


def needs_rehash(kept: str) -> bool:
    """Whether the hash is a legacy app's, or of weaker parameters than ours."""
    return kept.startswith(BCRYPT_PREFIXES) or _HASHER.check_needs_rehash(kept)


def require_strong(password: str, about: Iterable[str] = ()) -> None:
    """Refuse a password that is short, common, or made from what is known of the person.

    Args:
        password: the password.
        about: words that an attacker would try first: the e-mail, the names, the agency.

    Raises:
        RefusedError: with the code `weak_password`, and what to do better.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - it reads its lists of words: only for this

    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise WeakPasswordError(
            "length", f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters."
        )
    words = [word for text in about for word in (text, *text.replace("@", " ").split())]
    judged = zxcvbn(password[:JUDGED_LENGTH], user_inputs=words)
    if judged["guesses"] < GUESSES_MIN:
        raise WeakPasswordError(
            "pwned", "This password is among the first that anybody would try; choose another one."
        )


class WeakPasswordError(RefusedError):
    """A password that would not keep anybody out."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__("weak_password", message, status=422)
        self.reasons = [reason]


def _verify(password: str, kept: str | None, nobody: str) -> bool:
    if kept is not None and kept.startswith(BCRYPT_PREFIXES):
        try:
            return bcrypt.checkpw(password.encode()[:BCRYPT_BYTES], kept.encode())
        except ValueError:
            return False
    try:
        return _HASHER.verify(kept or nobody, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
