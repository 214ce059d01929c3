"""Whatever happens to the files of a source: passes end as a run made now would."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.unify.files.conftest import SHOP_1, TARGET

from mainstem.unify.files.passes import LeftFile

if TYPE_CHECKING:
    from tests.unify.files.conftest import Project

    from mainstem.pg.scratch import ScratchServer

SHOPS = (SHOP_1, SHOP_1[:-1] + "2", SHOP_1[:-1] + "3")
#: two buckets become one, so that files of the same name are in each other's way
CONFIG = 'owner = "shops"\nprefixes = { "pictures/" = "all/", "drafts/" = "all/" }\n'
CONTENTS = (b"", b"one", b"two", b"three")
DEEDS = ("write", "write", "write bytes", "describe", "lose bytes", "forget", "remove", "shop")

Edit = tuple[str, str, str, str, int]

edits = st.tuples(
    st.sampled_from(DEEDS),
    st.sampled_from(["pictures", "drafts"]),
    st.sampled_from(SHOPS),
    st.sampled_from("ab"),
    st.integers(0, 3),
)


@pytest.fixture
def planned(project: Project) -> Project:
    """Planned once for all examples."""
    project.execute(project.source, "insert into storage.buckets values ('drafts', false)")
    (project.there / "drafts").mkdir()
    project.config.write_text(project.config.read_text() + CONFIG)
    project.plan()
    return project


@settings(
    max_examples=2,  # each takes seconds; others are tried every time
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    first=st.lists(edits, min_size=6, max_size=12),
    passes=st.lists(st.lists(edits, min_size=1, max_size=6), min_size=1, max_size=3),
)
def test_passes_end_as_a_run_made_now_would(
    planned: Project, scratch: ScratchServer, first: list[Edit], passes: list[list[Edit]]
) -> None:
    empty(planned)
    for one in first:
        edit(planned, one)
    run = planned.run().run
    left: set[str] = set()
    try:
        for several in passes:
            for one in several:
                edit(planned, one)
            left = {one.key for one in planned.catch_up().left if isinstance(one, LeftFile)}
        found = planned.verify()
        assert found.is_equal or left, [str(one) for one in found.findings]
        now = planned.arrived(), planned.states()
    finally:
        planned.undo(run.id)
    assert planned.arrived() == {}
    assert all(now[1][key] == "copied" for key in left)
    # A copy that may be the last one stays, and with it what else would go to its place.
    places = {place_of(key) for key in left}
    assert without(now, places) == without(fresh(planned, scratch), places)


def place_of(key: str) -> str:
    """Where a file of either bucket goes."""
    return f"all/{key.partition('/')[2]}"


def without(
    found: tuple[dict[str, bytes], dict[str, str]], places: set[str]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Both but for the files of some places."""
    arrived, states = found
    return (
        {place: content for place, content in arrived.items() if place not in places},
        {key: state for key, state in states.items() if place_of(key) not in places},
    )


def fresh(project: Project, scratch: ScratchServer) -> tuple[dict[str, bytes], dict[str, str]]:
    """What a run made now leaves in an empty target."""
    name = f"fresh_{uuid4().hex}"
    other = replace(project, url=scratch.create_database(name))
    other.execute(other.url, TARGET)
    other.run()
    found = other.arrived(), other.states()
    shutil.rmtree(other.here, ignore_errors=True)
    scratch.drop_database(name)
    return found


def empty(project: Project) -> None:
    """No files, and every shop."""
    for bucket in ("pictures", "drafts"):
        shutil.rmtree(project.there / bucket)
        (project.there / bucket).mkdir()
    shops = ", ".join(f"('{shop}')" for shop in SHOPS)
    project.execute(
        project.source,
        f"delete from storage.objects; delete from shops; insert into shops (id) values {shops}",
    )


def edit(project: Project, one: Edit) -> None:
    """What an application, or a broken one, does to a file or its owner."""
    deed, bucket, shop, name, number = one
    content = CONTENTS[number]
    path = project.there / bucket / shop / name
    named = f"bucket_id = '{bucket}' and name = '{shop}/{name}'"
    if deed in {"write", "write bytes"}:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    if deed in {"lose bytes", "remove"}:
        path.unlink(missing_ok=True)
    if deed in {"write", "describe"}:
        project.execute(
            project.source,
            "insert into storage.objects (bucket_id, name, metadata) values"
            f" ('{bucket}', '{shop}/{name}', '{{\"size\": {len(content)}}}')"
            " on conflict (bucket_id, name) do update set metadata = excluded.metadata",
        )
    if deed in {"forget", "remove"}:
        project.execute(project.source, f"delete from storage.objects where {named}")
    if deed == "shop":
        wanted = f"insert into shops (id) values ('{shop}') on conflict do nothing"
        unwanted = f"delete from shops where id = '{shop}'"
        project.execute(project.source, wanted if number % 2 else unwanted)
