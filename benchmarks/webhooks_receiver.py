"""A receiver for the benchmark of webhooks, in a process of its own: counts, and answers 200.

As little as HTTP needs, so that it takes less of the machine than what is measured. Prints its
port, and at the end of its input how many requests there were and how many were signed.
"""

from __future__ import annotations

import asyncio
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
HEAD_END = b"\r\n\r\n"


class Counting(asyncio.Protocol):
    """One connection; requests come whole or in pieces."""

    count = 0
    signed = 0

    def __init__(self) -> None:
        self.kept = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Count each whole request, and answer it."""
        self.kept += data
        while (end := self.kept.find(HEAD_END)) >= 0:
            head = self.kept[:end].lower()
            size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if len(self.kept) < end + len(HEAD_END) + size:
                return
            self.kept = self.kept[end + len(HEAD_END) + size :]
            Counting.count += 1
            Counting.signed += b"webhook-signature: v1," in head
            self.transport.write(ANSWER)


async def main() -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Counting, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(Counting.count, Counting.signed, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
