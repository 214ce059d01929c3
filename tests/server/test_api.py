"""`/api`: described, with problem details everywhere, each thing its agency's or the operator's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from litestar.testing import TestClient
from tests.core.conftest import Outbox, Town

from mainstem.core import Origin, master_key, sessions, store, tokens
from mainstem.core.model import Assurance
from mainstem.core.transaction import service_transaction
from mainstem.server import build_app
from mainstem.server.settings import Settings
from mainstem.unify.ledger.store import ensure_schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class House:
    """The app on a database of its own, with people of two agencies."""

    town: Town
    settings: Settings
    client: TestClient[Any]
    outbox: Outbox
    agency: UUID
    other: UUID

    def headers(self, role: str = "owner", *, agency: UUID | None = None) -> dict[str, str]:
        """The bearer token of somebody new of that role."""
        member = self.town.member(agency or self.agency, role)
        return {"authorization": f"Bearer {asyncio.run(self._token(member.id))}"}

    async def _token(self, user_id: UUID) -> str:
        core = self.settings.core(self.town.url)
        async with core.pool:
            async with service_transaction(core.pool) as connection:
                row = await store.person_by_id(connection, user_id)
                assert row is not None
                found = await sessions.begin(
                    core, connection, row.person(),
                    assurance=Assurance.PASSWORD, kind=sessions.TOKEN, origin=Origin(),
                )  # fmt: skip
            token, _ = await tokens.access_token(core, found, app="both")
        core.close()
        return token


@pytest.fixture(scope="module")
def house(
    scratch: ScratchServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    name = f"api_{uuid4().hex}"
    town = Town(
        scratch.create_database(name, template=template),
        master_key.parse(master_key.generate(), origin="test"),
    )
    outbox = Outbox()
    settings = Settings(town.keys, mail=outbox, plans=tmp_path_factory.mktemp("plans"))
    with TestClient(build_app(town.url, settings=settings)) as client:
        yield House(town, settings, client, outbox, town.agency(), town.agency("Other"))
    scratch.drop_database(name)


def test_who_switches_the_app_keeps_the_rest(house: House) -> None:
    headers = house.headers()
    before = house.client.get("/api/session", headers=headers).json()
    after = house.client.put("/api/session/app", json={"app": "revos"}, headers=headers).json()
    assert after == before | {"app": "revos"}
    mine, theirs = house.town.client(house.agency), house.town.client(house.other)
    chosen = {"client_id": str(mine)}
    seen = house.client.put("/api/session/client", json=chosen, headers=headers).json()
    assert seen["client_id"] == str(mine)
    foreign = house.client.put(
        "/api/session/client", json={"client_id": str(theirs)}, headers=headers
    )
    assert (foreign.status_code, foreign.headers["content-type"]) == (404, PROBLEM)


def test_invitations_are_their_agencys(house: House) -> None:
    owner, foreign = house.headers(), house.headers(agency=house.other)
    email = f"{uuid4().hex}@example.test"
    body = {"email": email, "role": "member"}
    made = house.client.post("/api/invitations", json=body, headers=owner)
    assert made.status_code == 201, made.text
    assert house.outbox.letters[-1].to == email
    assert house.outbox.letters[-1].text.split("#")[1].split()[0] not in made.text
    listed = house.client.get("/api/invitations", headers=owner).json()
    assert email in {each["email"] for each in listed}
    assert house.client.get("/api/invitations", headers=foreign).json() == []
    place = f"/api/invitations/{made.json()['id']}"
    assert house.client.delete(place, headers=foreign).status_code == 404
    assert house.client.delete(place, headers=house.headers("member")).status_code == 403
    assert house.client.delete(place, headers=owner).status_code == 204
    assert house.client.delete(place, headers=owner).status_code == 404
    assert house.client.get("/api/invitations", headers=owner).json() == []


def test_flags_are_their_agencys(house: House) -> None:
    owner, foreign = house.headers(), house.headers(agency=house.other)
    change = {"is_enabled": True, "percentage": 100}
    assert house.client.put("/api/flags/new_editor", json=change, headers=owner).status_code == 200
    for role in ("member", "manager"):
        refused = house.client.put(
            "/api/flags/new_editor", json=change, headers=house.headers(role)
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_permissions")
    (flag,) = house.client.get("/api/flags", headers=owner).json()
    assert (flag["key"], flag["is_on"]) == ("new_editor", True)
    assert house.client.get("/api/flags", headers=foreign).json() == []


def test_runs_are_the_operators(house: House) -> None:
    owner = house.headers()
    for place in ("runs", "plans", "runs/1", "runs/1/events", "runs/1/report"):
        refused = house.client.get(f"/api/unify/{place}", headers=owner)
        assert (refused.status_code, refused.headers["content-type"]) == (404, PROBLEM), place
    assert (
        house.client.post("/api/unify/runs", json={"plan": "x"}, headers=owner).status_code == 404
    )
    operator = operator_of(house)
    assert house.client.get("/api/unify/runs", headers=operator).json() == []
    run_id = finished_run(house)
    (seen,) = house.client.get("/api/unify/runs", headers=operator).json()
    assert (seen["id"], seen["steps"], seen["steps_done"]) == (run_id, 2, 2)
    told = house.client.get(f"/api/unify/runs/{run_id}/events", headers=operator)
    assert told.headers["content-type"].startswith("text/event-stream")
    kinds = [line for line in told.text.splitlines() if line.startswith("event:")]
    assert kinds == ["event: progress", "event: end"]
    report = house.client.get(f"/api/unify/runs/{run_id}/report", headers=operator)
    assert report.status_code == 200
    assert isinstance(report.json(), dict)
    assert house.client.get("/api/unify/runs/999", headers=operator).status_code == 404


def test_a_plan_is_started_by_its_name_and_by_no_path(house: House) -> None:
    operator = operator_of(house)
    folder: Path | None = house.settings.plans
    assert folder is not None
    (folder / "agency.toml").write_text("nonsense")
    (folder.parent / "secret.toml").write_text("nonsense")
    assert house.client.get("/api/unify/plans", headers=operator).json() == ["agency"]
    for name in ("../secret", "secret", "agency.toml", "/etc/passwd", ""):
        refused = house.client.post("/api/unify/runs", json={"plan": name}, headers=operator)
        assert refused.status_code == 404, name
    started = house.client.post("/api/unify/runs", json={"plan": "agency"}, headers=operator)
    assert started.status_code == 202, started.text
    app: Any = house.client.app
    plans = app.dependencies["plans"].dependency()
    assert plans.running.wait(60) == 2, "its config says nothing that can be carried out"
    assert "agency.toml" in (folder / "agency.log").read_text()


def test_every_refusal_is_problem_details(house: House) -> None:
    owner = house.headers()
    for method, place, headers, body, status in (
        ("GET", "/api/flags", {}, None, 401),
        ("GET", "/api/flags", {"authorization": "Bearer nonsense"}, None, 401),
        ("GET", "/api/nothing", {}, None, 404),
        ("PATCH", "/api/flags", owner, None, 405),
        ("PUT", "/api/flags/x", owner, "{", 400),
        ("PUT", "/api/flags/x", owner, {"is_enabled": "yes"}, 400),
        ("PUT", "/api/flags/x", owner, {"is_enabled": True, "percentage": 101}, 400),
        ("PUT", "/api/flags/x", owner, {"is_enabled": True, "more": 1}, 400),
        ("PUT", "/api/session/app", owner, {"app": "nonsense"}, 422),
        ("DELETE", "/api/invitations/nonsense", owner, None, 404),
    ):
        content = body if isinstance(body, str) else json.dumps(body) if body else None
        answer = house.client.request(
            method, place, headers={**headers, "content-type": "application/json"}, content=content
        )
        assert answer.status_code == status, (method, place, answer.text)
        assert answer.headers["content-type"] == PROBLEM, (method, place, answer.text)
        told = answer.json()
        assert told["status"] == status
        assert {"title", "detail", "code"} <= set(told)


def test_the_description_is_whole_and_has_examples(house: House) -> None:
    document = house.client.get("/api/schema/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/unify/runs/{run_id}/events" in document["paths"]
    assert not any(path.startswith(("/auth", "/sign-in")) for path in document["paths"])
    invitation = document["components"]["schemas"]["NewInvitation"]
    assert invitation["properties"]["email"]["examples"] == ["kim@agency.example"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), (method, path)


def test_the_reference_page_obeys_the_policy(house: House) -> None:
    page = house.client.get("/api/reference")
    assert page.status_code == 200
    assert "script-src" in page.headers["content-security-policy"]
    for word in ("/api/unify/runs", "kim@agency.example", "OpenAPI 3.1"):
        assert word in page.text
    for forbidden in (" style=", "<script>", " onclick=", "cdn."):
        assert forbidden not in page.text


def test_a_key_alone_does_nothing_here(house: House) -> None:
    answer = house.client.get("/api/session", headers={"apikey": "ms_nonsense"})
    assert answer.status_code == 401


def operator_of(house: House) -> dict[str, str]:
    member = house.town.member(house.other, "member")
    house.town.sql(
        "insert into app.operator (email, user_id) values (%(email)s, %(id)s)",
        email=member.email,
        id=member.id,
    )
    return {"authorization": f"Bearer {asyncio.run(house._token(member.id))}"}


def finished_run(house: House) -> int:
    from mainstem.pg.connect import connect  # noqa: PLC0415 - here only

    with connect(house.town.url, autocommit=True) as connection:
        ensure_schema(connection)
    added = house.town.sql(
        "insert into unify.run (kind, name, plan_sha256, source, state, finished_at)"
        " values ('run', 'agency', repeat('0', 64), '{}', 'finished', now()) returning id",
        unused=None,
    )
    house.town.sql(
        "insert into unify.step (run_id, name, position, state)"
        " values (%(id)s, 'stage a', 1, 'done'), (%(id)s, 'load a', 2, 'done')",
        id=added[0][0],
    )
    return int(added[0][0])
