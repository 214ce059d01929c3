"""Serving on a socket: all that runs beside, and a clean end on SIGINT and SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
from typing import TYPE_CHECKING, NoReturn

import uvicorn

from mainstem.server.app import build_app
from mainstem.server.beside import demonstrating
from mainstem.server.listen import address, trusted_hosts
from mainstem.server.record import keep_record
from mainstem.server.sandbox import sandbox
from mainstem.server.settings import Settings
from mainstem.server.upkeep import upkeep

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

#: how long requests under way may take once somebody asked the server to end
GRACE_S = 5


def serve_on(
    listener: socket.socket,
    url: str,
    *,
    home: Path,
    host: str,
    on_listening: Callable[[str], None],
) -> None:
    """Serve until a signal.

    Args:
        listener: where people connect.
        url: the database's address.
        home: where the record of a running server is kept.
        host: the address that the socket listens on.
        on_listening: is told the address as soon as people are answered.
    """
    port = listener.getsockname()[1]
    with sandbox(os.environ, home=home) as beside:
        given = os.environ | (beside.settings() if beside else {})
        settings = Settings.from_environment(
            url, home=home, address=address(host, port), environment=given
        )
        if beside:
            beside.tell(address(host, port))
        hosts = trusted_hosts(host, port, base_url=settings.base_url)
        app = build_app(url, hosts=hosts, settings=settings)
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, timeout_graceful_shutdown=GRACE_S
        )
        logging.basicConfig(format="%(levelname)s: %(message)s")
        logging.getLogger("mainstem").setLevel(logging.INFO)
        with keep_record(home, address=address(host, port), url=url):
            # uvicorn ends what is under way, then raises the signal again for whoever was before.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, _leave)
            on_listening(address(host, port))
            with (
                upkeep(url, files=settings.files),
                demonstrating(beside, os.environ, url=url, server=address(host, port)),
            ):
                uvicorn.Server(config).run(sockets=[listener])


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise SystemExit(0)
