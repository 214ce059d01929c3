from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.unify.audit.checks.planting import PLATFORM

from mainstem.pg.connect import connect
from mainstem.unify.isolation import Proof, Verdict, prove_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.isolation import ObjectVerdict


class Sample:
    """A database with the platform's claims; what a test makes in it is rolled back."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self.connection = connection

    def proof(self, sql: str, *, mutates: bool = False) -> Proof:
        """The proof of what the SQL makes."""
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(sql.encode())
            return prove_on(self.connection, name="sample", mutates=mutates)

    def verdicts(self, sql: str) -> dict[str, ObjectVerdict]:
        """The verdicts by the objects' names."""
        return {each.name: each for each in self.proof(sql).objects}

    @contextmanager
    def kept(self, sql: str) -> Iterator[psycopg.Connection[TupleRow]]:
        """What the SQL makes, until the block ends."""
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(sql.encode())
            yield self.connection


def quiet(verdicts: dict[str, ObjectVerdict]) -> dict[str, str]:
    """The objects that are not proven, with the reasons."""
    return {
        name: f"{each.verdict.value}: {each.reason}"
        for name, each in verdicts.items()
        if each.verdict is not Verdict.PROVEN
    }


@pytest.fixture(scope="session")
def _platform(scratch: ScratchServer) -> Iterator[psycopg.Connection[TupleRow]]:
    name = f"proof_{uuid4().hex}"
    with connect(scratch.create_database(name)) as connection:
        connection.execute(PLATFORM)
        connection.execute("grant usage on schema auth to anon, authenticated")
        connection.commit()
        yield connection
    scratch.drop_database(name)


@pytest.fixture
def sample(_platform: psycopg.Connection[TupleRow]) -> Sample:
    """A database like the platform's, empty but for it."""
    return Sample(_platform)
