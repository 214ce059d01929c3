"""Two agencies that run campaigns against a sandbox, on its clock, with a real queue between."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.migrations.people import Agency, insert, new_agency

from mainstem.core import master_key
from mainstem.jobs import Worker, service_transaction
from mainstem.revos.clock import Clock
from mainstem.revos.engine import Engine
from mainstem.revos.sandbox import SCENARIOS, Sandbox, Scenario, World, serving
from mainstem.revos.sending import Moment
from mainstem.revos.unipile.client import Settings, Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow
    from tests.kept import Kept

    from mainstem.revos.sandbox.model import Account, Comment, Post
    from mainstem.revos.sandbox.people import Person

KEY = "a-key-for-tests"
#: who is written to answers, who is invited accepts, and nobody comments by themselves
WILLING = replace(SCENARIOS["quiet"], reply_share=1.0, accept_share=1.0, reply_within_h=1.0)
ROUNDS_MAX = 50


@dataclass(frozen=True)
class SandboxClock(Clock):
    """The sandbox's time; it stands still unless a test moves it."""

    world: World = field(default_factory=World)

    def now(self) -> datetime:
        return self.world.now()

    def of(self, connection: psycopg.Connection[TupleRow]) -> datetime:
        del connection
        return self.world.now()

    def real_s(self, wait: timedelta) -> float:
        del wait
        return 3600.0  # `work` makes it due: here it is the sandbox's time that counts


@dataclass
class Tenant:
    """An agency with an account, a campaign and a post that waits to be published."""

    agency: Agency
    account_id: UUID
    campaign_id: UUID
    post_id: UUID
    account: Account


@dataclass
class Stage:
    """The database, the sandbox, the engine, and a hand on the clock."""

    connection: psycopg.Connection[TupleRow]
    engine: Engine
    world: World
    sandbox: Sandbox
    worker: Worker
    tenants: list[Tenant] = field(default_factory=list)

    @property
    def mine(self) -> Tenant:
        return self.tenants[0]

    @property
    def other(self) -> Tenant:
        return self.tenants[1]

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        found = self.connection.execute(statement.encode(), values)
        return found.fetchall() if found.description else []

    @contextmanager
    def moment(self, tenant: Tenant) -> Iterator[Moment]:
        with service_transaction(self.connection) as open_:
            yield Moment(connection=open_, agency_id=tenant.agency.id, at=self.world.now())

    def work(self) -> None:
        """Decide for both agencies, and do every job that is due."""
        for tenant in self.tenants:
            with self.moment(tenant) as moment:
                self.engine.dispatch.decide(moment.connection, moment.agency_id)
        self.sql("update app.job set run_at = now() where run_at > now()")
        self.finish_jobs()

    def finish_jobs(self) -> None:
        for _ in range(ROUNDS_MAX):
            if not self.worker.do_next(self.connection):
                return
        raise AssertionError("jobs still come")

    def later(self, span: timedelta, *, step: timedelta = timedelta(minutes=2)) -> None:
        """Let time pass, working all the while."""
        end = self.world.now() + span
        while self.world.now() < end:
            to = min(end, self.world.now() + step)
            self.world.happen_until(to)
            self.world.clock.move(to)
            self.work()

    def published(self, tenant: Tenant) -> Post:
        """The tenant's post, out."""
        self.work()
        (found,) = tenant.account.posts
        return found

    def comment(self, post: Post, person: Person | None, text: str = "GUIDE") -> Comment:
        return self.world.add_comment(post, person, text)

    def at_distance(self, tenant: Tenant, distance: int, *, style: str | None = "plain") -> Person:
        return next(
            person
            for person in self.world.people
            if self.world.distance(tenant.account, person) == distance
            and style in {None, person.style}
        )

    def texts_to(self, person: Person) -> list[str]:
        """What the sandbox's own log says was written to somebody."""
        return [one.text for one in self.sandbox.ledger.entries if one.target == person.id]


@contextmanager
def sandbox_running(sandbox: Sandbox) -> Iterator[str]:
    """Serve a sandbox from a thread of its own."""
    loop = asyncio.new_event_loop()
    started, ends = threading.Event(), asyncio.Event()
    address: list[str] = []

    async def run() -> None:
        async with serving(sandbox) as at:
            address.append(at)
            started.set()
            await ends.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(10)
        loop.close()


def new_tenant(stage: Stage, account: Account, **campaign: object) -> Tenant:
    """An agency whose campaign runs from the sandbox's account."""
    connection = stage.connection
    agency = new_agency(connection)
    common = {"agency_id": agency.id, "client_id": agency.client_id}
    account_id = insert(
        connection, "linkedin_account", **common, user_id=agency.user_id, account_name="Tom Ray",
        unipile_account_id=account.id, provider_person_id=account.person.id, status="active",
        work_days=[1, 2, 3, 4, 5, 6, 7], work_starts_at="00:00", work_ends_at="23:59:59",
    )  # fmt: skip
    magnet = insert(
        connection, "lead_magnet", **common, name="The guide", url="https://example.com/g.pdf"
    )
    values: dict[str, object] = {
        "name": "Spring", "trigger_word": "GUIDE", "status": "active", "lead_magnet_id": magnet,
        "linkedin_account_id": account_id,
        "dm_template_step1": "Hi {{first_name|there}}, where may I send {{magnet_name}}?",
        "dm_template_step2": "Thanks! It is on its way to {{email}}.",
        "dm_template_step3": "And here is your own link: {{download_url}}",
        "public_reply_template": "Thanks {{first_name|you}}, I have sent you an invitation.",
    }  # fmt: skip
    campaign_id = insert(connection, "campaign", **common, **(values | campaign))
    post_id = insert(
        connection, "post", **common, campaign_id=campaign_id, linkedin_account_id=account_id,
        content='Comment "GUIDE" and I send it.', status="scheduled",
        scheduled_for=stage.world.now(),
    )  # fmt: skip
    return Tenant(agency, account_id, campaign_id, post_id, account)


@pytest.fixture
def make_stage(kept: Kept) -> Iterator[Callable[..., Stage]]:
    """Makes the stage of a test; `scenario` says how people behave."""
    opened: list[Any] = []

    def make(scenario: Scenario = WILLING, *, dialect: str = "v1", **campaign: object) -> Stage:
        world = World(1, scenario)
        sandbox = Sandbox(KEY, world)
        running = sandbox_running(sandbox)
        address = running.__enter__()
        provider = Shared(Settings(address, KEY, dialect, timeout_s=5.0, retry_s=0))
        opened.extend([provider.close, lambda: running.__exit__(None, None, None)])
        keys = master_key.parse(master_key.generate(), origin="a test")
        clock = SandboxClock(world=world)
        engine = Engine(
            provider.provider,
            keys,
            "https://links.example",
            clock=clock,
            review_below=0.7,
        )
        worker = Worker(kept.url, engine.registry())
        stage = Stage(kept.connection, engine, world, sandbox, worker)
        for account in sandbox.linked()[:2]:
            stage.tenants.append(new_tenant(stage, account, **campaign))
        return stage

    try:
        yield make
    finally:
        for close in opened:
            close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    return make_stage()
