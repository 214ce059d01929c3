"""The sandbox of the simulated week, as a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mainstem.revos.sandbox import SCENARIOS, Clock, Ledger, Sandbox, World, serving

KEY = "week"
PEOPLE_FOR_ACCOUNT = 100
#: a Monday, before working hours
START = datetime(2026, 11, 30, 8, tzinfo=UTC)


async def main(log: Path, accounts: int, speed: float) -> None:
    """Serve until the process is ended; address and accounts are the first two lines."""
    scenario = replace(
        SCENARIOS["week"], accounts=accounts, people=accounts * PEOPLE_FOR_ACCOUNT, cap_factor=0
    )
    world = World(1, scenario, Clock(START, 0))
    sandbox = Sandbox(KEY, world, Ledger.kept_in(log))
    async with serving(sandbox) as address:
        world.clock.run(speed)
        accounts_made = [
            {"unipile_account_id": one.id, "person_id": one.person.id} for one in sandbox.linked()
        ]
        print(address)
        print(json.dumps(accounts_made), flush=True)
        await asyncio.Event().wait()


with suppress(KeyboardInterrupt):
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
