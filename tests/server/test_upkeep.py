"""A running server keeps partitions ahead of time, and goes on when it cannot.

That one does so as soon as it starts is seen where servers are started: `test_process.py`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mainstem.db import partitions
from mainstem.pg.connect import connect
from mainstem.server.upkeep import DAY_S, RETRY_S, keep_up

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

DROP_LAST = """do $$ begin
    perform app.drop_partition(format('%I.%I', schema_name, name)::regclass)
    from app.partition where table_name = 'tracking_event' order by starts_at desc limit 1;
end $$"""


def missing(url: str) -> list[str]:
    with connect(url) as connection:
        return partitions.missing(connection)


def test_it_looks_again_every_day(
    database_url: str, run_sql: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        if not waited:
            run_sql(DROP_LAST)
        waited.append(seconds)
        return len(waited) == 2

    keep_up(database_url, wait)
    assert waited == [DAY_S, DAY_S]
    assert missing(database_url) == []
    assert "partitions are ahead of time" in caplog.messages[0]
    assert "partitions made: tracking_event_" in caplog.messages[1]


def test_a_failure_is_one_line_and_tried_again(
    empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return True

    for url in (empty_database_url, "postgresql://me:hunter2@127.0.0.1:1/x"):
        keep_up(url, wait)
    assert waited == [RETRY_S, RETRY_S]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "partitions were not made" in caplog.text
    assert "hunter2" not in caplog.text
    assert "Traceback" not in caplog.text
