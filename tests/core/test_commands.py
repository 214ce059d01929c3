"""`mainstem agency`, `operator`, `key` and `secrets`, as an operator types them."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from click.testing import CliRunner
from tests.core.conftest import PASSWORD

from mainstem.cli import app
from mainstem.cli.using_core import with_core
from mainstem.core import Origin, master_key, resolve, sessions, store
from mainstem.core.model import Assurance
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError, UsageError
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    from mainstem.core import Core

    class Typed(Protocol):
        def __call__(self, *arguments: str, said: str | None = None) -> str: ...


@pytest.fixture
def typed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command; what it prints. The database is this test's own: rotation takes all of it."""
    monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("database_url"))
    monkeypatch.setenv("MAINSTEM_HOME", str(tmp_path))

    def typed(*arguments: str, said: str | None = None) -> str:
        done = CliRunner().invoke(app, arguments, input=said, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return typed


def test_invites_somebody_into_an_agency(typed: Typed) -> None:
    typed("agency", "create", "Northwind", "--owner", "ada@example.test")
    said = typed("agency", "invite", "bo@example.test", "--agency", "northwind", "--role", "admin")
    assert re.search(r"bo@example\.test chooses a password at \S+/invitation#[\w-]{20,}", said)
    with pytest.raises(UsageError, match="there is no agency 'contoso'"):
        typed("agency", "invite", "bo@example.test", "--agency", "contoso")


def test_makes_an_agency_with_a_link_or_a_password(typed: Typed, tmp_path: Path) -> None:
    said = typed("agency", "create", "Northwind Traders", "--owner", "ada@example.test")
    assert "made the agency northwind-traders" in said
    assert re.search(r"http://127.0.0.1:8000/invitation#\S{43}", said)
    assert (tmp_path / master_key.FILE).exists()
    said = typed(
        "agency", "create", "Contoso", "--owner", "bo@example.test", "--ask-password",
        said=f"{PASSWORD}\n{PASSWORD}\n",
    )  # fmt: skip
    assert PASSWORD not in said
    assert "bo@example.test signs in" in said
    with pytest.raises(UsageError, match="already"):
        typed("agency", "create", "Northwind, traders", "--owner", "x@example.test")


def test_makes_lists_rotates_and_ends_a_key(typed: Typed) -> None:
    typed("agency", "create", "Northwind", "--owner", "ada@example.test")
    ours = ("--agency", "northwind")
    made = typed("key", "create", "old app", *ours, "--app", "revos", "--profile", "legacy").strip()
    assert re.fullmatch(r"ms_\w{10}_\w{49}", made)
    key_id, prefix = typed("key", "list", *ours).split()[:2]
    assert prefix == made[: len(prefix) - 3] + "..."
    successor = typed("key", "rotate", key_id, *ours).strip()
    assert successor != made
    lines = typed("key", "list", *ours).splitlines()
    assert len(lines) == 2
    assert all("app revos, legacy, sign-in only, never used" in line for line in lines)
    assert "ends " in lines[1]
    assert not {made, successor} & set(" ".join(lines).split())
    typed("key", "revoke", key_id, *ours)
    assert "revoked " in typed("key", "list", *ours)


def test_rotates_and_destroys_what_secrets_are_encrypted_with(typed: Typed, tmp_path: Path) -> None:
    typed("agency", "create", "Northwind", "--owner", "ada@example.test")
    file = tmp_path / master_key.FILE
    file.write_text(typed("secrets", "generate") + file.read_text())
    assert "0 secrets encrypted anew" in typed("secrets", "rotate", "--older-than-days", "1")
    assert "destroyed 0" in typed("secrets", "destroy", "--agency", "northwind", "--yes")


def test_an_agency_that_is_not_there_is_named(typed: Typed) -> None:
    name = f"nobody-{uuid4().hex}"
    with pytest.raises(UsageError, match=name):
        typed("key", "list", "--agency", name)


def test_keeps_providers_of_identities(typed: Typed, tmp_path: Path) -> None:
    typed("agency", "create", "Northwind", "--owner", "ada@example.test")
    typed("agency", "create", "Contoso", "--owner", "bo@example.test")
    openid, here = ("agency", "openid"), ("--agency", "northwind")
    about = ("--issuer", "https://id.example", "--client-id", "ours", *here)
    said = typed(*openid, "put", "work", *about, "--label", "Work", said="hush-hush\n")
    assert "register http://127.0.0.1:8000/auth/v1/callback" in said
    assert "hush-hush" not in said
    assert typed(*openid, "list", *here).split() == ["work", "Work", "https://id.example", "ours"]
    assert typed(*openid, "list", "--agency", "contoso") == ""
    typed(*openid, "put", "work", *about, "--off", said="\n")
    assert "(off)" in typed(*openid, "list", *here)
    secret = tmp_path / "secret"
    secret.write_text("another\n")
    typed(*openid, "put", "other", *about, "--secret-file", str(secret))
    with pytest.raises(RefusedError, match="no such provider"):
        typed(*openid, "remove", "work", "--agency", "contoso")
    typed(*openid, "remove", "work", *here)
    assert typed(*openid, "list", *here).startswith("other")


def test_names_who_runs_the_platform(typed: Typed, database_url: str) -> None:
    def known(email: str) -> bool:
        async def asked(core: Core) -> bool:
            async with service_transaction(core.pool) as connection:
                row = await store.person_by_email(connection, email)
                assert row is not None
                signed_in = await sessions.begin(
                    core, connection, row.person(),
                    assurance=Assurance.PASSWORD, kind=sessions.BROWSER, origin=Origin(),
                )  # fmt: skip
            access = await resolve(core, {}, cookie=signed_in.token)
            assert access.session is not None
            return access.session.is_operator

        return asyncio.run(with_core(asked))

    for name, owner in (("Northwind", "ada"), ("Contoso", "bo")):
        email = f"{owner}@example.test"
        typed(
            "agency", "create", name, "--owner", email, "--ask-password",
            said=f"{PASSWORD}\n{PASSWORD}\n",
        )  # fmt: skip
    assert typed("operator", "list") == ""
    typed("operator", "add", "Ada@example.test")
    typed("operator", "add", "later@example.test")
    assert [line.split()[0] for line in typed("operator", "list").splitlines()] == [
        "ada@example.test", "later@example.test",
    ]  # fmt: skip
    assert known("ada@example.test")
    assert not known("bo@example.test")
    with pytest.raises(UsageError, match="already"):
        typed("operator", "add", "ada@example.test")
    for _ in range(2):
        typed("operator", "remove", "ada@example.test")
        assert not known("ada@example.test")
        with pytest.raises(UsageError, match="no operator"):
            typed("operator", "remove", "ada@example.test")
        typed("operator", "add", "ada@example.test")
        assert known("ada@example.test")
    with pytest.raises(UsageError, match="no e-mail"):
        typed("operator", "add", "ada")
    with connect(database_url) as connection:
        noted = connection.execute(
            'select u.email, l.reason from audit_log as l join "user" as u on u.id = l.row_id'
            " and u.agency_id = l.agency_id where l.reason like 'operator_%' order by l.id"
        ).fetchall()
    assert noted == [
        ("ada@example.test", f"operator_{what}") for what in ("added", *("removed", "added") * 2)
    ]
