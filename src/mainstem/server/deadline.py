"""A connection whose life is bounded, even when the server has stopped answering."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

#: libpq counts in whole seconds, and no fewer than two
CONNECT_TIMEOUT_S = 2


@contextmanager
def brief_connection(url: str, *, limit_s: float) -> Iterator[psycopg.Connection[TupleRow]]:
    """A read-only connection; when the time is up the line is cut and the statement fails.

    A statement timeout alone does not do: a server that is frozen does not enforce it. So the
    socket is shut down from outside, on a duplicate of ours, which can never be somebody else's.

    Raises:
        ServerError: the server cannot be reached within two seconds, or refuses.
        psycopg.OperationalError: the time is up.
    """
    address = make_conninfo(url, connect_timeout=CONNECT_TIMEOUT_S)
    opened = connect(address, application_name="mainstem serve")
    with opened as connection, socket.socket(fileno=os.dup(connection.fileno())) as line:
        timer = threading.Timer(limit_s, _cut, (line,))
        timer.daemon = True
        timer.start()
        try:
            connection.read_only = True
            connection.execute(f"set local statement_timeout = {int(limit_s * 1000)}")
            yield connection
        finally:
            timer.cancel()


def _cut(line: socket.socket) -> None:
    line.shutdown(socket.SHUT_RDWR)
