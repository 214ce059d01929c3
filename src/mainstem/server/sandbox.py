"""A LinkedIn sandbox within the server's own process: what `make run` shows RevOS with.

It is there only where it is asked for and no provider is set up, and ends with the server. Its
people live in real time. What happens to them is told to this server, as the provider would.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from mainstem.errors import ConfigError, ProviderError
from mainstem.revos.inbound import PATH
from mainstem.revos.unipile import Settings, opened
from mainstem.revos.unipile.client import KEY_VARIABLE, URL_VARIABLE, WEBHOOK_SECRET_VARIABLE
from mainstem.server.listen import ADDRESS_VARIABLE
from mainstem.server.sandbox_note import NOTE, SANDBOX_VARIABLE, Note
from mainstem.server.workers import AGENCIES_VARIABLE, REHEARSAL_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from uuid import UUID

    from mainstem.revos.sandbox.model import Account

LOG = logging.getLogger(__name__)
KEY = "sandbox"
PORT = 8090
#: what a sandbox makes within a second on average has numbers that no later one repeats
NUMBERS_A_S = 1_000
START_LIMIT_S = 10.0
STOP_LIMIT_S = 5.0


@contextmanager
def sandbox(environment: Mapping[str, str], *, home: Path) -> Iterator[Running | None]:
    """Run a sandbox beside the block, where the environment asks for one; else None."""
    is_wanted = environment.get(SANDBOX_VARIABLE, "").strip() == "unipile"
    if not is_wanted or environment.get(URL_VARIABLE, "").strip():
        yield None
        return
    running = Running()
    running.start()
    note = home / NOTE
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o711)
        note.write_bytes(msgspec.json.encode(Note(running.address, KEY)))
        yield running
    finally:
        note.unlink(missing_ok=True)
        running.stop()


class Running:
    """A sandbox in a thread of its own."""

    def __init__(self) -> None:
        self.address = ""
        self.accounts: list[Account] = []
        self.secret = secrets.token_urlsafe(32)
        self._started = threading.Event()
        self._ends = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def start(self) -> None:
        """Begin, and wait until it answers."""
        self._thread.start()
        if not self._started.wait(START_LIMIT_S):
            LOG.warning("the LinkedIn sandbox does not start")

    def stop(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._ends.set)
        self._thread.join(STOP_LIMIT_S)

    def settings(self) -> dict[str, str]:
        """What a person would set to use it."""
        return {
            URL_VARIABLE: self.address,
            KEY_VARIABLE: KEY,
            WEBHOOK_SECRET_VARIABLE: self.secret,
        }

    def worker(self, server: str, agency_id: UUID) -> dict[str, str]:
        """The settings of a worker that works for the sandbox's agency."""
        return self.settings() | {
            ADDRESS_VARIABLE: server,
            REHEARSAL_VARIABLE: "1",
            AGENCIES_VARIABLE: str(agency_id),
        }

    def tell(self, server: str) -> None:
        """Have the server told what happens; without it, messages are found by looking."""
        asked = asyncio.run_coroutine_threadsafe(self._tell(server), self._loop)
        try:
            asked.result(START_LIMIT_S)
        except (ProviderError, ConfigError, TimeoutError) as error:
            LOG.warning("the LinkedIn sandbox tells nothing: %s", error)

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        # Only a server that has one needs its code.
        from mainstem.revos.sandbox import (  # noqa: PLC0415
            SCENARIOS,
            Clock,
            Sandbox,
            World,
            serving,
        )

        at = datetime.now(UTC)
        world = World(1, SCENARIOS["brisk"], Clock(at, 1.0), made=int(at.timestamp()) * NUMBERS_A_S)
        made = Sandbox(KEY, world)
        self.accounts = made.linked()
        for port in (PORT, 0):
            try:
                async with serving(made, port=port) as self.address:
                    self._started.set()
                    await self._ends.wait()
                    return
            except OSError:
                continue  # another one has the usual port

    async def _tell(self, server: str) -> None:
        async with opened(Settings(self.address, KEY)) as provider:
            await provider.create_webhooks(f"{server}{PATH}", secret=self.secret)
