from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from litestar.testing import TestClient
from tests.web.plans import make_plans
from tests.web.world import PASSWORD, World

from mainstem.server import build_app
from mainstem.server.settings import Settings
from mainstem.stores.model import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from litestar import Litestar

    from mainstem.pg.scratch import ScratchServer

Browser = TestClient["Litestar"]


@pytest.fixture(scope="session")
def world(scratch: ScratchServer, template: str) -> Iterator[World]:
    """The database of these tests; whoever changes it changes what nobody else reads."""
    name = f"web_{uuid4().hex}"
    made = World(scratch.create_database(name, template=template))
    made.seed()
    yield made
    scratch.drop_database(name)


@pytest.fixture(scope="session")
def plans(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's folder."""
    return make_plans(tmp_path_factory.mktemp("plans"), world.url)


@pytest.fixture(scope="session")
def app(world: World, plans: Path) -> Litestar:
    files = Place(folder=plans / "files")
    return build_app(world.url, settings=Settings(world.keys, plans=plans, files=files))


@pytest.fixture(scope="session")
def served(app: Litestar) -> Iterator[Browser]:
    """The app, running; it keeps no cookies of its own."""
    with TestClient(app) as opened:
        opened.follow_redirects = False
        yield opened


_tokens: dict[str, str] = {}


@pytest.fixture(scope="session")
def sign_in(served: Browser) -> Callable[[str], dict[str, str]]:
    """Sign somebody in, once a run; what their requests carry then."""

    def begin(email: str) -> dict[str, str]:
        if email not in _tokens:
            answer = served.post("/sign-in", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            _tokens[email] = answer.cookies["mainstem"]
            served.cookies.clear()
        return {"cookie": f"mainstem={_tokens[email]}"}

    return begin


@pytest.fixture
def anonymous(served: Browser) -> Browser:
    served.cookies.clear()
    return served
