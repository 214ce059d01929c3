"""The claim helpers, which every policy rests on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from tests.migrations.people import become, insert, new_agency, new_client, one

if TYPE_CHECKING:
    from tests.migrations.people import Connection

AGENCY = UUID("019a0000-0000-7000-8000-00000000000a")
MINE = UUID("019a0000-0000-7000-8000-000000000001")
OTHER = UUID("019a0000-0000-7000-8000-000000000002")


def claim(connection: Connection, **claims: object) -> None:
    """Set claims without the plain setting, as a token of Supabase does."""
    connection.execute(
        "select set_config('request.jwt.claims', %s, true)", (json.dumps(claims, default=str),)
    )


@pytest.mark.parametrize("setting", [None, ""])
def test_without_claims_everything_is_null(connection: Connection, setting: str | None) -> None:
    if setting is not None:
        connection.execute("select set_config('request.jwt.claims', %s, true)", (setting,))
    row = connection.execute(
        "select app.claims(), app.agency_id(), app.user_id(), app.agency_in('revos'),"
        " app.in_app('revos'), app.sees_client(%s), app.sees_client(null)",
        (MINE,),
    ).fetchone()
    assert row is not None
    assert not any(row)


@pytest.mark.parametrize(
    ("claimed", "asked", "is_in"),
    [
        ("revos", "revos", True),
        ("revos", "mail", False),
        ("*", "revos", True),
        ("both", "revos", False),
        (None, "revos", False),
    ],
)
def test_an_app_is_left_by_its_own_claim_only(
    connection: Connection, claimed: str | None, asked: str, *, is_in: bool
) -> None:
    claim(connection, agency_id=AGENCY, app_context=claimed)
    assert one(connection, "select app.agency_in(%s)", asked) == (AGENCY if is_in else None)
    assert bool(one(connection, "select app.in_app(%s)", asked)) is is_in
    assert one(connection, "select app.in_app('both')") is True


@pytest.mark.parametrize(
    "setting", ["{%s}", "%s", '["%s"]', "0190a0b0-0000-7000-8000-000000000001,%s"]
)
def test_the_plain_setting_names_the_visible_clients(connection: Connection, setting: str) -> None:
    claim(connection, agency_id=AGENCY, user_role="client", client_ids=[str(OTHER)])
    connection.execute("select set_config('app.client_ids', %s, true)", (setting % MINE,))
    assert one(connection, "select app.sees_client(%s)", MINE) is True
    assert one(connection, "select app.sees_client(%s)", OTHER) is False


@pytest.mark.parametrize(
    ("claims", "sees_mine", "sees_other", "sees_agency_rows"),
    [
        ({"user_role": "owner", "client_ids": None}, True, True, True),
        ({"user_role": "owner"}, True, True, True),
        ({"user_role": "member", "client_ids": [str(MINE)]}, True, False, True),
        ({"user_role": "member", "client_ids": []}, False, False, True),
        ({"user_role": "client", "client_ids": [str(MINE)]}, True, False, False),
        ({"user_role": "client", "client_ids": None}, False, False, False),
        ({"client_ids": None}, False, False, False),
        ({"user_role": "CLIENT", "client_ids": None}, False, False, False),
        ({"user_role": "visitor", "client_ids": [str(MINE)]}, True, False, False),
    ],
)
def test_claims_alone_name_the_visible_clients(
    connection: Connection,
    claims: dict[str, object],
    *,
    sees_mine: bool,
    sees_other: bool,
    sees_agency_rows: bool,
) -> None:
    claim(connection, agency_id=AGENCY, **claims)
    row = connection.execute(
        "select app.sees_client(%s), app.sees_client(%s), app.sees_client(null)", (MINE, OTHER)
    ).fetchone()
    assert row is not None
    assert tuple(map(bool, row)) == (sees_mine, sees_other, sees_agency_rows)


def test_an_empty_list_of_clients_is_none_not_all(connection: Connection) -> None:
    agency = new_agency(connection)
    become(connection, agency, role="member", clients=frozenset())
    assert one(connection, "select count(*) from client") == 0


def test_malformed_claims_are_an_error_not_a_tenant(connection: Connection) -> None:
    connection.execute("select set_config('request.jwt.claims', '{oops', true)")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        connection.execute("select app.agency_id()")


def test_the_helpers_become_conditions_of_the_index(connection: Connection) -> None:
    """What is not inlined is called for every row, and no index helps."""
    agency = new_agency(connection)
    become(connection, agency, app="revos")
    connection.execute("set local enable_seqscan = off")
    plan = "\n".join(
        row[0]
        for row in connection.execute(
            "explain (costs off) select id from campaign order by id desc limit 50"
        )
    )
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "agency_id = CASE" in condition, plan
    assert "app.agency_in" not in plan
    assert "app.sees_client" not in plan
    assert "Sort" not in plan, plan


def test_a_client_of_another_agency_is_not_reached_by_its_id(connection: Connection) -> None:
    mine, other = new_agency(connection), new_agency(connection)
    become(connection, mine, role="client", clients=frozenset({mine.client_id, other.client_id}))
    rows = connection.execute("select id from client").fetchall()
    assert rows == [(mine.client_id,)]


def test_rows_without_a_client_are_for_the_staff(connection: Connection) -> None:
    agency = new_agency(connection)
    for client in (None, agency.client_id, new_client(connection, agency.id)):
        insert(
            connection,
            "recipient_list",
            agency_id=agency.id,
            client_id=client,
            name="autumn",
        )
    query = "select count(*) from recipient_list"
    only = frozenset({agency.client_id})
    become(connection, agency, app="mail")
    assert one(connection, query) == 3
    become(connection, agency, app="mail", role="member", clients=only)
    assert one(connection, query) == 2
    become(connection, agency, app="mail", role="client", clients=only)
    assert one(connection, query) == 1
