"""The connection that migrations run on: one statement at a time, watched, no row kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from mainstem.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.rows import TupleRow

    from mainstem.unify.replay.limits import Limits
    from mainstem.unify.replay.scratch import Scratch
    from mainstem.unify.replay.watchdog import Watchdog

TIMED_OUT: Final = "57014"
_RESET: Final = "reset session authorization; reset role; reset all; unlisten *"
_ROWS_AT_ONCE: Final = 1000
_PIECE: Final = 1 << 20


@dataclass(frozen=True)
class Complaint:
    """Why the server refused a statement; `position` counts characters from 1."""

    sqlstate: str
    message: str
    position: int | None = None
    table: str | None = None
    schema: str | None = None


class Session:
    """Runs statements as the migrations' role; connects again when its connection was ended."""

    def __init__(self, scratch: Scratch, limits: Limits, watchdog: Watchdog) -> None:
        self._scratch = scratch
        self._limits = limits
        self._watchdog = watchdog
        self._connection = scratch.runner(limits)
        self._keeper: psycopg.Connection[TupleRow] | None = None

    @property
    def connection(self) -> psycopg.Connection[TupleRow]:
        """The connection itself, for reading the catalog."""
        return self._connection

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open, failed or not."""
        return self._connection.info.transaction_status is not TransactionStatus.IDLE

    def run(
        self, text: str, *, rows: str | None = None, has_result: bool = False
    ) -> Complaint | None:
        """Run a statement; return why it failed, or None.

        Args:
            text: the statement, or several where none has a result.
            rows: what follows a COPY.
            has_result: whether it may return rows, however many: they are read and dropped.
        """
        try:
            with self._watchdog.watching(self._connection.info.backend_pid):
                self._send(text, rows, has_result=has_result)
        except psycopg.Error as error:
            return self._complaint(error)
        except UnicodeEncodeError:
            return Complaint("22021", "it holds characters that are not valid Unicode")
        return None

    def _send(self, text: str, rows: str | None, *, has_result: bool) -> None:
        with self._connection.cursor() as cursor:
            if rows is not None:
                with cursor.copy(text.encode()) as copy:
                    for start in range(0, len(rows), _PIECE):
                        copy.write(rows[start : start + _PIECE])
            elif has_result:
                for _ in cursor.stream(text.encode(), size=_ROWS_AT_ONCE):
                    pass
            else:
                cursor.execute(text.encode())

    def _complaint(self, error: psycopg.Error) -> Complaint:
        said = error.diag
        if self._connection.closed:
            self._connect_again()
            ended = self._watchdog.ended
            if ended is not None:
                return Complaint(TIMED_OUT, ended.value)
            return Complaint(said.sqlstate or "08006", "it ended its own connection")
        position = said.statement_position
        return Complaint(
            said.sqlstate or "XX000",
            said.message_primary or str(error).splitlines()[0],
            int(position) if position else None,
            said.table_name,
            said.schema_name,
        )

    def _connect_again(self) -> None:
        with suppress(ServerError):
            self._connection = self._scratch.runner(self._limits)

    def reset(self) -> None:
        """Undo what a file set for its session; an open transaction is committed."""
        if self.is_in_transaction:
            self.run("commit")
        self.run(_RESET)

    def make_roles(self, names: Iterable[str]) -> None:
        """Make roles without rights, as the superuser, and let the migrations give to them."""
        if self._keeper is None:
            self._keeper = self._scratch.keeper()
        for name in names:
            role = sql.Identifier(name)
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.ReservedName):
                self._keeper.execute(sql.SQL("create role {} nologin").format(role))
                self._keeper.execute(sql.SQL("grant {} to postgres").format(role))

    def close(self) -> None:
        """End its connections."""
        self._connection.close()
        if self._keeper is not None:
            self._keeper.close()
