"""Feature flags: on for whom, and never for another agency."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.conftest import owner_tenant

from mainstem.core import flags
from mainstem.core.flags import Flag
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from tests.core.conftest import Town

    from mainstem.core import Core


@pytest.mark.anyio
async def test_a_flag_is_on_for_its_agency_and_app_only(core: Core, town: Town) -> None:
    mine = replace(owner_tenant(town.agency()), app_context="revos")
    theirs = replace(owner_tenant(town.agency("Other")), app_context="revos")
    flag = Flag("new-inbox", "revos", is_enabled=True, percentage=100, description="")
    await flags.put(core, mine, flag)
    assert await flags.is_on(core, mine, "new-inbox")
    assert not await flags.is_on(core, theirs, "new-inbox")
    assert not await flags.is_on(core, replace(mine, app_context="mail"), "new-inbox")
    await flags.put(core, mine, replace(flag, is_enabled=False))
    assert not await flags.is_on(core, mine, "new-inbox")
    assert len(await flags.listed(core, mine)) == 1


@pytest.mark.anyio
async def test_members_change_no_flag(core: Core, town: Town) -> None:
    member = replace(
        owner_tenant(town.agency()), user_role="member", client_ids=frozenset(), app_context="both"
    )
    flag = Flag("x", "both", is_enabled=True, percentage=100, description="")
    with pytest.raises(RefusedError) as refused:
        await flags.put(core, member, flag)
    assert refused.value.code == "insufficient_permissions"
    with pytest.raises(RefusedError):
        await flags.put(core, owner_tenant(member.agency_id), replace(flag, percentage=101))


@given(st.uuids(), st.text(min_size=1, max_size=20), st.integers(0, 99))
def test_a_higher_percentage_takes_nobody_away(user: UUID, key: str, percentage: int) -> None:
    flag = Flag(key, "both", is_enabled=True, percentage=percentage, description="")
    if flags.acts_for(flag, user):
        assert flags.acts_for(replace(flag, percentage=percentage + 1), user)
    assert flags.acts_for(replace(flag, percentage=100), user)
    assert not flags.acts_for(replace(flag, percentage=0), user)


def test_the_share_is_about_what_was_asked_for() -> None:
    people = [UUID(int=number) for number in range(2000)]
    flag = Flag("beta", "both", is_enabled=True, percentage=30, description="")
    assert 500 < sum(flags.acts_for(flag, person) for person in people) < 700
