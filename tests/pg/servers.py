"""Starting servers from other processes, and a server that says what it is told to."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


START = """
import sys
from pathlib import Path
from mainstem.pg.embedded import EmbeddedServer
EmbeddedServer(Path(sys.argv[1])).start()
"""


def start_elsewhere(home: Path) -> subprocess.Popen[bytes]:
    """Start the server of a home from a process of its own."""
    return subprocess.Popen([sys.executable, "-c", START, str(home)])


def message(kind: bytes, body: bytes) -> bytes:
    """A message of PostgreSQL's protocol."""
    return kind + struct.pack("!I", len(body) + 4) + body


def refusal(sqlstate: str, text: str) -> bytes:
    """What a server sends before it hangs up."""
    fields = {"S": "FATAL", "V": "FATAL", "C": sqlstate, "M": text}
    body = b"".join(k.encode() + v.encode() + b"\0" for k, v in fields.items())
    return message(b"E", body + b"\0")


def welcome(server_version: str) -> bytes:
    """What a server of that version sends to someone it trusts."""
    parameters = {"server_version": server_version, "client_encoding": "UTF8"}
    said = [message(b"S", k.encode() + b"\0" + v.encode() + b"\0") for k, v in parameters.items()]
    return message(b"R", struct.pack("!I", 0)) + b"".join(said) + message(b"Z", b"I")


@contextmanager
def fake_server(reply: bytes) -> Iterator[str]:
    """A server on loopback that gives each startup message the same reply; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, reply))
        thread.start()
        port = listening.getsockname()[1]
        try:
            yield f"postgresql://someone:topsecret@127.0.0.1:{port}/books?sslmode=disable"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, reply: bytes) -> None:
    while True:
        try:
            talking, _ = listening.accept()
        except OSError:
            return
        with talking:
            talking.recv(4096)
            talking.sendall(reply)
            while talking.recv(4096):
                pass
