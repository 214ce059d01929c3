"""What commands that work on agencies and people share: core, opened for one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from mainstem.pg.embedded import default_home
from mainstem.pg.target import database_url
from mainstem.server.record import running
from mainstem.server.settings import opened_core

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mainstem.core import Core

Result = TypeVar("Result")
ADDRESS = "http://127.0.0.1:8000"
agency_option = click.option(
    "--agency", "agency_name", required=True, metavar="SLUG", help="The agency, by slug or id."
)


async def with_core(work: Callable[[Core], Awaitable[Result]]) -> Result:
    """Do one thing with core, on the database that is meant; links lead to the running server."""
    home = default_home()
    record = running(home)
    address = record.address if record else ADDRESS
    async with opened_core(database_url(), home=home, address=address) as core:
        return await work(core)
