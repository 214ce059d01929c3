"""Who asked a moment ago, and what the database was asked for it.

Nothing here is believed: a transaction for a remembered access opens with the same question, and
reads nothing where the answer is another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mainstem.core import store

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mainstem.core.model import Access

KEPT_MAX = 10_000
Answer = tuple[str | None, ...]


class Asked(NamedTuple):
    """What the database is asked about: a key's prefix, a token's session, a cookie's hash."""

    prefix: str | None
    session_id: UUID | None
    token_hash: bytes | None

    def question(self, now: datetime) -> str:
        """The statement, at that time."""
        return store.access_question(**self._asdict(), now=now)


@dataclass(frozen=True)
class Kept:
    """An access, what the database was asked for it and said, and how long that counts."""

    access: Access
    asked: Asked
    answer: Answer
    good_until: datetime


class Known:
    """Remembers accesses by the hash of what was brought; the one that came first gives way."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Kept] = {}

    def get(self, mark: bytes) -> Kept | None:
        """What was kept under that hash."""
        return self._kept.get(mark)

    def keep(self, mark: bytes, kept: Kept) -> None:
        """Keep it."""
        while len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[mark] = kept
