"""What the audit log remembers: every sign-in, refusal and change of rights, and no secret."""

from __future__ import annotations

import base64
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from tests.core.conftest import PASSWORD, Member, Outbox, Town, owner_tenant
from tests.core.elsewhere import run

from mainstem.core import Core, api_keys, members, operators, second_factor
from mainstem.core.transaction import service_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG = "wrong-horse-battery-9"
NEW = "velvet-orchard-tunnel-3"


@dataclass
class Visitor:
    """Somebody at the door of one agency, who remembers every secret that they saw or typed."""

    http: httpx.Client
    key: str
    secrets: set[str] = field(default_factory=set)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        for name in ("password", "refresh_token", "token_hash", "client_secret"):
            self.secrets |= {body[name]} if name in body else set()
        answer = self.http.post(path, json=body, headers={"apikey": self.key, **headers})
        told = answer.json() if answer.content else {}
        self.secrets |= {told[name] for name in ("access_token", "refresh_token") if name in told}
        return answer

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        body = {"email": email, "password": password}
        return self.post("/auth/v1/token?grant_type=password", body)


@pytest.fixture
def visitor(address: str, town: Town) -> Iterator[Visitor]:
    agency = town.agency()
    key = run(town, lambda core: api_keys.make(core, owner_tenant(agency), name="web")).text
    with httpx.Client(base_url=address) as http:
        yield Visitor(http, key, {key})


def bearer(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return f"Bearer {answer.json()['access_token']}"


def agency_of(town: Town, visitor: Visitor) -> UUID:
    prefix = api_keys.prefix_of(visitor.key)
    ((found,),) = town.sql("select agency_id from api_key where prefix = %(it)s", it=prefix)
    return UUID(str(found))


def test_every_way_in_and_every_refusal_is_remembered_and_no_secret_is(
    town: Town, visitor: Visitor, letters: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    agency, other = agency_of(town, visitor), town.agency("Other")
    member, gone, foreign = (
        town.member(agency), town.member(agency, "member"), town.member(other)
    )  # fmt: skip
    town.sql('update "user" set is_active = false where id = %(id)s', id=gone.id)

    assert visitor.sign_in(member.email, WRONG).status_code == 400
    assert visitor.sign_in("nobody@example.test", WRONG).status_code == 400
    assert visitor.sign_in(gone.email).status_code == 400
    assert visitor.sign_in(foreign.email).status_code == 400
    body = visitor.key[:-7] + ("a" if visitor.key[-7] != "a" else "b")
    forged = body + api_keys._checksum(body)
    signed_in = visitor.sign_in(member.email)
    _refresh_twice(visitor, signed_in)
    _come_by_letter(visitor, letters, member)
    _change_password(visitor, member)
    _prove_twice(visitor, member)
    assert visitor.http.get("/rest/v1/client", headers={"apikey": forged}).status_code == 401

    assert town.trail(agency) == [
        ("refuse", "password"),
        ("refuse", "inactive"),
        ("sign_in", "password"),
        ("refuse", "token_reused"),
        ("sign_in", "link"),
        ("sign_in", "password"),
        ("change_password", None),
        ("sign_out", "password_changed"),
        ("sign_in", "password"),
        ("refuse", "second_factor"),
        ("sign_in", "second_factor"),
        ("change_password", "second_factor_added"),
        ("sign_out", "second_factor_added"),
        ("refuse", "wrong_secret"),
    ]
    assert town.trail(other) == [("refuse", "other_agency")]
    _require_no_secret(town, visitor, caplog.text)


def _refresh_twice(visitor: Visitor, signed_in: httpx.Response) -> None:
    body = {"refresh_token": signed_in.json()["refresh_token"]}
    path = "/auth/v1/token?grant_type=refresh_token"
    assert visitor.post(path, body).status_code == 200
    assert visitor.post(path, body).status_code == 400


def _come_by_letter(visitor: Visitor, letters: Outbox, member: Member) -> None:
    letters.arrived.clear()
    assert visitor.post("/auth/v1/recover", {"email": member.email}).status_code == 200
    body = {"type": "recovery", "token_hash": letters.last_token()}
    assert visitor.post("/auth/v1/verify", body).status_code == 200
    assert visitor.post("/auth/v1/verify", body).status_code == 403


def _change_password(visitor: Visitor, member: Member) -> None:
    token = bearer(visitor.sign_in(member.email))
    visitor.secrets.add(NEW)
    changed = visitor.http.put(
        "/auth/v1/user", json={"password": NEW}, headers={"authorization": token}
    )
    assert changed.status_code == 200, changed.text


def _prove_twice(visitor: Visitor, member: Member) -> None:
    token = bearer(visitor.sign_in(member.email, NEW))
    made = visitor.post("/auth/v1/factors", {"factor_type": "totp"}, authorization=token).json()
    text = made["totp"]["secret"]
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    step = int(time.time()) // second_factor.STEP_S
    place = f"/auth/v1/factors/{made['id']}/verify"
    right = second_factor.code_at(secret, step)
    wrong = "000000" if right != "000000" else "111111"
    assert visitor.post(place, {"code": wrong}, authorization=token).status_code == 422
    told = visitor.post(place, {"code": right}, authorization=token)
    assert told.status_code == 200, told.text
    visitor.secrets |= {text, *told.json()["recovery_codes"]}


def _require_no_secret(town: Town, visitor: Visitor, logged: str) -> None:
    rows = town.sql("select l::text from audit_log as l", unused=None)
    kept = logged + "".join(text for (text,) in rows)
    assert len(visitor.secrets) > 15
    assert not [secret for secret in visitor.secrets if secret in kept]


def test_every_change_of_rights_is_remembered(town: Town, visitor: Visitor) -> None:
    agency, other = agency_of(town, visitor), town.agency("Other")
    owner, member = town.member(agency), town.member(agency, "member")
    client = town.client(agency)
    headers = {"authorization": bearer(visitor.sign_in(owner.email))}
    before = _changes(town, agency)

    invited = visitor.http.post(
        "/api/invitations", json={"email": "new@example.test", "role": "member"}, headers=headers
    )
    visitor.http.delete(f"/api/invitations/{invited.json()['id']}", headers=headers)
    visitor.http.put("/api/flags/x", json={"is_enabled": True}, headers=headers)
    provider = {
        "label": "x", "issuer": "https://id.example", "client_id": "x", "client_secret": WRONG,
    }  # fmt: skip
    visitor.http.put("/api/providers/x", json=provider, headers=headers)
    run(town, lambda core: _rights(core, agency, member, client))
    assert _changes(town, agency)[len(before) :] == [
        ("invitation", "insert"),
        ("invitation", "update"),
        ("feature_flag", "insert"),
        ("identity_provider", "insert"),
        ("api_key", "insert"),
        ("api_key", "update"),
        ("user", "update"),
        ("user", "update"),
        ("member_client_access", "insert"),
        ("role_permission", "insert"),
        ("user", "update"),
        ("user", "update"),
    ]
    assert _changes(town, other) == []


async def _rights(core: Core, agency: UUID, member: Member, client: UUID) -> None:
    tenant = owner_tenant(agency)
    key = await api_keys.make(core, tenant, name="job")
    await api_keys.revoke(core, tenant, key.id)
    await members.change_role(core, tenant, member.id, "manager")
    await members.change_role(core, tenant, member.id, "member")
    await members.set_clients(core, tenant, member.id, [client])
    async with service_transaction(core.pool, tenant) as connection:
        await connection.execute(
            b"insert into role_permission (agency_id, permission_id, user_role, is_allowed)"
            b" select %s, id, 'member', false from permission where key = 'client.read'",
            (agency,),
        )
    await operators.add(core, member.email, granted_by="test")
    await operators.remove(core, member.email)


def _changes(town: Town, agency: UUID) -> list[tuple[str, str]]:
    rows = town.sql(
        "select table_name, action from audit_log where agency_id = %(agency)s"
        " and action in ('insert', 'update', 'delete')"
        " and table_name <> all (%(aside)s) order by id",
        agency=agency,
        aside=["agency", "client"],
    )
    return [(table, action) for table, action in rows]
