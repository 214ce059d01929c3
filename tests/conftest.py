"""One throw-away PostgreSQL for the whole run, shared by all workers; databases are clones.

`connection` is rolled back after each test; a test that commits takes `kept`, or
`database_url` where it changes roles, settings or much of the schema.
"""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from tests.kept import Keeper
from tests.lasting import lasting
from tests.pristine import copied_clusters

from mainstem.db.migrate import migrate
from mainstem.errors import MigrationError
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.pg.scratch import ScratchServer, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow
    from tests.kept import Kept

    class Node(Protocol):
        """What is used of xdist's worker, which comes without types."""

        config: Any
        workerinput: dict[str, tuple[str, str]]


# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

TEMPLATE = "migrated"
TEMPLATE_LOCK = 1
#: where temporary files go if there is room: a database is 1,600 files, and making those on a disk
#: takes ten times as long
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 4 * 2**30
#: how many objects are made before a look for those that are no longer reached
GARBAGE_MIN = 50_000
#: folders whose tests share what takes a second to make, such as a server or a run to verify: one
#: worker makes it, and runs all of these
TOGETHER = frozenset(
    f"tests/{name}"
    for name in ("core", "rest", "samples", "storage", "unify/replay", "unify/verify", "web")
)
#: files that take half a minute or more each, which nothing should wait for at the end
LONG = ("tests/acceptance/", "tests/unify/several/")
_at_end = ExitStack()


class NetworkError(RuntimeError):
    """A test reached for the network."""


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise NetworkError(f"tests use no network, and this one connects to {address[0]}")


def _is_loopback(host: str) -> bool:
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def pytest_configure(config: pytest.Config) -> None:
    del config
    gc.set_threshold(GARBAGE_MIN)
    sys.addaudithook(_refuse_network)
    # A test that forgets to say which database would use the person's own.
    for name in [name for name in os.environ if name.startswith("PG") or name == "DATABASE_URL"]:
        del os.environ[name]
    os.environ["MAINSTEM_HOME"] = "/dev/null/tests-name-their-own-home"
    # Whom to trust is for the network. Otherwise each of the thousand HTTP clients that tests make
    # reads the certificates of the whole world, which takes 25 ms.
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = "/dev/null/tests-trust-nobody"
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN:
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Node) -> None:
    """With xdist: the controller runs the server and tells each worker where it is."""
    if not hasattr(node.config, "scratch"):
        node.config.scratch = _at_end.enter_context(scratch_server())
    server: ScratchServer = node.config.scratch
    node.workerinput["scratch"] = (str(server.folder), str(server.bin_dir))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With xdist: workers get whole files, whose fixtures are made once and whose order holds."""
    # Only xdist asks; it comes without types.
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped] # noqa: PLC0415

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _unit(nodeid)

    config.option.loadscopereorder = False
    return Scheduling(config, log)


def _unit(nodeid: str) -> str:
    """What one worker runs: a file, or a folder."""
    file = nodeid.partition("::")[0]
    folder = file.rpartition("/")[0]
    return folder if folder in TOGETHER else file


def _turn(unit: str) -> int:
    if unit in TOGETHER:
        return 0
    return 1 if unit.startswith(LONG) else 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The largest pieces first, so that the workers end together."""
    items.sort(key=lambda item: _turn(_unit(item.nodeid)))


def pytest_collection_finish() -> None:
    # What collecting made stays: looking through it again and again is a sixth of the run's CPU.
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    _at_end.close()


@pytest.fixture(scope="session", autouse=True)
def _pristine() -> Iterator[None]:
    with copied_clusters():
        yield


@pytest.fixture(scope="session")
def scratch(request: pytest.FixtureRequest) -> ScratchServer:
    """The server of this run."""
    told: dict[str, tuple[str, str]] = getattr(request.config, "workerinput", {})
    if "scratch" in told:
        folder, bin_dir = told["scratch"]
        server = ScratchServer(Path(folder), Path(bin_dir))
    else:
        server = _at_end.enter_context(scratch_server())
    return _at_end.enter_context(lasting(server))


@pytest.fixture(scope="session")
def template(scratch: ScratchServer) -> str:
    """The name of the migrated database that others are copied from; made by the first to ask."""
    with connect(scratch.url(), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        found = connection.execute("select from pg_database where datname = %s", (TEMPLATE,))
        if found.fetchone() is None:
            unfinished = f"{TEMPLATE}_unfinished"
            scratch.drop_database(unfinished)
            with connect(scratch.create_database(unfinished)) as building:
                _migrate(building)
            connection.execute(f"alter database {unfinished} rename to {TEMPLATE}")
    return TEMPLATE


def _migrate(connection: psycopg.Connection[TupleRow]) -> None:
    try:
        migrate(connection)
    except MigrationError as error:
        pytest.fail(f"the migrations do not apply: {error}", pytrace=False)


@pytest.fixture(scope="session")
def _pooled_url(scratch: ScratchServer, template: str) -> str:
    return scratch.create_database(f"worker_{uuid4().hex}", template=template)


@pytest.fixture(scope="session")
def _connections(_pooled_url: str) -> Iterator[list[psycopg.Connection[TupleRow]]]:
    """The connection that tests use one after another: a new one reads the catalog anew."""
    kept: list[psycopg.Connection[TupleRow]] = []
    yield kept
    for each in kept:
        each.close()


@pytest.fixture
def connection(
    _pooled_url: str, _connections: list[psycopg.Connection[TupleRow]]
) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection to a migrated database; whatever the test does is rolled back."""
    opened = _connections.pop() if _connections else connect(_pooled_url, application_name="test")
    yield opened
    if not opened.closed:
        opened.rollback()
        opened.autocommit = True
        opened.execute(b"discard all")
        opened.autocommit = False
        _connections.append(opened)


@pytest.fixture(scope="session")
def keeper(scratch: ScratchServer, template: str) -> Iterator[Keeper]:
    """Who keeps the database that is lent as `kept`."""
    made = Keeper(scratch, template)
    yield made
    made.close()


@pytest.fixture
def kept(keeper: Keeper) -> Iterator[Kept]:
    """A migrated database that is this test's own for as long as it lasts, and as new."""
    with keeper.lent() as lent:
        yield lent


@pytest.fixture
def database_url(scratch: ScratchServer, template: str) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    name = f"test_{uuid4().hex}"
    yield scratch.create_database(name, template=template)
    scratch.drop_database(name)


@pytest.fixture
def empty_database_url(scratch: ScratchServer) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    name = f"test_{uuid4().hex}"
    yield scratch.create_database(name)
    scratch.drop_database(name)


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home for an embedded server, which is stopped and removed afterwards."""
    # Not below tmp_path, which is closed to the account that the server runs as under root.
    folder = Path(tempfile.mkdtemp(prefix="mainstem-home-"))
    yield folder
    if (folder / "postgresql" / "data" / "PG_VERSION").exists():
        EmbeddedServer(folder).stop()
    shutil.rmtree(folder)
