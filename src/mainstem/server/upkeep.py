"""What a running server does by itself, daily: make partitions, remove bytes without a file."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from mainstem.db import partitions
from mainstem.errors import MainstemError
from mainstem.pg.connect import connect, refusal
from mainstem.storage import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mainstem.stores.model import Place

LOG = logging.getLogger(__name__)
DAY_S = 86_400.0
#: after a failure it is tried again sooner: partitions exist for three periods ahead
RETRY_S = 3_600.0
#: how long an end waits for what is under way
END_S = 2.0


@contextmanager
def upkeep(url: str, *, files: Place | None = None) -> Iterator[None]:
    """Keep the database and the store of files in order, beside the block, as long as it runs."""
    ends = threading.Event()
    thread = threading.Thread(
        target=keep_up, args=(url, ends.wait, files), name="mainstem-upkeep", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(END_S)


def keep_up(url: str, wait: Callable[[float], bool], files: Place | None = None) -> None:
    """Do all of it now and every day, until `wait` (for so many seconds) says that all ends."""
    is_over = False
    while not is_over:
        is_done = make_partitions(url)
        if files is not None:
            is_done = sweep_files(url, files) and is_done
        is_over = wait(DAY_S if is_done else RETRY_S)


def sweep_files(url: str, files: Place) -> bool:
    """Remove bytes that no file names; False, and a line in the log, when it fails."""
    try:
        with connect(url, application_name="mainstem upkeep") as connection:
            swept = sweep(connection, files)
    except (MainstemError, psycopg.Error) as error:
        said = refusal(error) if isinstance(error, psycopg.Error) else str(error)
        LOG.warning("the store of files was not swept, and will be in an hour: %s", said)
        return False
    LOG.info(
        "files swept: %d without a row removed, %d kept, %d folders or names of others left alone",
        swept.removed, swept.kept, swept.strange,
    )  # fmt: skip
    return True


def make_partitions(url: str) -> bool:
    """Make the partitions of the coming periods; False, and a line in the log, when it fails."""
    try:
        with connect(url, application_name="mainstem upkeep") as connection:
            made = partitions.ensure(connection)
    except (MainstemError, psycopg.Error) as error:
        said = refusal(error) if isinstance(error, psycopg.Error) else str(error)
        LOG.warning("partitions were not made, and will be tried again in an hour: %s", said)
        return False
    if made:
        LOG.info("partitions made: %s", ", ".join(made))
    else:
        LOG.info("partitions are ahead of time; looked at again in a day")
    return True
