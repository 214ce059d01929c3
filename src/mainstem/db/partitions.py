"""Partitions of the high-volume tables: kept ahead of time, dropped when their time is over.

The rules stand in the schema (`app.partition_policy`); these are the calls of a person or a job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.pg.connect import clear_errors

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow


def ensure(connection: psycopg.Connection[TupleRow]) -> list[str]:
    """Make the partitions that are missing, up to three periods ahead; their names.

    Raises:
        ServerError: a privilege is missing, or a table stays locked.
    """
    with clear_errors("make partitions"), connection.transaction():
        rows = connection.execute("select app.ensure_partitions()").fetchall()
    return [name for (name,) in rows]


def missing(connection: psycopg.Connection[TupleRow]) -> list[str]:
    """Return the names of the partitions that should exist by now and do not."""
    with clear_errors("look for partitions"), connection.transaction():
        rows = connection.execute("select name from app.missing_partitions() order by 1").fetchall()
    return [name for (name,) in rows]


def drop_expired(connection: psycopg.Connection[TupleRow]) -> dict[str, str]:
    """Drop the partitions whose retention is over; name -> 'dropped', or 'busy' and left alone.

    Raises:
        ServerError: a privilege is missing.
    """
    with clear_errors("drop expired partitions"), connection.transaction():
        rows = connection.execute(
            "select partition_name, outcome from app.drop_expired_partitions()"
        ).fetchall()
    return dict(rows)
