from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient
from tests.server.world import World, opened_world

from mainstem.pg.connect import connect
from mainstem.server import build_app
from mainstem.server.health import look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from litestar import Litestar

    from mainstem.pg.scratch import ScratchServer


@pytest.fixture(scope="session")
def _looking(migrated_url: str) -> TestClient[Litestar]:
    """The app that `client` looks with: making one takes longer than most of its tests."""
    return TestClient(build_app(migrated_url))


@pytest.fixture
def client(
    _looking: TestClient[Litestar], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> TestClient[Litestar]:
    """A client of the app, which looks at this test's own database anew for each request."""
    monkeypatch.setattr("mainstem.server.watch.FRESH_S", -1.0)
    monkeypatch.setattr("mainstem.server.watch.look", lambda _: look(database_url))
    return _looking


@pytest.fixture
def run_sql(database_url: str) -> Callable[[str], None]:
    """Change the database behind the app's back."""

    def run(statement: str) -> None:
        with connect(database_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    return run


@pytest.fixture(scope="session")
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated database that no test changes."""
    url: str = request.getfixturevalue("_pooled_url")
    return url


@pytest.fixture(scope="session")
def reader(migrated_url: str) -> Iterator[TestClient[Litestar]]:
    """A client of the app on a migrated database that no test changes."""
    with TestClient(build_app(migrated_url)) as opened:
        yield opened


@pytest.fixture(scope="session")
def world(
    scratch: ScratchServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The app, an agency's rows, and who asks."""
    with opened_world(scratch, template, tmp_path_factory.mktemp("files")) as made:
        yield made
