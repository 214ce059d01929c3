"""A worker process for tests: the database, the queue, and how long its leases last."""

from __future__ import annotations

import sys
import threading

from tests.jobs.handlers import registry

from mainstem.jobs import Options, Worker


def main() -> None:
    url, queue, lease_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
    options = Options(queues=(queue,), lease_s=lease_s, poll_s=0.1)
    Worker(url, registry(), options).run(threading.Event())


main()
