"""`mainstem revos verify`: the whole path of a lead, on this machine, against the sandbox.

Real processes do the work (the server, a worker), in a home of their own; only the people are the
sandbox's. Each step is seen from outside: in the sandbox's log of writes, at the receiver of the
webhook, in the answer to the link.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from mainstem.core import master_key
from mainstem.db.migrate import migrate
from mainstem.db.pool import open_pool
from mainstem.db.queries import load_queries
from mainstem.db.tenant import Tenant
from mainstem.errors import VerifyError
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.revos import webhooks
from mainstem.revos.clock import VARIABLE as CLOCK_VARIABLE
from mainstem.revos.clock import Clock
from mainstem.revos.desk import Desk
from mainstem.revos.inbound import PATH as INBOUND_PATH
from mainstem.revos.sandbox import SCENARIOS, Sandbox, World, serving
from mainstem.revos.sandbox import Clock as SandboxClock
from mainstem.revos.unipile.client import (
    KEY_VARIABLE,
    URL_VARIABLE,
    WEBHOOK_SECRET_VARIABLE,
    Settings,
    opened,
)
from mainstem.revos.webhooks.jobs import LOOPBACK_VARIABLE
from mainstem.server import process
from mainstem.server.listen import ADDRESS_VARIABLE
from mainstem.server.settings import Settings as ServerSettings
from mainstem.server.workers import REHEARSAL_VARIABLE, announce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.revos.sandbox.people import Person

QUERIES = load_queries("mainstem.server", "rehearsal.sql")
KEY = "sandbox"
#: a reply that takes half an hour is here in seconds
SPEED = 240.0
STEP_LIMIT_S = 90.0
LOOK_S = 0.1
Found = TypeVar("Found")


@dataclass(frozen=True)
class Place:
    """The rows that the rehearsal is about."""

    agency_id: UUID
    client_id: UUID
    user_id: UUID
    account_id: UUID
    campaign_id: UUID
    post_id: UUID

    @property
    def owner(self) -> Tenant:
        """The person whose agency it is."""
        return Tenant(self.agency_id, self.user_id, "owner", None, "revos")


@dataclass
class Receiver:
    """A client's own system: what it got by webhook."""

    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    address: str = ""


@dataclass(frozen=True)
class Stage:
    """Everything that runs."""

    url: str
    address: str
    sandbox: Sandbox
    receiver: Receiver
    place: Place
    secret: str = field(repr=False)


def rehearse(home: Path, tell: Callable[[str], None]) -> None:
    """Walk the path and tell each step as it is seen.

    Args:
        home: an empty folder, for the database and its key.
        tell: gets a line a step.

    Raises:
        VerifyError: a step was not seen in time, or something was seen that must not be.
    """
    with ExitStack() as stack:
        stage = _opened(stack, home, tell)
        person = _contact(stage)
        post = _seen(lambda: stage.sandbox.linked()[0].posts, "the post is published")[0]
        tell(f"published   the post, by {stage.sandbox.linked()[0].person.name}'s account")
        stage.sandbox.world.add_comment(post, person, "GUIDE please!")
        tell(f"commented   {person.name}: GUIDE please!")
        asked = _message(stage, person, 1)
        tell(f"asked       {asked}")
        answer = _seen(lambda: _answers(stage, person), "the person answers")[0]
        tell(f"answered    {answer}")
        event = _seen(lambda: stage.receiver.got, "the webhook is received")[0]
        tell(f"told        {_checked(stage, event, person)}")
        tell(f"confirmed   {_message(stage, person, 2)}")
        link = _message(stage, person, 3)
        tell(f"sent        {link}")
        tell(f"clicked     {_followed(stage, link)}")
        _require_once(stage, person)
        tell("sent twice  nothing: the sandbox's own log holds each message once")


def _opened(stack: ExitStack, home: Path, tell: Callable[[str], None]) -> Stage:
    server = EmbeddedServer(home)
    server.start()
    stack.callback(server.stop)
    url = server.url()
    with connect(url) as connection:
        migrate(connection)
    tell("started     a database of its own")
    scenario = replace(SCENARIOS["quiet"], reply_share=1.0, reply_within_h=0.5)
    shows = datetime.now(UTC)
    sandbox = Sandbox(KEY, World(1, scenario, SandboxClock(shows, SPEED)))
    sandbox_address = stack.enter_context(_sandbox(sandbox))
    tell(f"started     the LinkedIn sandbox, {SPEED:g} times as fast as the world")
    receiver = stack.enter_context(_receiver())
    place = _make_place(url, sandbox)
    webhook_secret = master_key.generate()
    environment = {
        URL_VARIABLE: sandbox_address,
        KEY_VARIABLE: KEY,
        WEBHOOK_SECRET_VARIABLE: webhook_secret,
        CLOCK_VARIABLE: f"{shows.isoformat()} {shows.isoformat()} {SPEED}",
        LOOPBACK_VARIABLE: "1",
        REHEARSAL_VARIABLE: "1",
        "DATABASE_URL": url,
        "MAINSTEM_HOME": str(home),
    }
    with _environment(environment):
        running, _ = process.start(url, home=home, host="127.0.0.1", port=0)
    stack.callback(process.stop, home)
    stack.enter_context(_worker(environment | {ADDRESS_VARIABLE: running.address}))
    tell("started     the server and a worker")
    secret = asyncio.run(
        _set_up(url, home, sandbox_address, running.address, webhook_secret, place, receiver)
    )
    clock = Clock(shows, shows, SPEED)
    with open_pool(url, size_max=2) as pool:
        desk = Desk(pool, master_key.load(home, {}), announce, clock)
        asyncio.run(desk.activate(place.owner, place.campaign_id))
        asyncio.run(desk.publish(place.owner, place.post_id, when=None))
    tell("activated   the campaign; its preflight misses nothing")
    return Stage(url, running.address, sandbox, receiver, place, secret)


def _make_place(url: str, sandbox: Sandbox) -> Place:
    account = sandbox.linked()[0]
    with connect(url) as connection:
        made = connection.execute(
            QUERIES["make_world"],
            {
                "account_name": account.person.name,
                "unipile_account_id": account.id,
                "person_id": account.person.id,
                "offer_url": "https://example.com/guide.pdf",
            },
        ).fetchone()
    assert made is not None, "an insert that returns its row"
    return Place(*made)


async def _set_up(
    url: str,
    home: Path,
    sandbox_address: str,
    server_address: str,
    webhook_secret: str,
    place: Place,
    receiver: Receiver,
) -> str:
    """Have the provider tell the server, and the server the receiver; the receiver's secret."""
    async with opened(Settings(sandbox_address, KEY)) as provider:
        await provider.create_webhooks(server_address + INBOUND_PATH, secret=webhook_secret)
    settings = ServerSettings.from_environment(
        url, home=home, address=server_address, environment={}
    )
    core = settings.core(url)
    async with core.pool:
        wish = webhooks.NewEndpoint(
            client_id=place.client_id, name="Receiver", url=receiver.address
        )
        made = await webhooks.endpoints.create(core, place.owner, wish, allow_loopback=True)
    core.close()
    assert made.secret is not None, "a plain webhook is signed"
    return made.secret


def _contact(stage: Stage) -> Person:
    """Somebody who is a contact of the account and answers with their address."""
    world, account = stage.sandbox.world, stage.sandbox.linked()[0]
    return next(
        person
        for person in world.people
        if person.style == "sentence" and world.distance(account, person) == 1
    )


def _message(stage: Stage, person: Person, number: int) -> str:
    texts = _seen(
        lambda: [found] if len(found := _written(stage, person)) >= number else [],
        f"message {number} is written",
    )[0]
    return texts[number - 1]


def _written(stage: Stage, person: Person) -> list[str]:
    entries = list(stage.sandbox.ledger.entries)
    return [one.text for one in entries if one.target == person.id]


def _answers(stage: Stage, person: Person) -> list[str]:
    messages = list(stage.sandbox.world.messages.values())
    return [one.text for one in messages if one.chat.person is person and not one.is_own]


def _checked(stage: Stage, event: tuple[dict[str, str], bytes], person: Person) -> str:
    headers, body = event
    webhooks.verify(stage.secret, headers, body, now=datetime.now(UTC))
    told = json.loads(body)
    if person.email not in body.decode():
        raise VerifyError("the webhook does not hold the address that the person gave")
    return f"{told['type']}, signed, with {person.email}"


def _followed(stage: Stage, text: str) -> str:
    address = text[text.index("http") :].split(maxsplit=1)[0]
    opener = build_opener(_Stay())
    try:
        opener.open(Request(address, headers={"User-Agent": "Mozilla/5.0 (rehearsal)"}), timeout=10)  # noqa: S310 - our own server
    except HTTPError as answer:
        status, target = answer.code, answer.headers.get("location", "")
    else:
        raise VerifyError(f"{address} leads nowhere")
    if status != 302:  # noqa: PLR2004
        raise VerifyError(f"{address} answers {status}")
    with connect(stage.url, autocommit=True) as connection:
        _seen(lambda: _clicked(connection, stage), "the click is counted")
    return f"{address} leads to {target}; the click is counted"


def _clicked(connection: psycopg.Connection[TupleRow], stage: Stage) -> list[bool]:
    rows = connection.execute(QUERIES["click_seen"], {"agency_id": stage.place.agency_id})
    return [True for (clicked,) in rows if clicked]


def _require_once(stage: Stage, person: Person) -> None:
    texts = _written(stage, person)
    if len(texts) != len(set(texts)):
        raise VerifyError(f"a message was sent twice: {texts}")


def _seen(look: Callable[[], list[Found]], what: str) -> list[Found]:
    """Wait until something is there."""
    ends_s = time.monotonic() + STEP_LIMIT_S
    while not (found := look()):
        if time.monotonic() > ends_s:
            raise VerifyError(f"it was not seen within {STEP_LIMIT_S:g} s that {what}")
        time.sleep(LOOK_S)
    return found


class _Stay(HTTPRedirectHandler):
    """Shows a redirection instead of following it."""

    def redirect_request(self, *arguments: object, **named: object) -> None:
        del arguments, named


@contextmanager
def _sandbox(sandbox: Sandbox) -> Iterator[str]:
    """Serve the sandbox from a thread."""
    loop, ends, started = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    address: list[str] = []

    async def run() -> None:
        async with serving(sandbox) as at:
            address.append(at)
            started.set()
            await ends.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    started.wait(STEP_LIMIT_S)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(STEP_LIMIT_S)
        loop.close()


@contextmanager
def _receiver() -> Iterator[Receiver]:
    """Receive webhooks on this machine."""
    received = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            received.got.append((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.address = f"http://127.0.0.1:{server.server_port}/leads"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join(STEP_LIMIT_S)


@contextmanager
def _worker(environment: dict[str, str]) -> Iterator[None]:
    command = [str(Path(sys.executable).with_name("mainstem")), "worker"]
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL
    ) as child:
        try:
            yield
        finally:
            child.terminate()
            child.wait(STEP_LIMIT_S)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
