from __future__ import annotations

from mainstem.db import partitions
from mainstem.pg.connect import connect


def test_partitions_are_made_ahead_and_dropped_when_their_time_is_over(database_url: str) -> None:
    with connect(database_url) as connection:
        assert partitions.missing(connection) == []
        assert partitions.ensure(connection) == []
        row = connection.execute(
            "select name from app.partition where table_name = 'tracking_event'"
            " order by starts_at desc limit 1"
        ).fetchone()
        assert row is not None
        connection.execute(f"drop table public.{row[0]}".encode())
        connection.commit()
        assert partitions.missing(connection) == [row[0]]
        assert partitions.ensure(connection) == [row[0]]
        connection.execute("update app.partition_policy set retention = interval '1 day'")
        connection.execute(
            "select app.ensure_partitions('2020-01-01', '2020-01-02', 'tracking_event')"
        )
        connection.execute("update app.partition set holds_imported = false")
        connection.commit()
        assert partitions.drop_expired(connection) == {"tracking_event_2020_01": "dropped"}
        assert partitions.drop_expired(connection) == {}
