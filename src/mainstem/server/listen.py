"""Where the server listens: a free port, and the addresses by which people reach it."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from mainstem.errors import ConfigError, UsageError
from mainstem.kit.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ADDRESS_VARIABLE = "MAINSTEM_URL"
PORT_MAX = 65_535
PORTS_TRIED_MAX = 100
BACKLOG = 128


def serve(
    url: str, *, home: Path, host: str, port: int, on_listening: Callable[[str], None]
) -> NoReturn:
    """Serve until a signal ends the process with exit code 0.

    Args:
        url: the database's address.
        home: where the record of a running server is kept.
        host: the address to listen on.
        port: the port, or the first of a hundred that is free; 0 lets the system choose.
        on_listening: is told the address as soon as it takes connections.

    Raises:
        UsageError: the host is none of this machine's, or no port is free.
        ConfigError: others can reach it, and nobody said by which address.
    """
    require_address(host, os.environ)
    with closing(free_socket(host, port)) as listener:
        # The web server's code takes a second to import: whoever cannot listen need not wait.
        from mainstem.server.serving import serve_on  # noqa: PLC0415 - that is the point

        serve_on(listener, url, home=home, host=host, on_listening=on_listening)
    raise SystemExit(0)


def free_socket(host: str, port: int) -> socket.socket:
    """A listening socket on the port or the next that is free.

    Raises:
        UsageError: the host is none of this machine's, or a hundred ports are taken.
    """
    ports = range(port, min(port + PORTS_TRIED_MAX, PORT_MAX + 1)) if port else range(1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in ports:
        # TCP by name: on sockets of no named protocol asyncio lets the pieces of an answer wait for
        # each other, 40 ms of every one (`asyncio.base_events._set_nodelay`).
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            # Two sockets may be bound to one port with SO_REUSEADDR; only one may listen.
            listener.listen(BACKLOG)
        except PermissionError:
            listener.close()
            raise UsageError(f"port {candidate} needs root; choose one above 1023") from None
        except OSError as error:
            listener.close()
            if not _is_taken(error):
                raise UsageError(f"cannot listen on {host}: {error.strerror}") from None
        else:
            return listener
    raise UsageError(f"no port from {ports[0]} to {ports[-1]} is free on {host}; choose --port")


def address(host: str, port: int) -> str:
    """The URL to open."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what it means
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def require_address(host: str, environment: Mapping[str, str]) -> None:
    """Refuse to be reached from elsewhere without knowing by which name.

    Raises:
        ConfigError: MAINSTEM_URL is not set.
    """
    if not is_loopback(host) and not environment.get(ADDRESS_VARIABLE, "").strip():
        raise ConfigError(
            f"{host} can be reached from other machines: set {ADDRESS_VARIABLE} to the address "
            "that people open, such as https://app.example; requests for other hosts are refused"
        )


def trusted_hosts(host: str, port: int, *, base_url: str) -> list[str]:
    """What the Host header may say: the address that people open, and the names of this machine.

    A page of another site that gives its own name our address is refused (DNS rebinding), and no
    link is ever made of a name that a request brought.
    """
    literal = f"[{host}]" if ":" in host else host
    here = ("127.0.0.1", "localhost", "[::1]", *([literal] if is_loopback(host) else []))
    parts = urlsplit(base_url)
    opened = parts.netloc.rpartition("@")[2].lower()
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    bare = opened.removesuffix(f":{usual}")
    named = [bare] if parts.port not in {None, usual} else [bare, f"{bare}:{usual}"]
    return list(dict.fromkeys([*(f"{name}:{port}" for name in here), *named]))


def _is_taken(error: OSError) -> bool:
    return error.errno == errno.EADDRINUSE
