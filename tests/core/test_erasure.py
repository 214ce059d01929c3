"""What is known of a person, handed out and erased, and nothing of anybody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.core.conftest import HERE, PASSWORD, owner_tenant

from mainstem.core import erasure, sessions, sign_in
from mainstem.core.erasure import THEIRS, WORK, Reference
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from tests.core.conftest import Member, Town

    from mainstem.core import Core

CATALOG = """
select n.nspname, c.relname, a.attname, f.confdeltype
from pg_constraint as f
join pg_class as c on c.oid = f.conrelid
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum = any (f.conkey)
where f.contype = 'f' and f.confrelid = 'public."user"'::regclass and f.conparentid = 0
  and not c.relispartition
"""


def test_the_registry_names_every_column_that_points_at_a_person(town: Town) -> None:
    found = town.sql(CATALOG)
    known = {Reference(table, column, schema): kind for schema, table, column, kind in found}
    assert sorted((*THEIRS, *WORK)) == sorted(known)
    goes_with_them = {each for each, kind in known.items() if kind == "c"}
    assert set(THEIRS) == goes_with_them | {Reference("operator", "user_id", "app")}


def leave_traces(town: Town, member: Member) -> None:
    for statement in (
        (
            "insert into user_preference (agency_id, user_id, key, value)"
            " values (%(agency)s, %(user)s, 'theme', '\"dusk\"')"
        ),
        (
            "insert into chat_session (agency_id, user_id, title)"
            " values (%(agency)s, %(user)s, 'mine')"
        ),
        (
            "insert into api_key (agency_id, name, prefix, key_hash, created_by)"
            " values (%(agency)s, 'x', gen_random_uuid()::text, '\\x00', %(user)s)"
        ),
        (
            "insert into invitation"
            " (agency_id, email, token_hash, accepted_by, accepted_at, expires_at)"
            " values (%(agency)s, %(email)s, '\\x00', %(user)s, now(), now())"
        ),
        "update \"user\" set first_name = 'Ada', last_name = 'Lovelace' where id = %(user)s",
    ):
        town.sql(statement, agency=member.agency_id, user=member.id, email=member.email)


@pytest.mark.anyio
async def test_hands_out_and_erases_one_person_and_no_other(core: Core, town: Town) -> None:
    agency = town.agency()
    town.member(agency)
    gone, stays = town.member(agency, "member"), town.member(town.agency("Other"), "member")
    for member in (gone, stays):
        leave_traces(town, member)
        await sign_in.with_password(core, member.email, PASSWORD, origin=HERE, kind=sessions.TOKEN)
    owner = owner_tenant(agency)
    before = await erasure.export(core, owner, gone.id)
    assert before.cut == []
    assert before.rows["user"][0]["email"] == gone.email
    assert before.rows["chat_session"][0]["title"] == "mine"
    assert set(before.rows["api_key"][0]) == {"id"}
    assert "hash" not in str(before.rows)
    assert stays.email not in str(before.rows)
    counts = await erasure.erase(core, owner, gone.id)
    assert counts == {
        "credential": 1, "session": 1, "chat_session": 1, "user_preference": 1
    }  # fmt: skip
    after = await erasure.export(core, owner, gone.id)
    assert set(after.rows) == {"user", "api_key", "invitation"}
    left = town.sql('select row_to_json(u)::text from "user" as u where id = %(id)s', id=gone.id)
    left += town.sql(
        "select row_to_json(i)::text from invitation as i where accepted_by = %(id)s", id=gone.id
    )
    for word in (gone.email, "Ada", "Lovelace"):
        assert word not in str(left)
    with pytest.raises(RefusedError):
        await sign_in.with_password(core, gone.email, PASSWORD, origin=HERE, kind="token")
    await sign_in.with_password(core, stays.email, PASSWORD, origin=HERE, kind="token")
    actions = [action for action, _ in town.trail(agency)]
    assert actions.count("export") == 2
    assert actions.count("erase") == 1


@pytest.mark.anyio
async def test_only_themselves_and_admins_may_ask(core: Core, town: Town) -> None:
    agency = town.agency()
    person, other = town.member(agency, "member"), town.member(agency, "member")
    member = replace(
        owner_tenant(agency), user_role="member", client_ids=frozenset(), app_context="both"
    )
    themselves = replace(member, user_id=person.id)
    assert (await erasure.export(core, themselves, person.id)).rows["user"]
    for attempt in (
        erasure.export(core, themselves, other.id),
        erasure.erase(core, themselves, person.id),
        erasure.export(core, owner_tenant(town.agency("Other")), person.id),
        erasure.erase(core, owner_tenant(town.agency("Other")), person.id),
    ):
        with pytest.raises(RefusedError):
            await attempt
    last = town.member(agency)
    with pytest.raises(RefusedError, match="last owner"):
        await erasure.erase(core, owner_tenant(agency), last.id)
