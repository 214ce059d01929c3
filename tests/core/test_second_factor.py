"""The second factor: the standard's own numbers, and what a session may do without it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from tests.core.conftest import HERE, PASSWORD

from mainstem.core import resolve, second_factor, sessions, sign_in, tokens
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from tests.core.conftest import Clock, Member, Town

    from mainstem.core import Core, SessionUse, SignedIn

pytestmark = pytest.mark.anyio

SECRETS = {
    "sha1": b"12345678901234567890",
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}


@pytest.mark.parametrize(
    ("time_s", "algorithm", "code"),
    [
        (59, "sha1", "94287082"),
        (59, "sha256", "46119246"),
        (59, "sha512", "90693936"),
        (1111111109, "sha1", "07081804"),
        (1111111109, "sha256", "68084774"),
        (1111111109, "sha512", "25091201"),
        (1111111111, "sha1", "14050471"),
        (1234567890, "sha1", "89005924"),
        (2000000000, "sha1", "69279037"),
        (2000000000, "sha512", "38618901"),
        (20000000000, "sha1", "65353130"),
        (20000000000, "sha256", "77737706"),
    ],
)
def test_codes_are_those_of_rfc_6238(time_s: int, algorithm: str, code: str) -> None:
    made = second_factor.code_at(SECRETS[algorithm], time_s // 30, digits=8, algorithm=algorithm)
    assert made == code


async def begin(core: Core, member: Member, kind: str = sessions.BROWSER) -> SignedIn:
    return await sign_in.with_password(core, member.email, PASSWORD, origin=HERE, kind=kind)


async def session_of(core: Core, signed_in: SignedIn) -> SessionUse:
    found = await resolve(core, {}, cookie=signed_in.token, needs_second_factor=False)
    assert found.session is not None
    return found.session


def code_now(core: Core, secret: str, *, aside: int = 0) -> str:
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return second_factor.code_at(raw, int(core.clock().timestamp()) // 30 + aside)


async def enrolled(core: Core, member: Member) -> tuple[str, list[str]]:
    session = await session_of(core, await begin(core, member))
    enrolment = await second_factor.enrol(core, session.person, label="phone")
    _, codes = await second_factor.confirm(core, session, code_now(core, enrolment.secret))
    return enrolment.secret, codes


async def test_a_session_opens_nothing_until_the_code_is_given(
    core: Core, town: Town, clock: Clock
) -> None:
    member = town.member(town.agency())
    secret, _ = await enrolled(core, member)
    clock.pass_(minutes=1)
    signed_in = await begin(core, member)
    assert signed_in.needs_second_factor
    with pytest.raises(RefusedError) as refused:
        await resolve(core, {}, cookie=signed_in.token)
    assert refused.value.code == "insufficient_aal"
    session = await session_of(core, signed_in)
    whole = await second_factor.give(core, session, code_now(core, secret))
    assert whole.token != signed_in.token
    with pytest.raises(RefusedError):
        await resolve(core, {}, cookie=signed_in.token)
    assert not (await resolve(core, {}, cookie=whole.token)).is_anonymous


async def test_a_program_gets_new_tokens_with_the_higher_level(
    core: Core, town: Town, clock: Clock
) -> None:
    member = town.member(town.agency())
    secret, _ = await enrolled(core, member)
    clock.pass_(minutes=1)
    signed_in = await begin(core, member, sessions.TOKEN)
    token, _ = await tokens.access_token(core, signed_in, app="both")
    headers = {"authorization": f"Bearer {token}"}
    with pytest.raises(RefusedError, match="second factor"):
        await resolve(core, headers)
    found = await resolve(core, headers, needs_second_factor=False)
    assert found.session is not None
    whole = await second_factor.give(core, found.session, code_now(core, secret))
    with pytest.raises(RefusedError):
        await tokens.refresh(core, signed_in.token)
    refreshed, _ = await tokens.refresh(core, whole.token)
    assert not refreshed.needs_second_factor


async def test_a_code_is_good_once_and_near_its_time(core: Core, town: Town, clock: Clock) -> None:
    member = town.member(town.agency())
    secret, _ = await enrolled(core, member)
    session = await session_of(core, await begin(core, member))
    for code in (code_now(core, secret), code_now(core, secret, aside=-2), "000000", ""):
        with pytest.raises(RefusedError, match="Invalid TOTP"):
            await second_factor.give(core, session, code)
    clock.pass_(minutes=3)
    await second_factor.give(core, session, code_now(core, secret, aside=1))


async def test_guessing_codes_pauses(core: Core, town: Town) -> None:
    member = town.member(town.agency())
    secret, _ = await enrolled(core, member)
    session = await session_of(core, await begin(core, member))
    for _ in range(5):
        with pytest.raises(RefusedError, match="Invalid"):
            await second_factor.give(core, session, "000000")
    with pytest.raises(RefusedError) as refused:
        await second_factor.give(core, session, code_now(core, secret, aside=1))
    assert refused.value.status == 429


async def test_a_recovery_code_is_good_once_and_for_its_person(core: Core, town: Town) -> None:
    member, other = town.member(town.agency()), town.member(town.agency("Other"))
    _, codes = await enrolled(core, member)
    await enrolled(core, other)
    stranger = await session_of(core, await begin(core, other))
    with pytest.raises(RefusedError):
        await second_factor.give(core, stranger, codes[0])
    session = await session_of(core, await begin(core, member))
    await second_factor.give(core, session, codes[0].upper())
    with pytest.raises(RefusedError):
        await second_factor.give(core, session, codes[0])


async def test_it_is_taken_away_only_by_who_has_just_shown_it(
    core: Core, town: Town, clock: Clock
) -> None:
    member = town.member(town.agency())
    secret, _ = await enrolled(core, member)
    clock.pass_(minutes=1)
    signed_in = await begin(core, member)
    with pytest.raises(RefusedError):
        await second_factor.take_away(core, await session_of(core, signed_in))
    whole = await second_factor.give(
        core, await session_of(core, signed_in), code_now(core, secret)
    )
    await second_factor.take_away(core, await session_of(core, whole))
    assert not (await begin(core, member)).needs_second_factor


async def test_one_that_was_never_confirmed_goes_and_ends_no_session(
    core: Core, town: Town
) -> None:
    member = town.member(town.agency())
    here, there = await begin(core, member), await begin(core, member)
    session = await session_of(core, here)
    await second_factor.enrol(core, session.person)
    await second_factor.take_away(core, session)
    assert await second_factor.factors(core, session.person) == []
    assert (await session_of(core, there)).id == there.session_id
    assert ("sign_out", "second_factor_removed") not in town.trail(member.agency_id)
