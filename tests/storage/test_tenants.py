"""Whose files: another agency's never, another client's never, and by role and scope."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from tests.storage.conftest import PNG, served

from mainstem.core import Core, Scope, api_keys
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant
from mainstem.server.pace import Rate, Rates
from mainstem.storage.app import OPERATIONS
from mainstem.storage.routes import route_of

if TYPE_CHECKING:
    from uuid import UUID

    from tests.storage.conftest import Office

#: method, path and body; `B` is the bucket
EVERY_ROUTE = [
    ("GET", "/bucket", None),
    ("POST", "/bucket", {"name": "n"}),
    ("GET", "/bucket/B", None),
    ("PUT", "/bucket/B", {"public": True}),
    ("POST", "/bucket/B/empty", {}),
    ("DELETE", "/bucket/B", {}),
    ("POST", "/object/list/B", {"prefix": ""}),
    ("POST", "/object/list-v2/B", {}),
    ("POST", "/object/sign/B", {"expiresIn": 60, "paths": ["acme-ltd/a.txt"]}),
    ("POST", "/object/sign/B/acme-ltd/a.txt", {"expiresIn": 60}),
    ("POST", "/object/upload/sign/B/acme-ltd/n.txt", {}),
    ("GET", "/object/info/B/acme-ltd/a.txt", None),
    ("GET", "/object/info/authenticated/B/acme-ltd/a.txt", None),
    ("GET", "/object/authenticated/B/acme-ltd/a.txt", None),
    ("HEAD", "/object/authenticated/B/acme-ltd/a.txt", None),
    ("GET", "/object/B/acme-ltd/a.txt", None),
    ("HEAD", "/object/B/acme-ltd/a.txt", None),
    ("POST", "/object/B/acme-ltd/n.txt", {}),
    ("PUT", "/object/B/acme-ltd/a.txt", {}),
    ("POST", "/object/move", ("acme-ltd/a.txt", "acme-ltd/m.txt")),
    ("POST", "/object/copy", ("acme-ltd/a.txt", "acme-ltd/c.txt")),
    ("DELETE", "/object/B", {"prefixes": ["acme-ltd/a.txt"]}),
    ("DELETE", "/object/B/acme-ltd/a.txt", None),
]
PUBLIC = [
    ("GET", "/object/public/B/acme-ltd/a.txt"),
    ("HEAD", "/object/public/B/acme-ltd/a.txt"),
    ("GET", "/object/info/public/B/acme-ltd/a.txt"),
]


def ask(client: httpx.Client, method: str, path: str, body: object, bucket: str) -> httpx.Response:
    if isinstance(body, tuple):
        body = {"bucketId": bucket, "sourceKey": body[0], "destinationKey": body[1]}
    address = path.replace("/B", f"/{bucket}")
    return (
        client.request(method, address, json=body)
        if body is not None
        else client.request(method, address)
    )


@pytest.fixture
def bucket(office: Office) -> str:
    """A bucket with a file of each client, and one of the agency itself."""
    name = office.bucket()
    files = office.storage().from_(name)
    for path in ("acme-ltd/a.txt", "birch-co/b.txt", "c.txt"):
        files.upload(path, path.encode())
    return name


def test_every_operation_has_its_place_in_these_lists() -> None:
    """The two by signature have theirs in `test_signatures`."""
    paths = [(method, path) for method, path, _ in EVERY_ROUTE] + PUBLIC
    tried = {route_of(method, path.encode()).operation for method, path in paths}
    assert tried | {"read_signed", "upload_signed"} == OPERATIONS.keys()


@pytest.mark.parametrize(("method", "path", "body"), EVERY_ROUTE)
def test_nobody_reaches_what_is_not_public(
    office: Office, nobody: httpx.Client, bucket: str, method: str, path: str, body: object
) -> None:
    for named in (bucket, f"{bucket}@{office.own.slug}"):
        answer = ask(nobody, method, path, body, named)
        assert answer.status_code == 401
        assert "www-authenticate" in answer.headers


@pytest.mark.parametrize(("method", "path", "body"), EVERY_ROUTE[2:])
def test_another_agency_finds_nothing(
    office: Office, bucket: str, method: str, path: str, body: object
) -> None:
    other = office.http(office.other.key)
    for named in (bucket, f"{bucket}@{office.own.slug}"):
        answer = ask(other, method, path, body, named)
        assert answer.status_code == 404
        if method != "HEAD":
            assert answer.json()["error"] == "Bucket not found"
    assert office.storage().from_(bucket).download("acme-ltd/a.txt") == b"acme-ltd/a.txt"


@pytest.mark.parametrize(("method", "path"), PUBLIC)
def test_what_is_not_public_is_not_there_for_everybody(
    office: Office, nobody: httpx.Client, bucket: str, method: str, path: str
) -> None:
    for named in (bucket, f"{bucket}@{office.own.slug}", f"{bucket}@{office.other.slug}"):
        assert ask(nobody, method, path, None, named).status_code == 404
    office.storage().update_bucket(bucket, {"public": True})
    assert ask(nobody, method, path, None, f"{bucket}@{office.own.slug}").status_code == 200
    for named in (bucket, f"{bucket}@{office.other.slug}", f"{bucket}@nobody"):
        assert ask(nobody, method, path, None, named).status_code == 404
    # The key says the agency where the address does not.
    assert ask(office.http(office.own.key), method, path, None, bucket).status_code == 200
    assert ask(office.http(office.other.key), method, path, None, bucket).status_code == 404


def test_two_agencies_have_buckets_and_files_of_the_same_names(office: Office) -> None:
    name = office.bucket(public=True)
    office.storage(office.other.key).create_bucket(name, options={"public": True})
    for agency in (office.own, office.other):
        office.storage(agency.key).from_(name).upload("acme-ltd/x", agency.slug.encode())
    for agency in (office.own, office.other):
        assert office.storage(agency.key).from_(name).download("acme-ltd/x") == agency.slug.encode()
        public = office.http().get(f"/object/public/{name}@{agency.slug}/acme-ltd/x")
        assert public.content == agency.slug.encode()
    office.storage().empty_bucket(name)
    assert office.storage(office.other.key).from_(name).exists("acme-ltd/x")


def test_the_bytes_lie_under_their_agency(office: Office, bucket: str) -> None:
    rows = office.sql(
        "select agency_id, version from storage_object where bucket_id ="
        " (select id from storage_bucket where name = %s)",
        bucket,
    )
    assert {agency for agency, _ in rows} == {office.own.id}
    assert {str(version) for _, version in rows} <= office.versions()


def test_the_first_folder_says_whose_a_file_is(office: Office) -> None:
    bucket, acme = office.bucket(), office.own.clients["acme"]
    files = office.storage().from_(bucket)
    names = {
        f"{acme}/a": acme,
        f"{str(acme).upper()}/a": acme,
        "acme-ltd/b": acme,
        "acme-ltd": None,
        "nobody/a": None,
        "x/acme-ltd/a": None,
        f"{office.other.clients['acme']}/a": None,
    }
    for name in names:
        files.upload(name, b"x")
    rows = office.sql(
        "select o.name, o.client_id from storage_object as o join storage_bucket as b"
        " on b.agency_id = o.agency_id and b.id = o.bucket_id where b.name = %s",
        bucket,
    )
    assert dict(rows) == names
    files.move("nobody/a", "birch-co/a")
    assert office.sql(
        "select client_id from storage_object where name = 'birch-co/a' and agency_id = %s",
        office.own.id,
    ) == [(office.own.clients["birch"],)]


def test_a_folder_that_two_clients_could_mean_is_refused(office: Office) -> None:
    for name in ("Twin, Inc.", "twin inc"):
        office.sql("insert into client (agency_id, name) values (%s, %s)", office.own.id, name)
    answer = office.http(office.own.key).post(f"/object/{office.bucket()}/twin-inc/a", content=b"x")
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")
    assert "by the id of the client" in answer.json()["message"]


@pytest.mark.parametrize("who", ["key", "client", "member"])
def test_people_of_one_client_see_no_other_clients_files(
    office: Office, bucket: str, who: str
) -> None:
    """A member also sees what is the agency's own; a client's people do not."""
    key = office.key(office.own, client="acme")[1] if who == "key" else office.token(who, "acme")
    files, http = office.storage(key).from_(bucket), office.http(key)
    staff = who == "member"
    names = [one["name"] for one in files.list()]
    assert names == (["acme-ltd", "c.txt"] if staff else ["acme-ltd"])
    page = files.list_v2({})
    assert [one.name for one in page.objects] == (
        ["acme-ltd/a.txt", "c.txt"] if staff else ["acme-ltd/a.txt"]
    )
    assert files.list("birch-co") == []
    assert files.download("acme-ltd/a.txt") == b"acme-ltd/a.txt"
    foreign = "birch-co/b.txt"
    for method, path, body in (
        ("GET", f"/object/B/{foreign}", None),
        ("HEAD", f"/object/B/{foreign}", None),
        ("GET", f"/object/info/B/{foreign}", None),
        ("POST", f"/object/sign/B/{foreign}", {"expiresIn": 60}),
        ("POST", "/object/copy", (foreign, "acme-ltd/stolen")),
        ("POST", "/object/move", (foreign, "acme-ltd/stolen")),
    ):
        assert ask(http, method, path, body, bucket).status_code == 404, path
    many = http.post(f"/object/sign/{bucket}", json={"expiresIn": 60, "paths": [foreign]})
    assert many.json()[0]["signedURL"] is None
    # What is there and what is not look the same to who may not know.
    for name in (foreign, "birch-co/new.txt"):
        for answer in (
            http.post(f"/object/{bucket}/{name}", content=b"mine"),
            http.post(f"/object/{bucket}/{name}", content=b"mine", headers={"x-upsert": "true"}),
            http.put(f"/object/{bucket}/{name}", content=b"mine"),
            http.post(f"/object/upload/sign/{bucket}/{name}"),
            ask(http, "POST", "/object/move", ("acme-ltd/a.txt", name), bucket),
            ask(http, "POST", "/object/copy", ("acme-ltd/a.txt", name), bucket),
        ):
            assert (answer.status_code, answer.json()["error"]) == (403, "Unauthorized")
    assert files.upload("acme-ltd/new.txt", b"x").full_path == f"{bucket}/acme-ltd/new.txt"
    assert office.storage().from_(bucket).download(foreign) == foreign.encode()
    assert office.storage().from_(bucket).exists("birch-co/new.txt") is False


def test_a_refused_upload_leaves_no_bytes(office: Office, bucket: str) -> None:
    key = office.key(office.own, client="acme")[1]
    before = office.versions()
    answer = office.http(key).post(f"/object/{bucket}/birch-co/x", content=b"x")
    assert answer.status_code == 403
    assert office.versions() == before


def test_who_may_only_read_for_a_client_writes_nothing(office: Office, bucket: str) -> None:
    http = office.http(office.token("member", "acme", permission="read"))
    assert http.get(f"/object/{bucket}/acme-ltd/a.txt").content == b"acme-ltd/a.txt"
    for answer in (
        http.post(f"/object/{bucket}/acme-ltd/new", content=b"x"),
        http.put(f"/object/{bucket}/acme-ltd/a.txt", content=b"x"),
        http.post(f"/object/upload/sign/{bucket}/acme-ltd/new"),
        ask(http, "POST", "/object/move", ("acme-ltd/a.txt", "moved"), bucket),
    ):
        assert answer.status_code == 403, answer.text
        assert "may be read only" in answer.json()["message"]
    assert http.get(f"/object/{bucket}/acme-ltd/a.txt").content == b"acme-ltd/a.txt"


@pytest.mark.parametrize(
    ("scopes", "may_read", "may_write"),
    [
        ((Scope.FILES_READ,), True, False),
        ((Scope.FILES_WRITE,), False, True),
        ((Scope.ROWS_READ, Scope.ROWS_WRITE), False, False),
    ],
)
def test_scopes_of_a_key(
    office: Office, bucket: str, scopes: tuple[Scope, ...], *, may_read: bool, may_write: bool
) -> None:
    http = office.http(office.key(office.own, *scopes)[1])
    reads = [
        http.get("/bucket"),
        http.get(f"/bucket/{bucket}"),
        http.get(f"/object/{bucket}/c.txt"),
        http.post(f"/object/list/{bucket}", json={"prefix": ""}),
        http.post(f"/object/sign/{bucket}/c.txt", json={"expiresIn": 9}),
    ]
    writes = [
        http.post("/bucket", json={"name": uuid4().hex}),
        http.post(f"/object/{bucket}/{uuid4().hex}", content=b"x"),
        http.post(f"/object/upload/sign/{bucket}/{uuid4().hex}"),
        http.request("DELETE", f"/object/{bucket}", json={"prefixes": ["none"]}),
    ]
    assert {one.status_code for one in reads} == ({200} if may_read else {403})
    assert {one.status_code for one in writes} == ({200} if may_write else {403})


@pytest.mark.parametrize(
    ("role", "may_remove"), [("owner", True), ("manager", True), ("member", False)]
)
def test_roles(office: Office, bucket: str, role: str, *, may_remove: bool) -> None:
    http = office.http(office.token(role, "acme"))
    assert http.post(f"/object/{bucket}/acme-ltd/by-{role}", content=b"x").status_code == 200
    expected = 200 if may_remove else 403
    assert http.post("/bucket", json={"name": f"of-{role}"}).status_code == expected
    assert http.post(f"/bucket/{bucket}/empty").status_code == expected
    assert http.delete(f"/bucket/{bucket}").status_code == expected


def test_a_key_that_was_revoked_a_moment_ago(office: Office, bucket: str) -> None:
    key_id, key = office.key(office.own)
    http = office.http(key)
    assert http.get(f"/object/{bucket}/c.txt").status_code == 200
    _revoke(office, key_id)
    answer = http.get(f"/object/{bucket}/c.txt")
    assert (answer.status_code, answer.json()["statusCode"]) == (401, "401")
    assert http.post(f"/object/{bucket}/new", content=b"x").status_code == 401


def test_who_asks_too_often_is_told_when_to_come_again(office: Office, bucket: str) -> None:
    rates = Rates(key=Rate(per_s=0.01, burst=2))
    with served(office.url, office.keys, office.place, rates=rates) as address:
        key = office.own.key
        answers = [
            httpx.get(f"{address}/storage/v1/object/{bucket}/c.txt", headers={"apikey": key})
            for _ in range(4)
        ]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].json()["statusCode"] == "429"


def test_a_cookie_opens_nothing(office: Office, bucket: str) -> None:
    """A page of another site could bring it."""
    token = office.token("owner")
    http = office.http()
    for name in ("session", "mainstem_session", "__Host-session"):
        http.cookies.set(name, token)
    assert http.get(f"/object/{bucket}/c.txt").status_code == 401


def test_rows_of_files_are_read_and_never_written_through_the_data_api(
    office: Office, bucket: str
) -> None:
    http = office.http(office.key(office.own, Scope.ROWS_READ, Scope.ROWS_WRITE)[1])
    address = f"{office.address}/rest/v1/storage_object"
    found = http.get(
        f"{address}?select=name,version,storage_bucket!inner(name)&storage_bucket.name=eq.{bucket}"
    )
    assert len(found.json()) == 3
    (row,) = http.get(f"{address}?select=*&limit=1").json()
    row["version"] = str(uuid4())
    assert http.post(address, json=row).status_code in {400, 403}
    assert http.patch(
        f"{address}?id=eq.{row['id']}", json={"version": row["version"]}
    ).status_code in {400, 403}
    assert http.delete(f"{address}?id=eq.{row['id']}").status_code == 403


def test_the_trail_says_who_put_a_file_there(office: Office, bucket: str) -> None:
    token = office.token("manager")
    files = office.storage(token).from_(bucket)
    made = office.http(token).post(f"/object/{bucket}/trail", content=PNG).json()["Id"]
    files.remove(["trail"])
    rows = office.sql(
        "select action, actor_role, actor_id is not null from audit_log"
        " where table_name = 'storage_object' and row_id = %s order by id",
        made,
    )
    assert rows == [("insert", "manager", True), ("delete", "manager", True)]


def _revoke(office: Office, key_id: UUID) -> None:
    async def revoked() -> None:
        async with async_pool(office.url, size_max=1) as pool:
            core = Core(pool=pool, keys=office.keys)
            try:
                await api_keys.revoke(core, Tenant(office.own.id, None, "owner", None, "*"), key_id)
            finally:
                core.close()

    asyncio.run(revoked())
