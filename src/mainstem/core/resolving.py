"""Names resolved for requests that others chose: none passes that leads where none may go."""

from __future__ import annotations

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from mainstem.core.outward import require_public

RESOLVE_LIMIT_S = 10.0


class GuardedResolver(AbstractResolver):
    """Resolves names by the system's resolver and lets none pass that has a special address.

    One special address among several refuses the name: it is how a name is turned against us.
    """

    def __init__(self, *, allow_loopback: bool) -> None:
        self.allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            ForbiddenAddressError: one of them is special.
            OSError: there is none, or the name server does not answer in time.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(RESOLVE_LIMIT_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        results: list[ResolveResult] = []
        for kind, _, protocol, _, place in found:
            require_public(str(place[0]), allow_loopback=self.allow_loopback)
            results.append(
                {
                    "hostname": host,
                    "host": str(place[0]),
                    "port": port,
                    "family": kind,
                    "proto": protocol,
                    "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                }
            )
        return results

    async def close(self) -> None:
        """Nothing is kept open."""
