"""Passwords: who gets in, who does not, and what the refused can tell."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import bcrypt
import pytest
from tests.core.conftest import HERE, PASSWORD

from mainstem.core import Origin, lockout, passwords, sessions, sign_in, tokens
from mainstem.core.passwords import Passwords, WeakPasswordError, require_strong
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from tests.core.conftest import Clock, Town

    from mainstem.core import Core, SignedIn

pytestmark = pytest.mark.anyio


async def attempt(core: Core, email: str, password: str, origin: Origin = HERE) -> SignedIn:
    return await sign_in.with_password(core, email, password, origin=origin, kind=sessions.BROWSER)


async def test_a_supabase_hash_is_taken_once_and_replaced(core: Core, town: Town) -> None:
    legacy = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    member = town.member(town.agency(), password_hash=legacy.replace("$2b$", "$2a$"))
    with pytest.raises(RefusedError):
        await attempt(core, member.email, PASSWORD + "x")
    await attempt(core, member.email, PASSWORD)
    kept = town.sql(
        "select password_hash from app.credential where user_id = %(id)s", id=member.id
    )[0][0]
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await attempt(core, member.email, PASSWORD)


async def test_an_account_pauses_after_five_failures_and_longer_after_more(
    core: Core, town: Town, clock: Clock
) -> None:
    member = town.member(town.agency())
    emails = (member.email, f"nobody-{member.email}")
    for email in emails:
        for _ in range(lockout.FREE[lockout.Subject.ACCOUNT]):
            with pytest.raises(RefusedError) as refused:
                await attempt(core, email, "wrong")
            assert refused.value.code == "invalid_credentials"
        with pytest.raises(RefusedError) as locked:
            await attempt(core, email, PASSWORD)
        assert (locked.value.status, locked.value.retry_after_s) == (429, 31)
    clock.pass_(seconds=31)
    with pytest.raises(RefusedError, match="Invalid"):
        await attempt(core, member.email, "wrong")
    with pytest.raises(RefusedError) as longer:
        await attempt(core, member.email, PASSWORD)
    assert longer.value.retry_after_s == 61
    clock.pass_(seconds=61)
    await attempt(core, member.email, PASSWORD)
    await attempt(core, member.email, PASSWORD)


async def test_many_guesses_at_once_get_no_further_than_one_after_another(
    core: Core, town: Town
) -> None:
    member = town.member(town.agency())
    outcomes = await asyncio.gather(
        *(attempt(core, member.email, f"guess {number}") for number in range(12)),
        return_exceptions=True,
    )
    codes = [outcome.code for outcome in outcomes if isinstance(outcome, RefusedError)]
    assert len(codes) == 12
    assert codes.count("invalid_credentials") == lockout.FREE[lockout.Subject.ACCOUNT]


async def test_an_address_pauses_whichever_accounts_it_tries(core: Core) -> None:
    origin = Origin("203.0.113.9")
    for number in range(lockout.FREE[lockout.Subject.ADDRESS]):
        async with core.pool.connection() as connection, connection.transaction():
            await connection.execute("set local role service_role")
            await lockout.count(core, connection, lockout.Subject.ADDRESS, origin.address)
        del number
    with pytest.raises(RefusedError) as refused:
        await attempt(core, "somebody@example.test", "x", origin)
    assert refused.value.status == 429
    with pytest.raises(RefusedError, match="Invalid"):
        await attempt(core, "somebody@example.test", "x", Origin("203.0.113.10"))


async def test_refusals_take_the_same_time(
    core: Core, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    rest = asyncio.sleep

    async def note(seconds: float) -> None:  # a server of other tests sleeps by it, too
        if seconds <= 1:
            await rest(seconds)
        else:
            waited.append(seconds)

    monkeypatch.setattr("mainstem.core.sign_in.asyncio.sleep", note)
    member = town.member(town.agency())
    slow = replace(core, refusal_s=60.0)
    for email in (member.email, "nobody.at.all@example.test"):
        with pytest.raises(RefusedError):
            await attempt(slow, email, "wrong")
    assert len(waited) == 2
    assert all(50 < seconds <= 60 for seconds in waited)


async def test_the_inactive_are_refused_like_strangers(core: Core, town: Town) -> None:
    agency = town.agency()
    member = town.member(agency)
    town.sql('update "user" set is_active = false where id = %(id)s', id=member.id)
    with pytest.raises(RefusedError, match="Invalid login credentials"):
        await attempt(core, member.email, PASSWORD)
    assert town.trail(agency) == [("refuse", "inactive")]


async def test_every_sign_in_and_refusal_is_on_its_agencys_trail(core: Core, town: Town) -> None:
    agency, other = town.agency(), town.agency("Other")
    member = town.member(agency)
    with pytest.raises(RefusedError):
        await attempt(core, member.email, "wrong")
    found = await attempt(core, member.email, PASSWORD)
    await sessions.end_all(core, found.person)
    assert town.trail(agency) == [
        ("refuse", "password"),
        ("sign_in", "password"),
        ("sign_out", "sign_out"),
    ]
    assert town.trail(other) == []


async def test_no_secret_is_logged(
    core: Core, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    member = town.member(town.agency())
    found = await sign_in.with_password(
        core, member.email, PASSWORD, origin=HERE, kind=sessions.TOKEN
    )
    token, _ = await tokens.access_token(core, found, app="both")
    await tokens.refresh(core, found.token)
    with pytest.raises(RefusedError):
        await attempt(core, "who.is.this@example.test", "guessed-in-vain")
    said = caplog.text + repr(core) + repr(core.keys)
    for secret in (PASSWORD, found.token, token, "guessed-in-vain", "who.is.this"):
        assert secret not in said


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password123",
        "qwertyuiop12",
        "P@ssw0rd2024",
        "1234567890123",
        "x" * 201,
        "ada.lovelace@example.test",
        "Ada.Lovelace1",
    ],
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        require_strong(password, ["ada.lovelace@example.test", "ada.lovelace"])
    assert password not in str(refused.value)


def test_a_long_password_is_taken_and_its_beginning_is_not() -> None:
    require_strong(PASSWORD, ["ada.lovelace@example.test"])
    with pytest.raises(WeakPasswordError):
        require_strong(PASSWORD[:7], ["ada.lovelace@example.test"])


async def test_a_flood_of_sign_ins_is_turned_away_and_blocks_nobody() -> None:
    pool = Passwords(threads=1, waiting_max=1)
    try:
        outcomes = await asyncio.gather(
            *(pool.is_right("x", None) for _ in range(4)), return_exceptions=True
        )
    finally:
        pool.close()
    assert [type(outcome) for outcome in outcomes].count(RefusedError) == 2
    assert outcomes.count(False) == 2


async def test_the_hash_is_salted_and_right_for_one_password_only(hashing: Passwords) -> None:
    one, other = await hashing.hash(PASSWORD), await hashing.hash(PASSWORD)
    assert one != other
    assert await hashing.is_right(PASSWORD, one)
    assert not await hashing.is_right(PASSWORD + " ", one)
    assert not await hashing.is_right(PASSWORD, None)
    assert not await hashing.is_right(PASSWORD, "no hash at all")
    assert not passwords.needs_rehash(one)
