"""A process that walks one side of a verification, as the process that started it asks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from mainstem.errors import MainstemError
from mainstem.unify.verify.source_side import SourceSide
from mainstem.unify.verify.target_side import TargetSide

_PROBE: Final = "mainstem"


@dataclass(frozen=True)
class Failure:
    """An expected failure, to be raised by whoever asked."""

    error: MainstemError


@dataclass(frozen=True)
class Answer:
    """What was asked for. The first one is the hash of a known text."""

    value: object


def main() -> None:
    """Serve until nobody asks any more; the argument is the connection's file descriptor."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        side, arguments = connection.recv()
        with _open(side, arguments) as opened:
            connection.send(Answer(hash(_PROBE)))
            while True:
                for walk, comparison in connection.recv():
                    connection.send(Answer(walk(opened, comparison, connection.send)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except MainstemError as error:
        connection.send(Failure(error))


def _open(side: str, arguments: tuple[str, ...]) -> SourceSide | TargetSide:
    if side == "source":
        path, url = arguments
        return SourceSide(Path(path), url)
    return TargetSide(*arguments)
