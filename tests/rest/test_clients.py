"""The clients that applications use: `postgrest` for Python, `@supabase/postgrest-js`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from postgrest import APIError
from postgrest.types import CountMethod
from tests.javascript import NODE, installed

from mainstem.rest import Access

if TYPE_CHECKING:
    from tests.rest.conftest import World

HERE = Path(__file__).parent / "javascript"
CALLS_LIMIT_S = 60
#: the calls that are meant to fail
FAILING = {"notSingle", "missing"}


@pytest.fixture(scope="session")
def javascript() -> Path:
    """The folder with the JavaScript client."""
    return installed(HERE, "postgrest-js")


def test_javascript(world: World, javascript: Path) -> None:
    key, mark = world.key(Access(world.own.tenant())), uuid4().hex
    command: list[str | Path] = [NODE, HERE / "calls.mjs", world.address, key, javascript, mark]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=CALLS_LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    data = {name: one["data"] for name, one in seen.items()}

    def rows(name: str) -> list[str]:
        return [row["name"].removeprefix(f"{mark} ") for row in data[name]]

    assert {name: one for name, one in seen.items() if one["code"]}.keys() == FAILING, seen
    assert data["insert"] == [{"name": f"{mark} a", "size": 1}, {"name": f"{mark} b", "size": 2}]
    assert [row["size"] for row in data["uneven"]] == [None, 4]
    assert (rows("select"), seen["select"]["count"]) == (["d", "b"], 4)
    assert (data["head"], seen["head"]["count"]) == (None, 4)
    assert data["single"] == {"size": 2}
    assert (seen["notSingle"]["code"], seen["notSingle"]["status"]) == ("PGRST116", 406)
    assert (data["maybeSingle"], seen["maybeSingle"]["code"]) == (None, None)
    assert rows("or") == ["a", "d"]
    assert rows("in") == ["a"]
    assert rows("contains") == ["a"]
    assert rows("not") == ["a", "b", "d"]
    assert rows("likeAnyOf") == ["a", "b"]
    assert data["embed"] == [{"name": "own campaign", "client": {"name": "own client 0"}}]
    assert data["spread"] == [{"name": "own campaign", "client_name": "own client 0"}]
    assert data["upsert"] == {"size": 9}
    assert data["ignore"] == []
    assert data["update"] == [{"size": 5}]
    assert data["rpc"] == 3
    assert data["rpcGet"] == [{"v": "v2"}, {"v": "v3"}]
    assert data["csv"] == f"name,size\n{mark} b,5\n"
    assert data["legacy"] == [{"full_name": "own client 0"}]
    assert (seen["missing"]["code"], seen["missing"]["status"]) == ("PGRST205", 404)
    assert data["foreign"] == []
    assert (seen["delete"]["status"], seen["delete"]["count"]) == (204, 4)


def test_python(world: World) -> None:
    db: Any = world.postgrest()  # its answers are typed as any JSON
    mark = uuid4().hex
    shelf = db.from_("shelf")
    made = shelf.insert([{"name": f"{mark} a", "size": 1}, {"name": f"{mark} b"}]).execute()
    assert [row["name"] for row in made.data] == [f"{mark} a", f"{mark} b"]
    mine = db.from_("shelf").select("name", count=CountMethod.exact).like("name", f"{mark}%")
    page = mine.order("name", desc=True).limit(1).execute()
    assert (page.data, page.count) == ([{"name": f"{mark} b"}], 2)
    one = db.from_("shelf").select("size").eq("name", f"{mark} a").single().execute()
    assert one.data == {"size": 1}
    assert db.from_("shelf").select("size").eq("name", mark).maybe_single().execute() is None
    merged = (
        db.from_("shelf").upsert({"name": f"{mark} a", "size": 3}, on_conflict="name").execute()
    )
    assert merged.data[0]["size"] == 3
    changed = db.from_("shelf").update({"size": 4}).eq("name", f"{mark} b").execute()
    assert changed.data[0]["size"] == 4
    assert db.rpc("add_up", {"a": 1, "b": 2}).execute().data == 3
    embedded = db.from_("campaign").select("name, client(name)").execute()
    assert embedded.data == [{"name": "own campaign", "client": {"name": "own client 0"}}]
    assert len(db.from_("shelf").delete().like("name", f"{mark}%").execute().data) == 2
    with pytest.raises(APIError, match="nothing"):
        db.from_("nothing").select("*").execute()
