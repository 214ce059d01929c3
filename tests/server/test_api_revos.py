"""`/api/revos`: nothing for the anonymous, a client's people, or about another agency's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.migrations.people import insert
from tests.server.test_api import PROBLEM, house

from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from tests.server.test_api import House

__all__ = ["house"]
ID = uuid4()
WRITES: list[tuple[str, dict[str, object] | None]] = [
    ("campaigns/{}/activate", None),
    ("campaigns/{}/pause", None),
    ("campaigns/{}/complete", None),
    ("posts/{}/publish", {}),
    ("comments/{}/decision", {"asks": True}),
    ("emails/{}/decision", {"email": "kim@acme.com"}),
    ("sends/{}/decision", {"was_sent": True}),
    ("accounts/{}/resume", None),
    ("pod-activities/{}/agree", {"text": "True."}),
    ("pod-activities/{}/done", None),
    ("pod-activities/{}/decline", None),
]


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_who_may_not(house: House, path: str, body: dict[str, object] | None) -> None:
    at = f"/api/revos/{path.format(ID)}"
    for headers, status in (
        ({}, 401),
        (house.headers("client"), 403),
        (house.headers("owner"), 404),
    ):
        answer = house.client.post(at, json=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), (
            answer.text
        )


def test_a_campaign_says_what_it_misses_and_runs_only_for_its_own_agency(house: House) -> None:
    with connect(house.town.url) as connection:
        client = insert(connection, "client", agency_id=house.agency, name=f"client {uuid4()}")
        campaign = insert(
            connection, "campaign", agency_id=house.agency, client_id=client, name="Spring",
            trigger_word="GUIDE",
        )  # fmt: skip
    at = f"/api/revos/campaigns/{campaign}"
    mine, other = house.headers("owner"), house.headers("owner", agency=house.other)
    found = house.client.get(f"{at}/preflight", headers=mine).json()
    assert [each["field"] for each in found if each["is_error"]] == [
        "linkedin_account_id",
        "lead_magnet_id",
        "dm_template_step1",
        "post",
    ]
    refused = house.client.post(f"{at}/activate", headers=mine)
    assert (refused.status_code, refused.json()["code"]) == (409, "preflight")
    assert house.client.get(f"{at}/preflight", headers=other).status_code == 404
    assert house.client.post(f"{at}/activate", headers=other).status_code == 404
    assert house.client.get(f"{at}/funnel", headers=mine).json()["leads"] == 0
    assert house.client.get(f"{at}/funnel", headers=other).status_code == 404
