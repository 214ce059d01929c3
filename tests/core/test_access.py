"""Who a request is from: session, token and key, each of which may be another tenant's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.core.conftest import HERE, PASSWORD, owner_tenant

from mainstem.core import api_keys, resolve, sessions, sign_in, tokens
from mainstem.core.model import Scope
from mainstem.db.tenant import Tenant, async_tenant_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from uuid import UUID

    from tests.core.conftest import Clock, Member, Town

    from mainstem.core import Core, SignedIn

pytestmark = pytest.mark.anyio


async def signed_in(core: Core, member: Member, kind: str = sessions.TOKEN) -> SignedIn:
    return await sign_in.with_password(core, member.email, PASSWORD, origin=HERE, kind=kind)


async def bearer(core: Core, found: SignedIn, app: str = "both") -> dict[str, str]:
    token, _ = await tokens.access_token(core, found, app=app)
    return {"authorization": f"Bearer {token}"}


async def clients_seen(core: Core, tenant: Tenant | None) -> set[UUID]:
    assert tenant is not None
    async with async_tenant_transaction(core.pool, tenant) as connection:
        rows = await (await connection.execute("select id from client")).fetchall()
    return {row[0] for row in rows}


async def test_nothing_brought_is_anonymous(core: Core) -> None:
    found = await resolve(core, {})
    assert found.is_anonymous
    assert found.scopes == frozenset()


@pytest.mark.parametrize(
    ("role", "sees_all"),
    [("owner", True), ("admin", True), ("manager", True), ("member", False), ("client", False)],
)
async def test_a_person_sees_the_clients_of_their_role_and_no_other_agencys(
    core: Core, town: Town, role: str, *, sees_all: bool
) -> None:
    agency, other = town.agency(), town.agency("Other")
    mine, further, foreign = town.client(agency), town.client(agency), town.client(other)
    member = town.member(agency, role, clients=(mine,))
    found = await resolve(core, await bearer(core, await signed_in(core, member)))
    seen = await clients_seen(core, found.tenant)
    assert seen == ({mine, further} if sees_all else {mine})
    assert foreign not in seen


async def test_a_member_without_a_client_sees_none(core: Core, town: Town) -> None:
    agency = town.agency()
    town.client(agency)
    found = await resolve(
        core, await bearer(core, await signed_in(core, town.member(agency, "member")))
    )
    assert await clients_seen(core, found.tenant) == set()


async def test_what_is_revoked_is_gone_at_once(core: Core, town: Town) -> None:
    agency = town.agency()
    client_id = town.client(agency)
    member = town.member(agency, "member", clients=(client_id,))
    headers = await bearer(core, await signed_in(core, member))
    town.sql("delete from member_client_access where user_id = %(id)s", id=member.id)
    found = await resolve(core, headers)
    assert await clients_seen(core, found.tenant) == set()
    town.sql('update "user" set is_active = false where id = %(id)s', id=member.id)
    with pytest.raises(RefusedError, match="ended"):
        await resolve(core, headers)


async def test_an_ended_session_an_old_token_and_an_invented_one_are_refused(
    core: Core, town: Town, clock: Clock
) -> None:
    member = town.member(town.agency())
    first, second = await signed_in(core, member), await signed_in(core, member)
    headers = await bearer(core, first)
    await sessions.end(core, first.person, first.session_id)
    with pytest.raises(RefusedError) as ended:
        await resolve(core, headers)
    assert (ended.value.code, ended.value.status) == ("session_not_found", 401)
    headers = await bearer(core, second)
    token = headers["authorization"]
    for wrong in (token[:-3] + "AAA", "Bearer nonsense", "Bearer a.b.c", token + "x" * 20_000):
        with pytest.raises(RefusedError) as bad:
            await resolve(core, {"authorization": wrong})
        assert bad.value.code == "bad_jwt"
    clock.pass_(minutes=11)
    with pytest.raises(RefusedError) as old:
        await resolve(core, headers)
    assert old.value.code == "session_expired"


async def test_a_person_ends_no_session_of_another(core: Core, town: Town) -> None:
    agency = town.agency()
    one, other = town.member(agency), town.member(town.agency("Other"))
    mine, theirs = await signed_in(core, one), await signed_in(core, other)
    assert not await sessions.end(core, mine.person, theirs.session_id)
    assert [view.id for view in await sessions.listed(core, mine.person)] == [mine.session_id]
    assert not (await resolve(core, await bearer(core, theirs))).is_anonymous


async def test_a_browser_is_known_by_its_cookie_under_a_new_token_each_time(
    core: Core, town: Town, clock: Clock
) -> None:
    member = town.member(town.agency())
    first = await signed_in(core, member, sessions.BROWSER)
    again = await sign_in.with_password(
        core, member.email, PASSWORD,
        origin=HERE, kind=sessions.BROWSER, replaces=first.session_id,
    )  # fmt: skip
    assert again.token != first.token
    with pytest.raises(RefusedError):
        await resolve(core, {}, cookie=first.token)
    found = await resolve(core, {}, cookie=again.token)
    assert found.session is not None
    assert found.session.person.id == member.id
    stored = town.sql("select token_hash from app.session where user_id = %(id)s", id=member.id)
    assert again.token.encode() not in {bytes(row[0]) for row in stored}
    clock.pass_(days=31)
    with pytest.raises(RefusedError):
        await resolve(core, {}, cookie=again.token)


async def test_a_refresh_token_is_no_cookie(core: Core, town: Town) -> None:
    found = await signed_in(core, town.member(town.agency()))
    with pytest.raises(RefusedError):
        await resolve(core, {}, cookie=found.token)


async def test_switching_the_app_changes_nothing_else(core: Core, town: Town) -> None:
    agency = town.agency()
    client_id, foreign = town.client(agency), town.client(town.agency("Other"))
    member = town.member(agency, "member", clients=(client_id,))
    cookie = (await signed_in(core, member, sessions.BROWSER)).token
    before = await resolve(core, {}, cookie=cookie)
    assert before.session is not None
    await sessions.choose_client(core, before.session, client_id)
    with pytest.raises(RefusedError):
        await sessions.choose_client(core, before.session, foreign)
    await sessions.switch_app(core, before.session, "revos")
    after = await resolve(core, {}, cookie=cookie)
    assert after.session is not None
    assert after.session.client_id == client_id
    assert after.session.id == before.session.id
    assert after.tenant is not None
    assert before.tenant is not None
    assert after.tenant.app_context == "revos"
    assert after.tenant.client_ids == before.tenant.client_ids
    for app in ("*", "nonsense"):
        with pytest.raises(RefusedError):
            await sessions.switch_app(core, after.session, app)
    assert ("switch_app", None) in town.trail(agency)


async def test_a_key_without_scopes_is_anonymous_and_names_the_app(core: Core, town: Town) -> None:
    agency = town.agency()
    made = await api_keys.make(
        core, owner_tenant(agency), name="web", app="revos", profile="legacy"
    )
    found = await resolve(core, {"apikey": made.text, "authorization": f"Bearer {made.text}"})
    assert found.is_anonymous
    assert (found.app, found.profile) == ("revos", "legacy")
    member = town.member(agency)
    headers = {"apikey": made.text, **await bearer(core, await signed_in(core, member))}
    found = await resolve(core, headers)
    assert found.tenant is not None
    assert (found.tenant.user_id, found.tenant.app_context) == (member.id, "revos")


async def test_a_key_with_scopes_sees_its_agency_or_its_client(core: Core, town: Town) -> None:
    agency = town.agency()
    one, two = town.client(agency), town.client(agency)
    town.client(town.agency("Other"))
    owner = owner_tenant(agency)
    whole = await api_keys.make(core, owner, name="all", scopes=[Scope.ROWS_READ])
    narrow = await api_keys.make(core, owner, name="one", scopes=[Scope.ROWS_READ], client_id=one)
    for made, expected in ((whole, {one, two}), (narrow, {one})):
        found = await resolve(core, {"apikey": made.text})
        assert await clients_seen(core, found.tenant) == expected
        assert found.scopes == {Scope.ROWS_READ}


async def test_a_clients_key_narrows_the_person_who_uses_it(core: Core, town: Town) -> None:
    agency = town.agency()
    one, two = town.client(agency), town.client(agency)
    made = await api_keys.make(core, owner_tenant(agency), name="one", client_id=one)
    for member, expected in (
        (town.member(agency), {one}),
        (town.member(agency, "member", clients=(two,)), set()),
    ):
        headers = {"apikey": made.text, **await bearer(core, await signed_in(core, member))}
        found = await resolve(core, headers)
        assert await clients_seen(core, found.tenant) == expected


async def test_a_key_of_another_agency_is_refused_beside_a_token(core: Core, town: Town) -> None:
    made = await api_keys.make(core, owner_tenant(town.agency("Other")), name="web")
    member = town.member(town.agency())
    headers = {"apikey": made.text, **await bearer(core, await signed_in(core, member))}
    with pytest.raises(RefusedError) as refused:
        await resolve(core, headers)
    assert (refused.value.code, refused.value.status) == ("invalid_api_key", 401)


async def test_a_key_is_kept_as_a_hash_and_works_until_its_end(
    core: Core, town: Town, clock: Clock
) -> None:
    agency = town.agency()
    owner = owner_tenant(agency)
    end = clock() + timedelta(days=1)
    old = await api_keys.make(core, owner, name="job", scopes=[Scope.ROWS_WRITE], expires_at=end)
    everything = town.sql("select k::text from api_key as k where agency_id = %(id)s", id=agency)
    secret = old.text.split("_")[2]
    assert secret not in str(everything)
    assert secret.encode().hex() not in str(everything)
    new = await api_keys.rotate(core, owner, old.id, overlap=timedelta(hours=1))
    for text in (old.text, new.text):
        assert (await resolve(core, {"apikey": text})).scopes == {Scope.ROWS_WRITE}
    clock.pass_(hours=2)
    with pytest.raises(RefusedError):
        await resolve(core, {"apikey": old.text})
    await resolve(core, {"apikey": new.text})
    clock.pass_(days=1)
    with pytest.raises(RefusedError):
        await resolve(core, {"apikey": new.text})
    used = town.sql("select last_used_at from api_key where id = %(id)s", id=new.id)
    assert used[0][0] is not None


async def test_a_key_is_made_rotated_and_revoked_by_its_agencys_owners_only(
    core: Core, town: Town
) -> None:
    agency = town.agency()
    made = await api_keys.make(core, owner_tenant(agency), name="web")
    foreign = owner_tenant(town.agency("Other"))
    member = Tenant(agency, None, "member", frozenset(), "both")
    for tenant, code in ((foreign, "not_found"), (member, "insufficient_permissions")):
        for attempt in (
            api_keys.revoke(core, tenant, made.id),
            api_keys.rotate(core, tenant, made.id, overlap=timedelta(0)),
        ):
            with pytest.raises(RefusedError) as refused:
                await attempt
            assert refused.value.code == code
    assert made.id not in {key.id for key in await api_keys.listed(core, foreign)}
    with pytest.raises(RefusedError, match="no such client"):
        await api_keys.make(
            core, owner_tenant(agency), name="x", client_id=town.client(foreign.agency_id)
        )
    await api_keys.revoke(core, owner_tenant(agency), made.id)
    with pytest.raises(RefusedError):
        await resolve(core, {"apikey": made.text})


async def test_a_right_prefix_with_a_wrong_secret_is_refused_and_on_the_trail(
    core: Core, town: Town
) -> None:
    agency = town.agency()
    made = await api_keys.make(core, owner_tenant(agency), name="web")
    body = f"ms_{made.text.split('_')[1]}_{'0' * api_keys.SECRET_LENGTH}"
    forged = body + api_keys._checksum(body)
    assert api_keys.prefix_of(forged) is not None
    for _ in range(3):
        with pytest.raises(RefusedError):
            await resolve(core, {"apikey": forged})
    assert town.trail(agency).count(("refuse", "wrong_secret")) == 1, "once a minute"


async def test_invented_ids_are_nobody(core: Core, town: Town) -> None:
    found = await signed_in(core, town.member(town.agency()))
    with pytest.raises(RefusedError):
        await resolve(core, {}, cookie=str(uuid4()))
    assert not await sessions.end(core, found.person, uuid4())
