"""Signatures: for one file, one use, one agency, and a time."""

from __future__ import annotations

import base64
import json
import logging
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import msgspec
import pytest
from tests.storage.conftest import LIMITS

from mainstem.core import master_key
from mainstem.storage.problem import StorageError
from mainstem.storage.signing import Signed, Use, ends_at, sign, verify

if TYPE_CHECKING:
    import httpx
    from tests.storage.conftest import Office


@pytest.fixture
def bucket(office: Office) -> str:
    name = office.bucket()
    files = office.storage().from_(name)
    for path in ("acme-ltd/a.txt", "acme-ltd/b.txt"):
        files.upload(path, path.encode())
    return name


def signed(http: httpx.Client, bucket: str, name: str, expires_in: object = 60) -> str:
    answer = http.post(f"/object/sign/{bucket}/{name}", json={"expiresIn": expires_in})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["signedURL"])


def token_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["token"][0]


def test_a_signature_opens_one_file(
    office: Office, http: httpx.Client, nobody: httpx.Client, bucket: str
) -> None:
    address = signed(http, bucket, "acme-ltd/a.txt")
    answer = nobody.get(address)
    assert answer.content == b"acme-ltd/a.txt"
    assert answer.headers["cache-control"].startswith("private, max-age=")
    assert int(answer.headers["cache-control"].partition("=")[2]) <= 60
    assert nobody.head(address).status_code == 200
    token = token_of(address)
    for path in (
        f"/object/sign/{bucket}/acme-ltd/b.txt",
        f"/object/sign/{bucket}@{office.own.slug}/acme-ltd/a.txt",
        f"/object/sign/{bucket}@{office.other.slug}/acme-ltd/a.txt",
        f"/object/sign/{bucket}/acme-ltd/A.txt",
        "/object/sign/other/acme-ltd/a.txt",
    ):
        refused = nobody.get(path, params={"token": token})
        assert (refused.status_code, refused.json()["error"]) == (400, "InvalidSignature"), path
    assert nobody.get(f"/object/{bucket}/acme-ltd/a.txt?token={token}").status_code == 401
    assert (
        nobody.put(f"/object/upload/sign/{bucket}/acme-ltd/a.txt?token={token}").status_code == 400
    )
    assert nobody.get(f"/object/sign/{bucket}/acme-ltd/a.txt").status_code == 400


def test_another_key_does_not_spoil_a_signature(
    office: Office, http: httpx.Client, bucket: str
) -> None:
    address = signed(http, bucket, "acme-ltd/a.txt")
    assert office.http("ms_nonsense").get(address).status_code == 200
    assert office.http(office.other.key).get(address).content == b"acme-ltd/a.txt"


def test_forged_signatures(nobody: httpx.Client, http: httpx.Client, bucket: str) -> None:
    token = token_of(signed(http, bucket, "acme-ltd/a.txt"))
    payload, _, signature = token.partition(".")
    plain = base64.urlsafe_b64decode(payload + "==")
    later = json.dumps(json.loads(plain) | {"ends_s": 2**40}).encode()
    forged = base64.urlsafe_b64encode(later).decode().rstrip("=")
    stranger = master_key.parse(master_key.generate(), origin="test")
    theirs = sign(stranger, msgspec.json.decode(plain, type=Signed))
    for text in (
        f"{forged}.{signature}",
        f"{payload}.",
        f"{payload}.{signature[:-2]}",
        payload,
        f".{signature}",
        "",
        "." * 9,
        "ä.ö",
        theirs,
        "x" * 20_000,
        f"{token}{token}",
    ):
        answer = nobody.get(f"/object/sign/{bucket}/acme-ltd/a.txt", params={"token": text})
        assert (answer.status_code, answer.json()["error"]) == (400, "InvalidSignature"), text


def test_a_signature_runs_out(office: Office, nobody: httpx.Client, bucket: str) -> None:
    ((object_id,),) = office.sql(
        "select id from storage_object where name = 'acme-ltd/a.txt' and bucket_id ="
        " (select id from storage_bucket where name = %s)",
        bucket,
    )
    for seconds, status in ((-1, 400), (0, 400), (60, 200)):
        text = sign(
            office.keys,
            Signed(
                use=Use.READ,
                agency_id=office.own.id,
                bucket=bucket,
                name="acme-ltd/a.txt",
                ends_s=int(time.time()) + seconds,
                object_id=object_id,
            ),
        )
        answer = nobody.get(f"/object/sign/{bucket}/acme-ltd/a.txt", params={"token": text})
        assert answer.status_code == status
        if status != 200:
            assert answer.json()["error"] == "ExpiredToken"


@pytest.mark.parametrize("seconds", [0, -5, 7 * 24 * 3600 + 1, "x", [], 10**40])
def test_how_long_a_signature_holds_is_bounded(
    http: httpx.Client, bucket: str, seconds: object
) -> None:
    body = {"expiresIn": seconds}
    assert http.post(f"/object/sign/{bucket}/acme-ltd/a.txt", json=body).status_code == 400
    many = {"paths": ["acme-ltd/a.txt"], **body}
    assert http.post(f"/object/sign/{bucket}", json=many).status_code == 400


def test_without_a_word_a_signature_holds_ten_minutes() -> None:
    assert ends_at(LIMITS, None) - time.time() <= 600
    with pytest.raises(StorageError, match="604800 seconds"):
        ends_at(LIMITS, 8 * 24 * 3600)


def test_an_older_key_still_opens_what_it_signed() -> None:
    old, new = master_key.generate(), master_key.generate()
    before = master_key.parse(old, origin="test")
    after = master_key.parse(f"{new}\n{old}", origin="test")
    one = Signed(
        use=Use.READ,
        agency_id=uuid4(),
        bucket="b",
        name="n",
        ends_s=int(time.time()) + 60,
    )
    assert verify(after, sign(before, one), use=Use.READ, bucket="b", name="n") == one
    with pytest.raises(StorageError, match="not valid"):
        verify(before, sign(after, one), use=Use.READ, bucket="b", name="n")


def test_another_file_of_the_same_name_is_not_meant(
    office: Office, http: httpx.Client, nobody: httpx.Client, bucket: str
) -> None:
    files = office.storage().from_(bucket)
    address = signed(http, bucket, "acme-ltd/a.txt")
    files.update("acme-ltd/a.txt", b"newer")
    assert nobody.get(address).content == b"newer"
    files.remove(["acme-ltd/a.txt"])
    assert nobody.get(address).status_code == 404
    files.upload("acme-ltd/a.txt", b"another")
    assert nobody.get(address).status_code == 404


def test_an_upload_by_signature(
    office: Office, http: httpx.Client, nobody: httpx.Client, bucket: str
) -> None:
    ticket = http.post(f"/object/upload/sign/{bucket}/acme-ltd/new.txt").json()
    assert ticket["url"].endswith(f"?token={ticket['token']}")
    other = nobody.put(f"/object/upload/sign/{bucket}/acme-ltd/b.txt?token={ticket['token']}")
    assert other.status_code == 400
    assert (
        nobody.get(f"/object/sign/{bucket}/acme-ltd/new.txt?token={ticket['token']}").status_code
        == 400
    )
    assert nobody.put(ticket["url"], content=b"first").status_code == 200
    taken = nobody.put(ticket["url"], content=b"second")
    assert (taken.status_code, taken.json()["error"]) == (409, "Duplicate")
    assert nobody.put(ticket["url"], content=b"x", headers={"x-upsert": "true"}).status_code == 409
    again = http.post(
        f"/object/upload/sign/{bucket}/acme-ltd/new.txt", headers={"x-upsert": "true"}
    ).json()
    assert nobody.put(again["url"], content=b"third").status_code == 200
    assert http.get(f"/object/{bucket}/acme-ltd/new.txt").content == b"third"
    rows = office.sql(
        "select o.client_id from storage_object as o"
        " join storage_bucket as b on (b.agency_id, b.id) = (o.agency_id, o.bucket_id)"
        " where b.name = %s and o.name = 'acme-ltd/new.txt'",
        bucket,
    )
    assert rows == [(office.own.clients["acme"],)]
    large = nobody.put(again["url"], content=bytes(LIMITS.object_bytes_max + 1))
    assert large.status_code == 413


def test_signing_an_upload_writes_nothing(office: Office, http: httpx.Client, bucket: str) -> None:
    http.post(f"/object/upload/sign/{bucket}/acme-ltd/never.txt")
    assert http.get(f"/object/info/{bucket}/acme-ltd/never.txt").status_code == 404
    assert office.sql("select from storage_object where name = 'acme-ltd/never.txt'") == []


def test_an_upload_goes_to_the_client_that_its_signer_could_write_for(
    office: Office, nobody: httpx.Client, bucket: str
) -> None:
    """What the folder means may change between signing and sending."""
    http = office.http(office.token("member", "acme"))
    ticket = http.post(f"/object/upload/sign/{bucket}/later-client/x").json()
    office.sql("insert into client (agency_id, name) values (%s, 'Later Client')", office.own.id)
    refused = nobody.put(ticket["url"], content=b"x")
    assert (refused.status_code, refused.json()["error"]) == (403, "Unauthorized")
    assert office.sql("select from storage_object where name = 'later-client/x'") == []


def test_who_uploaded_by_signature_is_the_signer(
    office: Office, nobody: httpx.Client, bucket: str
) -> None:
    token = office.token("manager")
    ticket = office.http(token).post(f"/object/upload/sign/{bucket}/by-signer").json()
    nobody.put(ticket["url"], content=b"x")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    rows = office.sql("select created_by::text from storage_object where name = 'by-signer'")
    assert rows == [(claims["sub"],)]


def test_no_signature_is_logged(
    http: httpx.Client, nobody: httpx.Client, bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = signed(http, bucket, "acme-ltd/a.txt")
    for path in (address, address.replace("a.txt", "b.txt")):
        nobody.get(path)
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    assert not any(token_of(address)[-20:] in one.getMessage() for one in ours)
