"""The run's server with one connection for making and dropping databases: a new one takes 3 ms."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.pg.connect import connect
from mainstem.pg.scratch import ScratchServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class _Lasting(ScratchServer):
    kept: list[Connection] = field(default_factory=list)

    @contextmanager
    def administering(self) -> Iterator[Connection]:
        if not self.kept or self.kept[-1].closed:
            self.kept.append(connect(self.url(), autocommit=True))
        yield self.kept[-1]


@contextmanager
def lasting(server: ScratchServer) -> Iterator[ScratchServer]:
    """The same server, whose connection is closed at the end."""
    made = _Lasting(server.folder, server.bin_dir)
    yield made
    for connection in made.kept:
        connection.close()
