"""A write to the provider, from the wish to what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mainstem.jobs import Done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.revos.accounts import FreeAccount, Route
    from mainstem.revos.unipile import Outcome, Provider, Sent

    Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A write that shall be made now: by which account, about which row."""

    account: FreeAccount
    route: Route
    subject_id: UUID


@dataclass(frozen=True)
class Settled(Done):
    """The job of a write is done; what became of the write is for the ledger, not the archive.

    Attributes:
        outcome: None: it was not wanted any more, and never made.
    """

    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Whose work it is, and when."""

    connection: Connection
    agency_id: UUID
    at: datetime


class Request(Protocol):
    """A call with all that it needs."""

    @property
    def is_wanted(self) -> bool:
        """Whether it should be made still."""
        ...

    async def make(self, provider: Provider) -> Outcome:
        """Make the call, once."""
        ...

    async def look(self, provider: Provider) -> Sent | None:
        """Look whether a call that may have been made was; None when there is no sign of it."""
        ...


class Sender(Protocol):
    """One kind of write. What it asks for lies in its own rows; the ledger is common to all."""

    @property
    def name(self) -> str:
        """As the job's payload and the ledger name it."""
        ...

    def due(self, moment: Moment) -> set[UUID]:
        """Return the accounts that have something to write."""
        ...

    def take(self, moment: Moment, accounts: Mapping[UUID, FreeAccount]) -> list[Wanted]:
        """Return what is due and allowed, at most one for each account, its rows marked so."""
        ...

    def load(self, moment: Moment, subject_ids: Sequence[UUID]) -> Mapping[UUID, Request]:
        """Return what each call needs; one whose row is gone is left out."""
        ...

    def settle(
        self, moment: Moment, subject_id: UUID, account_id: UUID, outcome: Outcome | None
    ) -> None:
        """Write down what became of it. None: it was not wanted any more, and never made."""
        ...
