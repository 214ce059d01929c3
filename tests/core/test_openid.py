"""Signing in with an identity of elsewhere, against an issuer that really runs."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from tests.core.conftest import APP, PASSWORD, Member, Town, owner_tenant
from tests.core.elsewhere import SECRET, Trip, add_provider, at, run

from mainstem.core import api_keys, invitations, providers
from mainstem.core.issuer import Issuers
from mainstem.core.providers import Wish
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from uuid import UUID

    from tests.core.elsewhere import Elsewhere


def session_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    fragment = parse_qs(urlsplit(answer.headers["location"]).fragment)
    return {name: values[0] for name, values in fragment.items()}


def who(trip: Trip, answer: httpx.Response) -> str:
    token = session_of(answer)["access_token"]
    found = trip.http.get(
        f"{trip.address}/auth/v1/user", headers={"authorization": f"Bearer {token}"}
    )
    return str(found.json()["email"])


def test_a_person_with_a_verified_address_signs_in_and_is_known_by_the_subject(
    town: Town, trip: Trip, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email.upper(), "email_verified": True}
    assert who(trip, trip.sign_in(redirect_to=APP)) == member.email
    # The subject is theirs from now on, whatever the address says and whoever has it.
    other = town.member(agencies[1])
    elsewhere.claims |= {"email": other.email}
    assert who(trip, trip.sign_in(redirect_to=APP)) == member.email
    assert ("change_password", "identity_added") in town.trail(agencies[0])
    assert ("sign_in", "identity") in town.trail(agencies[0])


def test_our_own_pages_get_a_cookie_and_no_token_in_the_address(
    town: Town, trip: Trip, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    answer = trip.sign_in()
    assert answer.headers["location"] == "http://127.0.0.1:8000"
    set_cookies = answer.headers.get_list("set-cookie")
    assert any(each.startswith("mainstem=") and "HttpOnly" in each for each in set_cookies)


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {},
        {"email_verified": True, "iss": "https://evil.example"},
        {"email_verified": True, "aud": "somebody-else"},
        {"email_verified": True, "aud": ["ours", "somebody-else"]},
        {"email_verified": True, "azp": "somebody-else"},
        {"email_verified": True, "exp": 1},
        {"email_verified": True, "iat": 99_999_999_999},
        {"email_verified": True, "nonce": "another"},
        {"email_verified": True, "sub": ""},
        {"email_verified": True, "email": "nobody@example.test"},
    ],
)
def test_what_is_not_proven_opens_nothing(
    town: Town,
    trip: Trip,
    elsewhere: Elsewhere,
    agencies: tuple[UUID, UUID],
    claims: dict[str, Any],
) -> None:
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, **claims}
    refused = trip.sign_in(redirect_to=APP)
    assert refused.status_code == 403, refused.text
    assert refused.json()["error_code"] == "bad_oauth_callback"
    linked = town.sql(
        "select from app.credential where user_id = %(id)s and kind = 'identity'", id=member.id
    )
    assert linked == []


def test_a_token_that_the_client_secret_signed_is_none(
    town: Town, trip: Trip, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    elsewhere.algorithm = "HS256"
    elsewhere.signing = OctKey.import_key(SECRET * 4)
    assert trip.sign_in(redirect_to=APP).status_code == 403
    elsewhere.algorithm, elsewhere.signing = "RS256", RSAKey.generate_key(2048, private=True)
    assert trip.sign_in(redirect_to=APP).status_code == 403


def test_the_way_back_is_the_same_browsers_and_good_once(
    town: Town, trip: Trip, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    back = trip.go(redirect_to=APP)
    with httpx.Client() as http:
        assert Trip(http, trip.address, trip.provider).come_back(back).status_code == 403
    forged = back.copy_set_param("state", "x" * 43)
    assert trip.come_back(forged).status_code == 403
    assert trip.come_back(back.copy_set_param("iss", "https://evil.example")).status_code == 403
    assert trip.come_back(back).status_code == 303
    assert trip.come_back(back).status_code == 403
    trip.http.headers["accept"] = "text/html,*/*;q=0.8"
    page = trip.come_back(back)
    assert (page.status_code, page.headers["content-type"][:9]) == (403, "text/html")
    assert "You were not signed in: " in page.text
    assert 'href="/sign-in"' in page.text


def test_somebody_who_was_invited_joins_without_a_password(
    town: Town, trip: Trip, elsewhere: Elsewhere
) -> None:
    agency, email = town.agency(), f"{uuid4().hex}@example.test"
    add_provider(town, agency, elsewhere)
    foreign, trip.provider = trip.provider, at(town, agency)
    invited = run(
        town,
        lambda core: invitations.invite(core, owner_tenant(agency), email=email, role="member"),
    ).token
    elsewhere.claims = {"sub": uuid4().hex, "email": email, "email_verified": True}
    assert trip.sign_in(redirect_to=APP).status_code == 403
    elsewhere.claims["email"] = "other@example.test"
    assert trip.sign_in(redirect_to=APP, invitation=invited).status_code == 403
    elsewhere.claims["email"] = email
    assert trip.sign_in(foreign, redirect_to=APP, invitation=invited).status_code == 403
    assert who(trip, trip.sign_in(redirect_to=APP, invitation=invited)) == email
    people = town.sql('select agency_id, role from "user" where email = %(email)s', email=email)
    assert people == [(agency, "member")]


def test_one_agencys_provider_signs_in_nobody_of_another(
    town: Town, trip: Trip, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    mine, foreign = town.member(agencies[0]), town.member(agencies[1])
    elsewhere.claims = {"sub": uuid4().hex, "email": foreign.email, "email_verified": True}
    assert trip.sign_in(redirect_to=APP).status_code == 403
    assert who(trip, trip.sign_in(at(town, agencies[1]), redirect_to=APP)) == foreign.email
    # Not by the subject that is known by now, either.
    assert trip.sign_in(redirect_to=APP).status_code == 403
    elsewhere.claims = {"sub": uuid4().hex, "email": mine.email, "email_verified": True}
    assert who(trip, trip.sign_in(redirect_to=APP)) == mine.email


def test_who_runs_the_platform_comes_through_no_agencys_provider(
    town: Town, trip: Trip, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    member = town.member(agencies[0])
    town.sql("insert into app.operator (email) values (%(email)s)", email=member.email)
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    assert trip.sign_in(redirect_to=APP).status_code == 403
    refused = town.sql(
        "select reason from audit_log where actor_id = %(id)s and action = 'refuse'", id=member.id
    )
    assert refused == [("identity",)]


def test_an_owner_decides_through_whom_people_sign_in(
    town: Town, trip: Trip, elsewhere: Elsewhere
) -> None:
    agency, foreign = town.agency(), town.agency()
    owner, admin, other = (
        headers_of(trip, town.member(*of))
        for of in ((agency, "owner"), (agency, "admin"), (foreign, "owner"))
    )
    place = f"{trip.address}/api/providers"
    wish = {
        "label": "Work", "issuer": elsewhere.address, "client_id": "ours", "client_secret": SECRET,
    }  # fmt: skip
    assert trip.http.put(f"{place}/work", json=wish, headers=admin).status_code == 403
    made = trip.http.put(f"{place}/work", json=wish, headers=owner)
    assert made.status_code == 200, made.text
    assert SECRET not in made.text + trip.http.get(place, headers=owner).text
    assert trip.http.get(place, headers=other).json() == []
    assert trip.http.delete(f"{place}/work", headers=other).status_code == 404
    ((kept,),) = town.sql(
        "select secret_encrypted from identity_provider where agency_id = %(id)s", id=agency
    )
    assert SECRET.encode() not in bytes(kept)
    # Without its secret it may change its words, and not where the secret goes.
    del wish["client_secret"]
    changed = trip.http.put(f"{place}/work", json={**wish, "label": "Ours"}, headers=owner)
    assert changed.json()["label"] == "Ours", changed.text
    for wrong in (
        {"issuer": "https://evil.example"}, {"client_id": "theirs"},
    ):  # fmt: skip
        refused = trip.http.put(f"{place}/work", json=wish | wrong, headers=owner)
        assert (refused.status_code, "client_secret" in refused.text) == (422, True), refused.text
    member = town.member(agency)
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    named = at(town, agency).replace("elsewhere", "work")
    assert who(trip, trip.sign_in(named, redirect_to=APP)) == member.email
    off = trip.http.put(f"{place}/work", json={**wish, "is_enabled": False}, headers=owner)
    assert off.status_code == 200
    asked = urlencode({"provider": named})
    assert trip.http.get(f"{trip.address}/auth/v1/authorize?{asked}").status_code == 400
    assert trip.http.delete(f"{place}/work", headers=owner).status_code == 204
    changes = town.sql(
        "select action from audit_log where table_name = 'identity_provider'"
        " and agency_id = %(id)s order by id", id=agency,
    )  # fmt: skip
    assert [action for (action,) in changes] == ["insert", "update", "update", "delete"]


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "ftp://x",
        "https://a@b.c",
    ],
)
def test_a_provider_is_where_others_may_look(town: Town, issuer: str) -> None:
    """A server that is not a developer's own calls nothing inside, this machine included."""
    wish = Wish("work", "Work", issuer, "a", "b")
    agency = town.agency()
    with pytest.raises(RefusedError, match="its issuer is none"):
        run(town, lambda core: providers.put(core, owner_tenant(agency), wish))
    outside = Issuers()
    with pytest.raises(ValueError, match="https://"):
        outside.require_address("http://127.0.0.1:9")
    with pytest.raises(ValueError, match="loopback"):
        outside.require_address("https://127.0.0.1:9")


def test_foreign_addresses_and_unknown_providers_are_refused(trip: Trip) -> None:
    for asked, status in (
        ({"provider": "nobody"}, 400),
        ({"provider": "elsewhere"}, 400),
        ({"provider": "elsewhere@nobody"}, 400),
        ({"provider": trip.provider, "redirect_to": "https://evil.example"}, 422),
        ({"provider": trip.provider, "redirect_to": "javascript:alert(1)"}, 422),
    ):
        answer = trip.http.get(f"{trip.address}/auth/v1/authorize?{urlencode(asked)}")
        assert answer.status_code == status, answer.text


def test_settings_name_the_providers_of_the_keys_agency(
    town: Town, trip: Trip, agencies: tuple[UUID, UUID]
) -> None:
    place = f"{trip.address}/auth/v1/settings"
    key = run(town, lambda core: api_keys.make(core, owner_tenant(agencies[0]), name="web"))
    found = trip.http.get(place, headers={"apikey": key.text}).json()["external"]
    assert found[at(town, agencies[0])]
    assert at(town, agencies[1]) not in found
    assert not any("@" in name for name in trip.http.get(place).json()["external"])


def test_the_door_of_an_agency_leads_to_its_providers(
    town: Town, trip: Trip, elsewhere: Elsewhere, agencies: tuple[UUID, UUID]
) -> None:
    slug = trip.provider.partition("@")[2]
    page = trip.http.get(f"{trip.address}/sign-in", params={"agency": slug, "next": "/clients"})
    (href,) = re.findall(r'href="(/auth/v1/authorize[^"]+)"', page.text)
    assert "Sign in with Elsewhere" in page.text
    for other in ({}, {"agency": "nobody"}):
        shown = trip.http.get(f"{trip.address}/sign-in", params=other)
        assert "/auth/v1/authorize" not in shown.text
    wrong = {"email": "a@example.test", "password": "x", "agency": slug}
    again = trip.http.post(f"{trip.address}/sign-in", data=wrong)
    assert "Sign in with Elsewhere" in again.text
    member = town.member(agencies[0])
    elsewhere.claims = {"sub": uuid4().hex, "email": member.email, "email_verified": True}
    away = trip.http.get(f"{trip.address}{unescape(href)}")
    back = trip.http.get(away.headers["location"])
    answer = trip.come_back(httpx.URL(back.headers["location"]))
    assert answer.headers["location"] == "http://127.0.0.1:8000/clients"


def headers_of(trip: Trip, member: Member) -> dict[str, str]:
    answer = trip.http.post(
        f"{trip.address}/auth/v1/token?grant_type=password",
        json={"email": member.email, "password": PASSWORD},
    )
    return {"authorization": f"Bearer {answer.json()['access_token']}"}
