from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as pg_errors
from tests.pg.servers import fake_server, refusal, welcome

from mainstem.errors import ServerError
from mainstem.pg.connect import clear_errors, connect, describe


def test_an_older_server_is_refused_with_its_version() -> None:
    with fake_server(welcome("14.19")) as url, pytest.raises(ServerError) as refused:
        connect(url)
    said = str(refused.value)
    assert "is PostgreSQL 14; Mainstem needs 15 or newer" in said
    assert refused.value.exit_code == 2


def test_fifteen_is_welcome() -> None:
    with fake_server(welcome("15.0")) as url, connect(url) as connection:
        assert connection.info.server_version == 150000


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            refusal("28P01", 'password authentication failed for user "someone"'),
            'password authentication failed for user "someone"; check user and password',
        ),
        (
            refusal("3D000", 'database "books" does not exist'),
            'database "books" does not exist; create it, or correct the address',
        ),
        (
            refusal("53300", "sorry, too many clients already"),
            "sorry, too many clients already; try again, or raise max_connections",
        ),
        (
            refusal("28000", 'no pg_hba.conf entry for host "10.0.0.1", user "someone"'),
            "the server's pg_hba.conf does not let this user in from here",
        ),
    ],
)
def test_a_refusal_is_one_line_with_what_to_do_and_no_password(reply: bytes, said: str) -> None:
    with fake_server(reply) as url, pytest.raises(ServerError) as refused:
        connect(url)
    text = str(refused.value)
    assert said in text
    assert "database 'books' at 127.0.0.1" in text
    assert "\n" not in text
    assert "topsecret" not in text


def test_nobody_listens() -> None:
    with pytest.raises(ServerError, match="Connection refused; is the server running"):
        connect("postgresql://someone:topsecret@127.0.0.1:1/books")


@pytest.mark.parametrize(
    "address", ["postgresql://u:top%secret@h/d", "mysql://u:topsecret@h/d", "postgres"]
)
def test_no_address_at_all_is_not_repeated(address: str) -> None:
    with pytest.raises(ServerError, match="address cannot be read") as refused:
        connect(address)
    assert "secret" not in str(refused.value)


def test_describe_hides_the_password() -> None:
    assert describe("postgresql://u:topsecret@h:5/d") == "database 'd' at h:5 as u"


def test_a_missing_privilege_is_the_environments_fault(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    connection.execute("create role outsider; set local role outsider")
    said = "cannot look around: permission denied for schema app; connect as the database's owner"
    with pytest.raises(ServerError, match=said), clear_errors("look around"):
        connection.execute("select * from app.migration")


def test_whom_policies_bind_is_told_who_may_see_all_rows(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    connection.execute(
        "create role bound; create table kept (id int); alter table kept enable row level security;"
        "grant select on kept to bound; set local role bound; set local row_security = off"
    )
    said = "connect as the owner, or as a role with BYPASSRLS"
    with pytest.raises(ServerError, match=said), clear_errors("look around"):
        connection.execute("select * from kept")


def test_a_server_that_dies_is_told_in_one_line() -> None:
    # as libpq says it
    died = psycopg.OperationalError(
        "consuming input failed: server closed the connection unexpectedly\n\tThis probably means"
        " the server terminated abnormally\n\tbefore or while processing the request."
    )
    said = "cannot look around: server closed the connection unexpectedly; its log says why"
    with pytest.raises(ServerError, match=said), clear_errors("look around"):
        raise died


def test_a_wrong_statement_is_our_own_defect(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    with pytest.raises(pg_errors.UndefinedTable), clear_errors("look around"):
        connection.execute("select * from nowhere")
