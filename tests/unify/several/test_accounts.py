"""Sign-in accounts of a Supabase project: hashes kept, kinds decided, secrets shown nowhere."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import bcrypt
import pytest
from rich.console import Console

from mainstem.errors import ConfigError
from mainstem.pg.connect import connect
from mainstem.unify.move.report import report_of
from mainstem.unify.plan.config import read_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unify.several.conftest import Merge

PASSWORD, OTHER = b"mainstem sample password", b"another one"
HASH = "$2a$10$NBNj1K9WYF4K9N4Gw9InLO1w4GSYo8oN8Iu6p7VlDmhGaaqYqmtVG"
SHAPE = """
create schema auth;
create table auth.users (
    id uuid primary key, email varchar(255), encrypted_password varchar(255), phone text,
    confirmation_token varchar(255), email_confirmed_at timestamptz, last_sign_in_at timestamptz,
    raw_user_meta_data jsonb, created_at timestamptz, updated_at timestamptz,
    banned_until timestamptz, deleted_at timestamptz, is_sso_user boolean not null default false,
    is_anonymous boolean not null default false);
create table auth.identities (
    id uuid primary key, user_id uuid not null references auth.users, provider text not null,
    provider_id text not null, identity_data jsonb, created_at timestamptz, updated_at timestamptz);
"""
TARGET = """
create schema safe;
create table safe.credential (
    id uuid primary key, user_id uuid not null references person, kind text not null,
    password_hash text, provider text, subject text, email text, last_used_at timestamptz,
    created_at timestamptz not null default now(), updated_at timestamptz,
    check (kind <> 'password' or password_hash is not null));
create unique index on safe.credential (user_id) where kind = 'password';
create unique index on safe.credential (provider, subject) where kind = 'identity';
"""
CONFIG = """
[shared."auth.users"]
into = "safe.credential"
columns.encrypted_password = "password_hash"
columns.last_sign_in_at = "last_used_at"
columns.email_confirmed_at = { drop = "not kept" }
columns.raw_user_meta_data = { drop = "people say it" }
columns.confirmation_token = { drop = "links end" }
columns.phone = { drop = "by e-mail" }
columns.id = { into = "user_id", references = "people" }
set.kind = "'password'"
leave."deleted" = "s.deleted_at is not null"
leave."banned" = "s.banned_until > now()"
leave."anonymous" = "s.is_anonymous"
leave."sso" = "s.is_sso_user"
leave."no password" = "coalesce(s.encrypted_password, '') = ''"
[shared."auth.identities"]
into = "safe.credential"
columns.provider_id = "subject"
columns.identity_data = { drop = "told anew" }
columns.user_id = { into = "user_id", references = "people" }
set.kind = "'identity'"
leave."the password says it" = "s.provider = 'email'"
[merge."safe.credential"]
by = [["user_id", "kind = 'password'"], ["user_id", "provider", "subject"]]
keep = "first source"
[merge.person]
by = ["lower(email)"]
"""


def hash_of(number: int) -> str:
    """A hash of its own that is none of another account; only the first is of `PASSWORD`."""
    return HASH if number == 1 else f"{HASH[:-3]}{number:03}"


def add_accounts(merge: Merge) -> None:
    """North's people 101 to 120 have accounts of the same ids; three more have no person."""
    merge.execute(merge.north, SHAPE)
    hashes = " ".join(f"when {n} then '{hash_of(n)}'" for n in range(1, 24))
    merge.execute(
        merge.north,
        f"""insert into auth.users select ('00000000-0000-4000-8000-' || lpad((100 + n)::text, 12,
                '0'))::uuid, 'p' || n || '@example.com', case n {hashes} end, null,
                'confirm-token-' || n, '2026-01-01Z', '2026-05-01Z', '{{"name": "x"}}',
                '2026-01-01Z', '2026-01-02Z' from generate_series(1, 23) n;
            update auth.users set deleted_at = '2026-03-01Z' where email = 'p2@example.com';
            update auth.users set banned_until = '2100-01-01Z' where email = 'p3@example.com';
            update auth.users set banned_until = '2020-01-01Z' where email = 'p4@example.com';
            update auth.users set is_sso_user = true, encrypted_password = null
                where email = 'p5@example.com';
            update auth.users set encrypted_password = '' where email = 'p6@example.com';
            update auth.users set is_anonymous = true, email = null, encrypted_password = null
                where email = 'p21@example.com';
            update auth.users set phone = '4930123', email = null where email = 'p22@example.com';
            insert into auth.identities select gen_random_uuid(), id, 'email', id::text, '{{}}',
                '2026-01-01Z', '2026-01-01Z' from auth.users;
            insert into auth.identities select gen_random_uuid(), id, 'google', 'g' || email,
                '{{"iss": "https://accounts.google.com"}}', '2026-01-01Z', '2026-01-01Z'
                from auth.users where email in ('p6@example.com', 'p7@example.com')""",
    )


def write_config(merge: Merge, more: str = CONFIG) -> None:
    text = merge.config.read_text()
    shared = 'shared = ["auth.users", "auth.identities"]\n' if more else ""
    merge.config.write_text(text.replace("[source.set]\napp = \"'north'\"", shared) + more)


@pytest.fixture
def accounts(merge: Merge) -> Merge:
    """Accounts of north, planned to go where the target keeps credentials."""
    add_accounts(merge)
    merge.execute(merge.url, TARGET)
    write_config(merge)
    return merge


def test_says_nothing_of_accounts_and_is_asked(merge: Merge) -> None:
    add_accounts(merge)
    write_config(merge, "")
    texts = {question.table: question.text for question in merge.plan().questions}
    assert "23 rows in auth.users" in texts["north.auth.users"]
    assert "25 rows in auth.identities" in texts["north.auth.identities"]


def test_accounts_may_be_the_tenants_themselves(merge: Merge) -> None:
    add_accounts(merge)
    text = merge.config.read_text()
    merge.config.write_text(text.replace('tenants = "shops"', 'tenants = "auth.users"', 1))
    plan = merge.plan()
    assert plan.table("north.auth.users").into == "shop"
    asked = [one.text for one in plan.questions if one.table == "north.auth.users"]
    assert not any("ways to sign in" in text for text in asked)
    # What a question proposes is TOML: the name has a dot.
    assert any('set tables.north."auth.users".columns.email = ' in text for text in asked)


KINDS = {
    'leave."deleted"': "1 accounts of north were deleted",
    'leave."banned"': "1 accounts of north are banned",
    'leave."anonymous"': "1 accounts of north are anonymous visitors",
    'leave."sso"': "1 accounts of north sign in through an identity provider only",
    'leave."no password"': "3 accounts of north have no password",
    "columns.phone": "1 accounts of north are known by a telephone number only",
}


def test_each_kind_of_account_needs_a_decision(accounts: Merge) -> None:
    text = accounts.config.read_text()
    decided = text.splitlines()
    accounts.config.write_text(
        "\n".join(line for line in decided if not line.startswith(tuple(KINDS)))
    )
    asked = "\n".join(one.text for one in accounts.plan().questions)
    assert [kind for kind in KINDS.values() if kind not in asked] == []
    accounts.config.write_text(text)
    asked = "\n".join(one.text for one in accounts.plan(is_forced=True).questions)
    assert [kind for kind in KINDS.values() if kind in asked] == []


def test_moves_hashes_byte_for_byte(accounts: Merge) -> None:
    assert accounts.plan().questions == ()
    run = accounts.run().run
    arrived = dict(
        accounts.rows(
            "select p.full_name, c.password_hash from safe.credential c"
            " join person p on p.id = c.user_id where kind = 'password'"
        )
    )
    moved = {1, 4, *range(7, 21)}
    assert arrived == {f"Person {n}": hash_of(n) for n in moved}
    stored = arrived["Person 1"].encode()
    assert bcrypt.checkpw(PASSWORD, stored)
    assert not bcrypt.checkpw(OTHER, stored)
    assert accounts.accounts()["north.auth.users"] == (23, 16, 0, 2, 5)
    assert accounts.accounts()["north.auth.identities"] == (25, 2, 0, 0, 23)
    # An account without a person waits.
    waiting = {key[1][-3:]: why for key, why in accounts.quarantine().items() if "auth" in key[0]}
    assert waiting == dict.fromkeys(("122", "123"), "id: leads to no loaded row of people")
    found = accounts.verify()
    assert found.is_equal, found.findings
    accounts.undo(run.id)
    assert accounts.rows("select count(*) from safe.credential") == [(0,)]


def test_an_identity_that_two_people_claim_is_nobodys_to_share(accounts: Merge) -> None:
    """One of them would sign in as the other; so the second waits for a person."""
    accounts.execute(
        accounts.north,
        "insert into auth.identities select gen_random_uuid(), id, 'google', 'gp7@example.com',"
        " '{}', '2026-01-01Z', '2026-01-01Z' from auth.users where email = 'p8@example.com'",
    )
    accounts.plan()
    accounts.run()
    assert accounts.accounts()["north.auth.identities"] == (26, 2, 0, 1, 23)
    assert accounts.verify().is_equal


def test_accounts_of_other_ids_find_their_people_by_e_mail(accounts: Merge) -> None:
    """An app that numbered its people itself has nothing else in common with the accounts."""
    accounts.execute(accounts.north, "delete from auth.identities; update auth.users set id ="
                     " gen_random_uuid(), email = upper(email)")  # fmt: skip
    text = accounts.config.read_text()
    text = text.replace('columns.id = { into = "user_id", references = "people" }\n', "", 1)
    text += """
[tables.north."auth.users".set]
user_id = '''(select m.id from :map.north.people as m join :stage.north.people as p
    on p._key = m.old_id where lower(p.email) = lower(s.email))'''
"""
    start, end = text.index('[merge."safe.credential"]'), text.index("[merge.person]")
    text = text[:start] + text[end:]
    accounts.config.write_text(text)
    assert accounts.plan().questions == ()
    accounts.run()
    assert accounts.accounts()["north.auth.users"] == (23, 16, 0, 2, 5)
    rows = accounts.rows(
        "select p.full_name, c.password_hash from safe.credential as c"
        " join person as p on p.id = c.user_id"
    )
    assert dict(rows) == {f"Person {n}": hash_of(n) for n in {1, 4, *range(7, 21)}}
    reasons = [why for (table, _), why in accounts.quarantine().items() if "auth" in table]
    assert reasons == ["user_id: must have a value"] * 2
    assert accounts.verify().is_equal


def test_a_person_of_two_sources_keeps_one_password(accounts: Merge) -> None:
    """The second source's password gives way, noted without its value."""
    accounts.execute(
        accounts.south,
        SHAPE.replace("primary key, email", "primary key, number bigint, email")
        + f"""insert into auth.users (id, number, email, encrypted_password, created_at,
                updated_at) values
            ('00000000-0000-4000-8000-000000009001', 1, 's1@example.com', '{hash_of(801)}',
                '2026-05-01Z', '2026-05-01Z'),
            ('00000000-0000-4000-8000-000000009002', 2, 's2@example.com', '{hash_of(802)}',
                '2026-05-01Z', '2026-05-01Z');
            update app.person set email = 'P1@example.com' where number = 1;
            update app.company set slug = 'shop-2' where code = 'c2';""",
    )
    text = accounts.config.read_text()
    text = text.replace('schema = "app"\n', 'schema = "app"\nshared = ["auth.users"]\n')
    text = text.replace('columns.id = { into = "user_id", references = "people" }\n', "")
    text += """
[tables.north."auth.users"]
columns.id = { into = "user_id", references = "people" }
[tables.south."auth.users"]
columns.number = { into = "user_id", references = "person" }
[merge.shop]
by = ["slug"]
"""
    accounts.config.write_text(text)
    assert accounts.plan().questions == ()
    accounts.run()
    rows = accounts.rows(
        "select p.email, c.password_hash from safe.credential c join person p on p.id = c.user_id"
        " where lower(p.email) in ('p1@example.com', 's2@example.com') and kind = 'password'"
        " order by 1"
    )
    assert [row[1] for row in rows] == [HASH, hash_of(802)]
    assert accounts.accounts()["south.auth.users"] == (2, 1, 1, 0, 0)
    noted = accounts.rows(
        "select before, after from unify.ledger where source_table = 'south.auth.users'"
        " and column_name = 'encrypted_password'"
    )
    assert noted == [("[secret]", "[secret]")]
    assert accounts.verify().is_equal


def test_secrets_are_shown_nowhere_and_a_changed_hash_is_found(
    accounts: Merge, tmp_path: Path
) -> None:
    """Hashes and tokens stand in the credentials and nowhere else: not where rows wait either."""
    accounts.plan()
    outcome = accounts.run()
    found = accounts.verify()
    shown = StringIO()
    with connect(accounts.url) as connection:
        report = report_of(connection, outcome)
        report.show(Console(file=shown, width=500))
        report.write_json(tmp_path / "report.json")
    texts = [
        path.read_text()
        for path in tmp_path.rglob("*")
        if path.suffix in {".toml", ".sql", ".json"}
    ]
    tables = accounts.rows(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'unify'"
    )
    for (table,) in tables:
        texts += [row[0] for row in accounts.rows(f"select t::text from {table} as t")]
    texts += [repr(found), shown.getvalue()]
    everything = "\n".join(texts)
    masked = "select from unify.quarantine where original ->> 'encrypted_password' = '[secret]'"
    assert len(accounts.rows(masked)) == 2
    assert HASH[:12] not in everything
    assert "confirm-token" not in everything
    accounts.execute(
        accounts.url,
        "update safe.credential set password_hash = overlay(password_hash placing '.' from 30)"
        " where email = 'p7@example.com'",
    )
    found = accounts.verify()
    assert not found.is_equal
    (table,) = [table for table in found.tables if table.differing]
    assert (table.table, table.differing) == ("north.auth.users", ("encrypted_password",))
    assert hash_of(7) not in repr(found)


def test_refuses_a_shared_table_that_nobody_described(accounts: Merge) -> None:
    text = accounts.config.read_text().replace('["auth.users",', '["auth.user",')
    accounts.config.write_text(text)
    with pytest.raises(ConfigError, match=r"lists auth\.user as shared.*auth\.users"):
        read_config(accounts.config)
