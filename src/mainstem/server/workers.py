"""Puts a worker's kinds of jobs together from the contexts."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from mainstem.core import mail, master_key
from mainstem.errors import ConfigError
from mainstem.jobs import Registry, service_transaction, upkeep
from mainstem.pg.connect import connect
from mainstem.pg.embedded import default_home
from mainstem.revos import engine, webhooks
from mainstem.revos.clock import Clock
from mainstem.revos.engine import Engine
from mainstem.revos.extraction import REVIEW_BELOW
from mainstem.revos.unipile.client import Settings, Shared
from mainstem.revos.webhooks import jobs as webhook_jobs
from mainstem.server.listen import ADDRESS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment

ADDRESS = "http://127.0.0.1:8000"
#: the people of a rehearsal have addresses that cannot exist, which nobody should have to confirm
REHEARSAL_VARIABLE = "MAINSTEM_REVOS_REHEARSAL"
REHEARSAL_REVIEW_BELOW = 0.7
#: ids of the agencies that RevOS works for, with commas between; without it, for all
AGENCIES_VARIABLE = "MAINSTEM_REVOS_AGENCIES"


def registry(url: str, environment: Mapping[str, str] = os.environ) -> Registry:
    """Return the kinds of jobs that this machine's settings allow.

    Without a LinkedIn provider there is none of RevOS's own; webhooks are told in any case.

    Raises:
        ConfigError: a setting is not what it should be.
    """
    made = Registry()
    upkeep.add_to(made)
    keys = master_key.load(default_home(), environment)
    loopback = webhook_jobs.is_loopback_allowed(environment)
    secrets = webhooks.Secrets(url, keys)
    webhook_jobs.add_to(made, webhooks.Courier(url, secrets, allow_loopback=loopback))
    settings = Settings.from_environment(environment)
    if settings is not None:
        for kind, entry in revos(settings, keys, environment).registry().entries.items():
            made.include(kind, entry)
    return made


def revos(settings: Settings, keys: MasterKeys, environment: Mapping[str, str]) -> Engine:
    """The lead engine with its provider."""
    is_rehearsal = environment.get(REHEARSAL_VARIABLE, "").strip() == "1"
    clock = Clock.from_environment(environment)
    pause = timedelta(seconds=settings.retry_s)
    return Engine(
        Shared(replace(settings, retry_s=clock.real_s(pause))).provider,
        keys,
        environment.get(ADDRESS_VARIABLE, "").strip().rstrip("/") or ADDRESS,
        dialect=settings.dialect,
        clock=clock,
        captured=announce,
        review_below=REHEARSAL_REVIEW_BELOW if is_rehearsal else REVIEW_BELOW,
        mail=mail.from_environment(environment) if mail.URL_VARIABLE in environment else None,
        only=_agencies(environment),
    )


def _agencies(environment: Mapping[str, str]) -> frozenset[UUID] | None:
    said = environment.get(AGENCIES_VARIABLE, "").strip()
    try:
        return frozenset(UUID(one.strip()) for one in said.split(",")) if said else None
    except ValueError:
        raise ConfigError(
            f"{AGENCIES_VARIABLE} is {said[:80]!r}; write ids with commas between, or leave it out"
        ) from None


def announce(moment: Moment, lead_id: UUID) -> None:
    """Let the client's webhooks know of a captured lead."""
    event = webhooks.Event(webhooks.LEAD_CAPTURED, str(lead_id), lead_id)
    webhooks.announce(moment.connection, [event])


def schedule(url: str, environment: Mapping[str, str] = os.environ) -> None:
    """Keep what comes again by itself; RevOS's own only where there is a LinkedIn provider."""
    with connect(url, autocommit=True) as connection:
        upkeep.schedule(connection)
        if Settings.from_environment(environment) is not None:
            with service_transaction(connection) as opened:
                engine.schedule(opened)
