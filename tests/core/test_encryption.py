"""Secrets in cells: what opens them, what does not, and what is left when keys change or go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.conftest import owner_tenant

from mainstem.core import encryption, master_key, rotation, signing
from mainstem.core.encryption import Cell
from mainstem.core.master_key import MasterKeys
from mainstem.core.signing import Signing
from mainstem.core.transaction import service_transaction
from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.core.conftest import Clock, Town

    from mainstem.core import Core

pytestmark = pytest.mark.anyio


def cell(town: Town) -> Cell:
    return Cell(town.agency(), "integration", "access_token_encrypted", uuid4())


async def test_a_secret_opens_in_its_cell_only(core: Core, town: Town) -> None:
    here = cell(town)
    async with service_transaction(core.pool) as connection:
        sealed = await encryption.seal(core, connection, here, b"the secret")
        assert b"the secret" not in sealed
        assert await encryption.unseal(core, connection, here, sealed) == b"the secret"
        assert sealed != await encryption.seal(core, connection, here, b"the secret")
        other = cell(town)
        await encryption.seal(core, connection, other, b"")
        for wrong in (
            replace(here, agency_id=other.agency_id),
            replace(here, table="webhook_config"),
            replace(here, column="refresh_token_encrypted"),
            replace(here, row_id=other.row_id),
        ):
            with pytest.raises(ConfigError, match="altered, or moved"):
                await encryption.unseal(core, connection, wrong, sealed)


async def test_whatever_bit_is_changed_it_does_not_open(core: Core, town: Town) -> None:
    here = cell(town)
    async with service_transaction(core.pool) as connection:
        sealed = await encryption.seal(core, connection, here, b"x")
        for position in range(len(sealed)):
            altered = bytearray(sealed)
            altered[position] ^= 1
            with pytest.raises(ConfigError):
                await encryption.unseal(core, connection, here, bytes(altered))
        for short in (b"", b"\x01", sealed[:16]):
            with pytest.raises(ConfigError, match="nothing that was sealed"):
                await encryption.unseal(core, connection, here, short)


async def test_an_agencys_secrets_go_with_its_key_and_the_others_stay(
    core: Core, town: Town
) -> None:
    mine, theirs = cell(town), cell(town)
    async with service_transaction(core.pool) as connection:
        sealed = [await encryption.seal(core, connection, each, b"s") for each in (mine, theirs)]
    assert await encryption.destroy(core, owner_tenant(mine.agency_id)) == 1
    async with service_transaction(core.pool) as connection:
        with pytest.raises(ConfigError, match="gone for good"):
            await encryption.unseal(core, connection, mine, sealed[0])
        assert await encryption.unseal(core, connection, theirs, sealed[1]) == b"s"
        again = await encryption.seal(core, connection, mine, b"new")
        assert encryption.version_of(again) == 2
    kept = town.sql(
        "select wrapped_key from app.data_key where agency_id = %(id)s and version = 1",
        id=mine.agency_id,
    )
    assert kept == [(None,)]


async def test_rotation_brings_every_secret_under_new_keys(
    core: Core, town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = town.agency()
    people = [town.member(agency).id for _ in range(3)]
    cells = {person: Cell(agency, "credential", "secret_encrypted", uuid4()) for person in people}
    async with service_transaction(core.pool) as connection:
        for person, each in cells.items():
            sealed = await encryption.seal(core, connection, each, str(person).encode())
            await connection.execute(
                "insert into app.credential (id, user_id, kind, secret_encrypted)"
                " values (%s, %s, 'totp', %s)",
                (each.row_id, person, sealed),
            )
    token = await core.signing.sign(
        core,
        {"exp": int(core.clock().timestamp()) + 400_000, "iss": signing.issuer(core),
         "aud": signing.AUDIENCE},
    )  # fmt: skip
    clock.pass_(days=2)
    new = master_key.parse(master_key.generate(), origin="test").current
    both = MasterKeys(new, tuple(town.keys))
    monkeypatch.setattr(rotation, "BATCH", 2)
    rotating = replace(core, keys=both)
    done = await rotation.rotate(rotating, older_than=timedelta(hours=1))
    assert done.wrapped_keys >= 2
    assert done.secrets >= 3
    assert (await rotation.rotate(rotating)) == rotation.Rotated(0, 0, 0)
    only_new = replace(core, keys=MasterKeys(new), signing=Signing())
    rows = town.sql(
        "select id, user_id, secret_encrypted from app.credential where user_id = any(%(ids)s)"
        " and kind = 'totp'",
        ids=people,
    )
    async with service_transaction(core.pool) as connection:
        for _, person, sealed in rows:
            assert encryption.version_of(bytes(sealed)) == 2
            opened = await encryption.unseal(only_new, connection, cells[person], bytes(sealed))
            assert opened == str(person).encode()
    assert await only_new.signing.verify(only_new, token)
    await rotation.rotate(replace(core, keys=MasterKeys(town.keys.current, (new,))))


async def test_a_missing_master_key_is_named(core: Core, town: Town) -> None:
    here = cell(town)
    stranger = replace(core, keys=master_key.parse(master_key.generate(), origin="test"))
    async with service_transaction(core.pool) as connection:
        sealed = await encryption.seal(core, connection, here, b"s")
        with pytest.raises(ConfigError, match=core.keys.current.id):
            await encryption.unseal(stranger, connection, here, sealed)


def test_the_master_key_comes_from_a_variable_a_file_or_is_made_once(tmp_path: Path) -> None:
    line = master_key.generate()
    named = master_key.load(tmp_path, {master_key.VARIABLE: line})
    assert not list(tmp_path.iterdir())
    file = tmp_path / "keys"
    file.write_text(f"{master_key.generate()}\n{line}\n")
    both = master_key.load(tmp_path, {master_key.FILE_VARIABLE: str(file)})
    assert both.older == (master_key.parse(line, origin="x").current,) or (
        both.older[0].id == named.current.id
    )
    made = master_key.load(tmp_path / "home", {})
    assert master_key.load(tmp_path / "home", {}).current.id == made.current.id
    assert (tmp_path / "home" / master_key.FILE).stat().st_mode & 0o777 == 0o600
    assert line not in repr(named)


@pytest.mark.parametrize("text", ["", "short", "not base64!", "QUJD"])
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        master_key.parse(text, origin="MAINSTEM_MASTER_KEY")
    assert not text or text not in str(refused.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.binary(max_size=50))
def test_wrapping_goes_there_and_back(secret: bytes, context: bytes) -> None:
    keys = master_key.parse(master_key.generate(), origin="test")
    wrapped = keys.wrap(secret, context)
    assert keys.unwrap(wrapped, context, key_id=keys.current.id) == secret
    with pytest.raises(ConfigError, match="altered or moved"):
        keys.unwrap(wrapped, context + b"x", key_id=keys.current.id)
