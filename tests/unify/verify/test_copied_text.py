"""What COPY gives comes whole, whatever its size; an error on the way is the server's own."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import pq

from mainstem.pg.connect import connect
from mainstem.unify.verify.copied_text import copied_text


def test_every_row_comes_and_the_connection_goes_on(empty_database_url: str) -> None:
    query = "copy (select n, repeat('é', n % 700) from generate_series(1, 5000) as n) to stdout"
    with connect(empty_database_url, autocommit=True) as connection:
        portions = list(copied_text(connection, query))
        rows = "".join(portions).splitlines()
        assert len(portions) > 1
        assert rows == [f"{n}\t{'é' * (n % 700)}" for n in range(1, 5001)]
        assert connection.execute("select 1").fetchone() == (1,)


def test_nothing_is_no_text(empty_database_url: str) -> None:
    with connect(empty_database_url, autocommit=True) as connection:
        assert "".join(copied_text(connection, "copy (select 1 where false) to stdout")) == ""
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_failure_before_or_amid_the_rows_is_raised(empty_database_url: str) -> None:
    with connect(empty_database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            list(copied_text(connection, "copy nowhere to stdout"))
        query = "copy (select 1 / (3000 - n) from generate_series(1, 5000) as n) to stdout"
        with pytest.raises(psycopg.errors.DivisionByZero):
            list(copied_text(connection, query))
        assert connection.info.transaction_status == pq.TransactionStatus.IDLE


def test_a_copy_that_is_given_up_closes_its_connection(empty_database_url: str) -> None:
    with connect(empty_database_url, autocommit=True) as connection:
        text = copied_text(connection, "copy (select generate_series(1, 500000)) to stdout")
        next(text)
        text.close()
        assert connection.closed
