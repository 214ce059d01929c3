"""The bytes behind the samples' objects: as metadata says, but for what is wrong on purpose."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from samples.legacy_files import ORPHAN, write_files
from tests.samples.conftest import MAKERS

from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.samples.conftest import Made


@pytest.mark.parametrize("name", MAKERS)
def test_files_are_what_their_metadata_says(made: Made, tmp_path: Path, name: str) -> None:
    sample = write_files(made.urls[name], tmp_path)
    with connect(made.urls[name]) as connection:
        rows = connection.execute(
            "select bucket_id || '/' || name, (metadata ->> 'size')::integer, metadata ->> 'eTag'"
            " from storage.objects"
        ).fetchall()
    written = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert {key for key, _, _ in rows} - written.keys() == set(sample.missing)
    assert written.keys() - {key for key, _, _ in rows} == set(sample.orphans)
    assert all(key.endswith(f"/{ORPHAN}") for key in sample.orphans)
    assert sample.missing
    for key, size_bytes, tag in rows:
        if key in written:
            digest = hashlib.md5(written[key], usedforsecurity=False).hexdigest()
            assert (len(written[key]), f'"{digest}"') == (size_bytes, tag)


@pytest.mark.parametrize("name", MAKERS)
def test_accounts_of_every_kind_are_there(made: Made, name: str) -> None:
    """But anonymous visitors and people known by telephone, whom only one app let in."""
    kinds = {
        "deleted_at is not null": True,
        "banned_until > now()": True,
        "is_sso_user": True,
        "encrypted_password is null": True,
        "is_anonymous": name == "revos",
        "email is null and phone is not null": name == "revos",
    }
    for condition, is_there in kinds.items():
        assert (
            bool(made.number(name, f"select count(*) from auth.users where {condition}"))
            is is_there
        )
