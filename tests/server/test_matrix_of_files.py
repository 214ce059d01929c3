"""Every route of the storage API, asked by every kind of caller; a new one needs its row here."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.server.world import CALLERS, MARK, OUTSIDE, OWN

from mainstem.storage import routes

if TYPE_CHECKING:
    import httpx
    from tests.server.world import World

HEADS = frozenset({"owner", "admin", "manager", "other app"})


class About(enum.Enum):
    """What a route is about."""

    #: buckets are the whole agency's
    BUCKETS = "buckets"
    #: a file of the client of the own agency
    FILE = "file"
    #: everybody's, were the bucket public; this one is not
    PUBLIC = "public"
    #: whoever has a signature; these callers have none
    SIGNED = "signed"


@dataclass(frozen=True)
class Row:
    """One route: what it is about, who of the own agency may, and what is sent, for a new file?"""

    about: About
    callers: frozenset[str] = frozenset(OWN)
    body: Any = None
    is_new: bool = False


READ = Row(About.FILE)
PUBLIC = Row(About.PUBLIC)
SIGNED = Row(About.SIGNED)
BUCKETS = Row(About.BUCKETS)
PATH = "{bucket}/{file}"
PAIR = {"bucketId": "{bucket}", "sourceKey": "{file}", "destinationKey": "{file}.b"}
ROWS: dict[str, Row] = {
    "GET /bucket": BUCKETS,
    "POST /bucket": Row(About.BUCKETS, HEADS, {"name": "{new}"}),
    "GET /bucket/{bucket}": BUCKETS,
    "PUT /bucket/{bucket}": Row(About.BUCKETS, HEADS, {"public": False}),
    "DELETE /bucket/{bucket}": Row(About.BUCKETS, HEADS),
    "POST /bucket/{bucket}/empty": Row(About.BUCKETS, HEADS),
    "POST /object/list/{bucket}": Row(About.BUCKETS, body={"prefix": "{folder}"}),
    "POST /object/list-v2/{bucket}": Row(About.BUCKETS, body={"prefix": "{folder}/"}),
    "POST /object/sign/{bucket}": Row(About.BUCKETS, body={"expiresIn": 60, "paths": ["{file}"]}),
    "DELETE /object/{bucket}": Row(About.BUCKETS, HEADS, {"prefixes": ["{file}"]}),
    "POST /object/move": Row(About.FILE, body=PAIR),
    "POST /object/copy": Row(About.FILE, body=PAIR),
    f"POST /object/upload/sign/{PATH}": Row(About.FILE, body={}, is_new=True),
    f"PUT /object/upload/sign/{PATH}": SIGNED,
    f"GET /object/info/public/{PATH}": PUBLIC,
    f"HEAD /object/info/public/{PATH}": PUBLIC,
    f"GET /object/info/authenticated/{PATH}": READ,
    f"HEAD /object/info/authenticated/{PATH}": READ,
    f"GET /object/info/{PATH}": READ,
    f"HEAD /object/info/{PATH}": READ,
    f"GET /object/public/{PATH}": PUBLIC,
    f"HEAD /object/public/{PATH}": PUBLIC,
    f"GET /object/authenticated/{PATH}": READ,
    f"HEAD /object/authenticated/{PATH}": READ,
    f"POST /object/sign/{PATH}": Row(About.FILE, body={"expiresIn": 60}),
    f"GET /object/sign/{PATH}": SIGNED,
    f"HEAD /object/sign/{PATH}": SIGNED,
    f"POST /object/{PATH}": Row(About.FILE, body={"x": 1}, is_new=True),
    f"PUT /object/{PATH}": Row(About.FILE, body={"x": 1}),
    f"GET /object/{PATH}": READ,
    f"HEAD /object/{PATH}": READ,
    f"DELETE /object/{PATH}": Row(About.FILE, HEADS),
}


def test_every_route_has_its_row() -> None:
    found = {
        f"{method} /{'/'.join((*beginning, *rest))}"
        for table, rest in (
            (routes._ROUTES.items(), ()),
            (routes._BUCKET_ROUTES, ("{bucket}",)),
            (routes._OBJECT_ROUTES, ("{bucket}", "{file}")),
        )
        for beginning, methods in table
        for method in methods
    } | {"POST /bucket/{bucket}/empty"}
    assert found == set(ROWS)
    for route in ROWS:
        method, _, path = route.partition(" ")
        assert routes.route_of(method, path.encode()).operation


@pytest.mark.parametrize("name", CALLERS)
def test_every_route_answers_as_its_row_says(world: World, name: str) -> None:
    wrong, kept = [], _place(world)
    for route, row in ROWS.items():
        is_reading = route.startswith(("GET", "HEAD"))
        answer = _ask(world, route, row, name, kept if is_reading else None)
        problem = _examine(row, name, answer)
        if problem:
            wrong.append(f"{route}: {answer.status_code} {answer.text[:200]}: {problem}")
    assert not wrong, "\n".join(wrong)


def test_who_is_not_signed_in_is_told_so_before_their_body_is_read(world: World) -> None:
    for route, row in ROWS.items():
        method, _, path = route.partition(" ")
        if row.about in {About.PUBLIC, About.SIGNED}:
            continue
        answer = world.client.request(method, f"/storage/v1{path}", content=b"{")
        assert answer.status_code == 401, (route, answer.text)


def _ask(
    world: World, route: str, row: Row, name: str, kept: dict[str, str] | None
) -> httpx.Response:
    """With a bucket of the own agency that holds a file of its client, which holds the mark."""
    names = dict(kept or _place(world))
    if route.startswith("DELETE /bucket"):
        path = f"/storage/v1/bucket/{names['bucket']}/empty"
        emptied = world.client.post(path, json={}, headers=world.callers["owner"].headers)
        assert emptied.status_code == 200, emptied.text
    method, _, path = route.partition(" ")
    if row.is_new:
        names["file"] += ".new"
    body = None if row.body is None else _filled(row.body, names)
    return world.client.request(
        method, f"/storage/v1{path.format(**names)}", json=body, headers=world.callers[name].headers
    )


def _place(world: World) -> dict[str, str]:
    owner, folder = world.callers["owner"].headers, world.ids["client_id"]
    bucket, file = f"b-{uuid4().hex[:12]}", f"{folder}/a.txt"
    made = world.client.post("/storage/v1/bucket", json={"name": bucket}, headers=owner)
    assert made.status_code == 200, made.text
    path = f"/storage/v1/object/{bucket}/{file}"
    added = world.client.post(path, content=MARK.encode(), headers=owner)
    assert added.status_code == 200, added.text
    return {"bucket": bucket, "file": file, "folder": folder, "new": f"n-{bucket}"}


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, names) for each in value]
    return value.format(**names) if isinstance(value, str) else value


def _examine(row: Row, name: str, answer: httpx.Response) -> str:
    """What is wrong with an answer; nothing where it is as the row says."""
    wanted = _wanted(row, name)
    if answer.status_code not in wanted:
        return f"not {sorted(wanted)}"
    if name not in OWN and MARK in answer.text:
        return "it shows a file of another's"
    return ""


def _wanted(row: Row, name: str) -> set[int]:
    simple = {About.PUBLIC: {404}, About.SIGNED: {400}}
    if row.about in simple:
        return {401} if name in OUTSIDE[1:3] and row.about is About.PUBLIC else simple[row.about]
    if name in OUTSIDE:
        return {401}
    if name == "other tenant":
        return {200, 404}
    if name == "other client":  # a member: buckets are theirs, the file is not
        return {200, 403} if row.about is About.BUCKETS else {403, 404}
    return {200} if name in row.callers else {403}
