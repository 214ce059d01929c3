"""Which database is meant: DATABASE_URL, or else the embedded server, started when needed."""

from __future__ import annotations

import os

from mainstem.pg.connect import parse
from mainstem.pg.embedded import EmbeddedServer


def external_url() -> str | None:
    """Return DATABASE_URL, checked to be an address; None when it is not set.

    Raises:
        ServerError: it is set but is no PostgreSQL address.
    """
    url = os.environ.get("DATABASE_URL", "").strip()
    if not url:
        return None
    parse(url)
    return url


def database_url() -> str:
    """Return the address of the database to use; starts the embedded server when it is that one.

    Raises:
        ServerError: DATABASE_URL is no address, or the embedded server does not start.
    """
    url = external_url()
    if url is not None:
        return url
    server = EmbeddedServer.default()
    server.start()
    return server.url()
