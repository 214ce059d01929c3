"""The sandbox of the simulated week, as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mainstem.revos.sandbox import SCENARIOS, Clock, Ledger, Sandbox, World, serving
from mainstem.revos.sandbox.call import iso

KEY = "week"
PEOPLE_FOR_ACCOUNT = 100
#: a Monday; on its Sunday New York's clocks go back
START = datetime(2026, 10, 26, 6, tzinfo=UTC)


async def main(log: Path, accounts: int) -> None:
    """Serve until the process is ended; address and accounts are the first two lines.

    The comments that people made are written beside the log at the end.
    """
    scenario = replace(
        SCENARIOS["week"], accounts=accounts, people=accounts * PEOPLE_FOR_ACCOUNT, cap_factor=0
    )
    sandbox = Sandbox(KEY, World(1, scenario, Clock(START, 0)), Ledger.kept_in(log))
    ends = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ends.set)
    async with serving(sandbox) as address:
        accounts_made = [
            {"unipile_account_id": one.id, "person_id": one.person.id} for one in sandbox.linked()
        ]
        print(address)
        print(json.dumps(accounts_made), flush=True)
        await ends.wait()
    _keep_comments(sandbox.world, log.with_suffix(".comments"))


def _keep_comments(world: World, file: Path) -> None:
    """Every comment below a post that somebody else than its author wrote."""
    with file.open("w", encoding="utf-8") as lines:
        for post in world.posts.values():
            for one in post.comments:
                if one.author is not post.account.person:
                    told = {"id": one.id, "account": post.account.id, "at": iso(one.at)}
                    lines.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
