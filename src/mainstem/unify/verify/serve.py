"""A process that walks sides of a verification, as the process that started it asks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final

from mainstem.errors import MainstemError
from mainstem.unify.verify.source_side import SourceSide
from mainstem.unify.verify.target_side import TargetSide

if TYPE_CHECKING:
    from mainstem.unify.verify.passes import Side

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
        path, url = connection.recv()
        with SourceSide(path, url) as source, TargetSide(url) as target:
            sides: dict[str, Side] = {"source": source, "target": target}
            connection.send(Answer(hash(_PROBE)))
            while True:
                side, walk, comparison = connection.recv()
                connection.send(Answer(walk(sides[side], comparison, connection.send)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except MainstemError as error:
        connection.send(Failure(error))
