"""The jobs of webhooks, for whoever puts a worker together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mainstem.revos.webhooks.announcing import ANNOUNCE, DELIVER, QUEUE, handle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.jobs import Registry
    from mainstem.revos.webhooks.courier import Courier

#: set to 1, endpoints on this machine may be told: for development and tests
LOOPBACK_VARIABLE = "MAINSTEM_WEBHOOK_LOOPBACK"
#: a batch is read at once; how many are sent side by side is the courier's
CALLS_MAX = 5_000
#: beyond any endpoint's own limit, which is two minutes at most for each call
CALL_LIMIT_S = 600.0


def add_to(registry: Registry, courier: Courier) -> None:
    """Let a worker announce events and deliver them."""
    registry.add(ANNOUNCE, handle, queue=QUEUE, role="service_role")
    registry.add_calls(
        DELIVER,
        courier.call,
        settle=courier.settle,
        queue=QUEUE,
        role="service_role",
        calls_max=CALLS_MAX,
        call_limit_s=CALL_LIMIT_S,
    )


def is_loopback_allowed(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment lets endpoints on this machine be told."""
    return environment.get(LOOPBACK_VARIABLE, "").strip() == "1"
