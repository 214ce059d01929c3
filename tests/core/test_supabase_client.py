"""The real `supabase` client against a real server: what its users' code does, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from postgrest.exceptions import APIError
from supabase import create_client
from supabase.lib.client_options import SyncClientOptions
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError
from tests.core.conftest import PASSWORD, Member, Outbox, Town, owner_tenant

from mainstem.core import Core, api_keys, invitations, second_factor
from mainstem.db.pool import async_pool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from supabase import Client
    from supabase_auth.types import (
        SignUpWithEmailAndPasswordCredentials,
        SignUpWithEmailAndPasswordCredentialsOptions,
    )

OTHER_PASSWORD = "velvet-orchard-tunnel-3"


@dataclass(frozen=True)
class Agency:
    """An agency with a key for its apps' code and an owner."""

    id: UUID
    key: str
    owner: Member


def make_key(town: Town, agency_id: UUID) -> str:
    async def made() -> str:
        async with async_pool(town.url, size_max=1) as pool:
            core = Core(pool=pool, keys=town.keys)
            try:
                return (await api_keys.make(core, owner_tenant(agency_id), name="web")).text
            finally:
                core.close()

    return asyncio.run(made())


def make_agency(town: Town) -> Agency:
    agency_id = town.agency()
    return Agency(agency_id, make_key(town, agency_id), town.member(agency_id))


@pytest.fixture
def agency(town: Town) -> Agency:
    return make_agency(town)


@pytest.fixture
def client(address: str, agency: Agency) -> Iterator[Client]:
    with connected(address, agency.key) as opened:
        yield opened


class connected:  # noqa: N801 - used like a function
    """A client whose timers and connections end with the block."""

    def __init__(self, address: str, key: str) -> None:
        self.connections = httpx.Client()
        self.client = create_client(address, key, SyncClientOptions(httpx_client=self.connections))

    def __enter__(self) -> Client:
        return self.client

    def __exit__(self, *_: object) -> None:
        timer = self.client.auth._refresh_token_timer
        if timer is not None:
            timer.cancel()
        self.connections.close()


def test_signs_in_reads_refreshes_and_signs_out(client: Client, agency: Agency) -> None:
    signed_in = client.auth.sign_in_with_password(
        {"email": agency.owner.email.upper(), "password": PASSWORD}
    )
    assert signed_in.session is not None
    assert signed_in.user is not None
    assert signed_in.user.id == str(agency.owner.id)
    assert signed_in.user.app_metadata["agency_id"] == str(agency.id)
    first = signed_in.session.refresh_token
    refreshed = client.auth.refresh_session()
    assert refreshed.session is not None
    assert refreshed.session.refresh_token != first
    found = client.auth.get_user()
    assert found is not None
    assert found.user.email == agency.owner.email
    token = refreshed.session.access_token
    client.auth.sign_out()
    with pytest.raises(AuthApiError) as refused:
        client.auth.get_user(token)
    assert str(refused.value.code) == "session_not_found"


def test_verifies_the_token_by_the_published_keys(client: Client, agency: Agency) -> None:
    client.auth.sign_in_with_password({"email": agency.owner.email, "password": PASSWORD})
    verified = client.auth.get_claims()
    assert verified is not None
    claims = verified["claims"]
    assert claims["sub"] == str(agency.owner.id)
    assert claims["role"] == "authenticated"
    assert {"agency_id": str(agency.id), "user_role": "owner", "client_ids": None}.items() <= dict(
        claims
    ).items()


def test_refuses_a_wrong_password_and_a_stranger_alike(client: Client, agency: Agency) -> None:
    said = []
    for email in (agency.owner.email, "nobody@example.test"):
        with pytest.raises(AuthApiError) as refused:
            client.auth.sign_in_with_password({"email": email, "password": "not-this-one"})
        said.append((refused.value.code, refused.value.message, refused.value.status))
    assert said == [("invalid_credentials", "Invalid login credentials", 400)] * 2


def test_lets_nobody_in_with_the_key_of_another_agency(
    client: Client, town: Town, agency: Agency
) -> None:
    other = make_agency(town)
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_with_password({"email": other.owner.email, "password": PASSWORD})
    assert str(refused.value.code) == "invalid_credentials"
    assert town.trail(other.id) == [("refuse", "other_agency")]
    assert town.trail(agency.id) == []


def test_ends_the_sign_in_whose_refresh_token_comes_twice(client: Client, agency: Agency) -> None:
    signed_in = client.auth.sign_in_with_password(
        {"email": agency.owner.email, "password": PASSWORD}
    )
    assert signed_in.session is not None
    stolen = signed_in.session.refresh_token
    refreshed = client.auth.refresh_session(stolen)
    assert refreshed.session is not None
    newest = refreshed.session
    with pytest.raises(AuthApiError) as refused:
        client.auth.refresh_session(stolen)
    assert str(refused.value.code) == "refresh_token_already_used"
    for attempt in (
        lambda: client.auth.refresh_session(newest.refresh_token),
        lambda: client.auth.get_user(newest.access_token),
    ):
        with pytest.raises(AuthApiError):
            attempt()


def test_changes_names_and_password(client: Client, agency: Agency) -> None:
    client.auth.sign_in_with_password({"email": agency.owner.email, "password": PASSWORD})
    changed = client.auth.update_user({"data": {"first_name": "Ada", "theme": "dusk"}})
    assert changed.user.user_metadata["first_name"] == "Ada"
    assert changed.user.user_metadata["theme"] == "dusk"
    with pytest.raises(AuthWeakPasswordError) as weak:
        client.auth.update_user({"password": "password123"})
    assert weak.value.reasons == ["pwned"]
    with pytest.raises(AuthApiError) as same:
        client.auth.update_user({"password": PASSWORD})
    assert same.value.code == "same_password"
    client.auth.update_user({"password": OTHER_PASSWORD})
    again = client.auth.sign_in_with_password(
        {"email": agency.owner.email, "password": OTHER_PASSWORD}
    )
    assert again.session is not None


def test_signs_up_with_an_invitation_only(
    client: Client, agency: Agency, town: Town, address: str
) -> None:
    async def invite() -> str:
        async with async_pool(town.url, size_max=1) as pool:
            core = Core(pool=pool, keys=town.keys, mail=Outbox())
            try:
                made = await invitations.invite(
                    core, owner_tenant(agency.id), email="New@Example.test", role="manager"
                )
                return made.token
            finally:
                core.close()

    wish: SignUpWithEmailAndPasswordCredentials = {
        "email": "new@example.test",
        "password": PASSWORD,
    }
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_up(wish)
    assert str(refused.value.code) == "signup_disabled"
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_anonymously()
    assert str(refused.value.code) == "anonymous_provider_disabled"
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_with_otp({"phone": "+361234567"})
    assert str(refused.value.code) == "phone_provider_disabled"
    invitation = asyncio.run(invite())
    with_invitation: SignUpWithEmailAndPasswordCredentialsOptions = {
        "data": {"invitation": invitation}
    }
    with connected(address, make_agency(town).key) as foreign, pytest.raises(AuthApiError):
        foreign.auth.sign_up({**wish, "options": with_invitation})
    joined = client.auth.sign_up(
        {**wish, "options": {"data": {"invitation": invitation, "first_name": "Nia"}}}
    )
    assert joined.session is not None
    assert joined.user is not None
    assert joined.user.app_metadata["user_role"] == "manager"
    assert joined.user.app_metadata["agency_id"] == str(agency.id)
    with pytest.raises(AuthApiError):
        client.auth.sign_up({**wish, "options": with_invitation})


def test_recovers_by_a_link(client: Client, agency: Agency, letters: Outbox) -> None:
    letters.arrived.clear()
    client.auth.reset_password_for_email("nobody-here@example.test")
    client.auth.reset_password_for_email(agency.owner.email)
    token = letters.last_token()
    assert letters.letters[-1].to == agency.owner.email
    signed_in = client.auth.verify_otp({"type": "recovery", "token_hash": token})
    assert signed_in.session is not None
    client.auth.update_user({"password": OTHER_PASSWORD})
    with pytest.raises(AuthApiError) as used:
        client.auth.verify_otp({"type": "recovery", "token_hash": token})
    assert str(used.value.code) == "otp_expired"


def test_refuses_a_key_that_is_none(address: str, agency: Agency) -> None:
    mistyped = agency.key[:-1] + ("a" if agency.key[-1] != "a" else "b")
    with connected(address, mistyped) as client, pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_with_password({"email": agency.owner.email, "password": PASSWORD})
    assert str(refused.value.code) == "invalid_api_key"


def test_reads_and_writes_the_rows_of_the_signed_in(
    client: Client, agency: Agency, town: Town
) -> None:
    mine, foreign = town.client(agency.id), town.client(make_agency(town).id)
    with pytest.raises(APIError) as anonymous:
        client.table("client").select("id").execute()
    assert anonymous.value.code == "PGRST302"
    client.auth.sign_in_with_password({"email": agency.owner.email, "password": PASSWORD})
    rows = client.table("client").select("id").execute().data
    assert rows == [{"id": str(mine)}]
    client.table("client").update({"notes": "x"}).eq("id", str(foreign)).execute()
    client.table("client").insert({"name": "New"}).execute()
    changed = town.sql("select notes from client where id = %(id)s", id=foreign)
    assert changed == [(None,)]
    added = town.sql(
        "select agency_id from client where name = 'New' and agency_id = %(id)s", id=agency.id
    )
    assert added == [(agency.id,)]


def test_a_role_may_do_what_its_agency_says(client: Client, agency: Agency, town: Town) -> None:
    mine = town.client(agency.id)
    member = town.member(agency.id, "member", clients=(mine,))
    client.auth.sign_in_with_password({"email": member.email, "password": PASSWORD})
    with pytest.raises(APIError) as refused:
        client.table("client").delete().eq("id", str(mine)).execute()
    assert refused.value.code == "MST200"
    town.sql(
        "insert into role_permission (agency_id, permission_id, user_role, is_allowed)"
        " select %(id)s, id, 'member', false from permission where key = 'client.read'",
        id=agency.id,
    )
    with pytest.raises(APIError):
        client.table("client").select("id").execute()


def test_asks_for_the_second_factor(client: Client, agency: Agency, address: str) -> None:
    credentials = {"email": agency.owner.email, "password": PASSWORD}
    client.auth.sign_in_with_password(credentials)  # type: ignore[arg-type]  # a dict will do
    factor = client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": "phone"})
    assert factor.totp is not None
    secret = base64.b32decode(factor.totp.secret + "=" * (-len(factor.totp.secret) % 8))
    step = int(time.time()) // second_factor.STEP_S
    client.auth.mfa.challenge_and_verify(
        {"factor_id": factor.id, "code": second_factor.code_at(secret, step)}
    )
    level = client.auth.mfa.get_authenticator_assurance_level()
    assert (level.current_level, level.next_level) == ("aal2", "aal2")
    assert client.table("client").select("id").execute().data == []
    with connected(address, agency.key) as other:
        other.auth.sign_in_with_password(credentials)  # type: ignore[arg-type]  # a dict will do
        level = other.auth.mfa.get_authenticator_assurance_level()
        assert (level.current_level, level.next_level) == ("aal1", "aal2")
        with pytest.raises(APIError):
            other.table("client").select("id").execute()
        (found,) = other.auth.mfa.list_factors().totp
        with pytest.raises(AuthApiError) as wrong:
            other.auth.mfa.challenge_and_verify({"factor_id": found.id, "code": "000000"})
        assert wrong.value.code == "mfa_verification_failed"
        other.auth.mfa.challenge_and_verify(
            {"factor_id": found.id, "code": second_factor.code_at(secret, step + 1)}
        )
        assert other.table("client").select("id").execute().data == []
