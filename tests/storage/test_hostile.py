"""What a hostile client sends: paths, headers, sizes, speeds, bombs, pages."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.storage.conftest import BYTES_MAX, PNG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.storage.conftest import Office

ANSWER_LIMIT_S = 20.0
PAGE = b"<!DOCTYPE html><script>alert(1)</script>"
DRAWING = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
#: as they are written in an address
TRAVERSALS = [
    "../x",
    "..%2fx",
    "%2e%2e/x",
    "%2e%2e%2fx",
    "%252e%252e%252fx",
    "a/../../x",
    "a/%2e%2e/%2e%2e/x",
    "./x",
    "a/./x",
    "a//x",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "a/",
    "..",
    "%00",
    "a%00.png",
    "a%5cx",
    "..%5c..%5cx",
    "C:%5cx",
    "a%0d%0aSet-Cookie:%20x=y",
    "a%0ab",
    "a%7fb",
    "a%22b",
    "a%3fb",
    "a%23b",
    "a%25b",
    "%ff%fe",
    "%c0%ae%c0%ae/x",
    "%ed%a0%80",
    "a%e2%80%aeb",
    "a%e2%80%8bb",
    "a" * 1025,
]


@pytest.fixture(scope="module")
def bucket(office: Office) -> str:
    """One for all of these tests: each takes names of its own."""
    return office.bucket(public=True)


def raw(office: Office, request: str, *parts: bytes) -> tuple[int, bytes]:
    """Send bytes as they are; the status and all that comes back."""
    address = urlsplit(office.address)
    with socket.create_connection((address.hostname, address.port), ANSWER_LIMIT_S) as line:
        key = office.own.key
        head = f"{request}\r\nHost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n"
        line.sendall(head.encode("latin-1"))
        for part in parts:
            line.sendall(part)
        answer = b""
        while block := line.recv(65536):
            answer += block
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_its_bucket(office: Office, bucket: str, path: str) -> None:
    """By a socket: HTTP clients tidy such paths up before they send them."""
    before = office.versions()
    for method in ("POST", "PUT", "GET", "DELETE"):
        body = b"content-length: 1\r\n\r\nx" if method in {"POST", "PUT"} else b"\r\n"
        status, answer = raw(office, f"{method} /storage/v1/object/{bucket}/{path} HTTP/1.1", body)
        assert status in {400, 404}, answer
        assert b"Set-Cookie" not in answer.partition(b"\r\n\r\n")[0]
    assert office.versions() == before


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "a\0", "a\\b", "", "a\nb", "a%2e", 7])
def test_no_name_in_a_body_leads_out_either(
    office: Office, http: httpx.Client, name: object
) -> None:
    bucket = office.bucket()
    http.post(f"/object/{bucket}/there", content=b"x")
    for address in ("/object/move", "/object/copy"):
        for source, target in ((name, "y"), ("there", name)):
            body = {"bucketId": bucket, "sourceKey": source, "destinationKey": target}
            answer = http.post(address, json=body)
            assert answer.status_code == 400, answer.text
    listed = http.post(f"/object/list/{bucket}", json={"prefix": name})
    assert listed.status_code in {200, 400}
    if name == "":
        assert [one["name"] for one in listed.json()] == ["there"]
    removed = http.request("DELETE", f"/object/{bucket}", json={"prefixes": [name]})
    assert removed.status_code in {200, 400}
    assert office.storage().from_(bucket).exists("there")


names = st.text(min_size=1, max_size=40) | st.text("./\\%\0 a", min_size=1, max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names)
def test_a_name_is_refused_or_comes_back_as_it_was(
    office: Office, http: httpx.Client, name: str
) -> None:
    """Whatever is taken is stored under its version alone, and found under its name alone."""
    bucket = "property"
    http.post("/bucket", json={"name": bucket})
    address = f"/object/{bucket}/" + quote(name, safe="", errors="surrogatepass")
    status, answer = raw(
        office, f"PUT /storage/v1{address} HTTP/1.1", b"content-length: 2\r\n\r\nok"
    )
    assert status in {200, 400, 404}, answer
    listed = http.post(f"/object/list-v2/{bucket}", json={}).json()["objects"]
    assert [one["name"] for one in listed] == ([name] if status == 200 else [])
    if status == 200:
        assert http.get(address).content == b"ok"
        assert {"", ".", ".."}.isdisjoint(name.split("/"))
        assert http.request("DELETE", f"/object/{bucket}", json={"prefixes": [name]}).json()


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", "a@b", "sign", "public", "x" * 101, "a\nb", "a%", "ü", " a", ".a"]
)
def test_a_bucket_has_a_plain_name(http: httpx.Client, name: str) -> None:
    answer = http.post("/bucket", json={"name": name})
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidBucketName")


@pytest.mark.parametrize(
    ("declared", "served"),
    [
        ("text/html", "application/octet-stream"),
        ("image/png\r\nSet-Cookie: a=b", "application/octet-stream"),
        ('image/png; charset="\r\nx: y"', "application/octet-stream"),
        ("x", "application/octet-stream"),
        ('application/x-own; a="b\r\nc"', "application/x-own"),
        ("Text/CSV; Charset=UTF-8", "text/csv;charset=utf-8"),
    ],
)
def test_no_type_ends_a_header(office: Office, bucket: str, declared: str, served: str) -> None:
    """In a form a type may hold what a header of HTTP cannot."""
    kind = declared.encode()
    body = (
        b'--b\r\ncontent-disposition: form-data; name="contentType"\r\n\r\n' + kind + b"\r\n"
        b'--b\r\ncontent-disposition: form-data; name=""; filename="x"\r\n\r\n\0\1,\r\n--b--\r\n'
    )
    if "csv" in declared.lower():
        body = body.replace(b"\0\1,", b"a,b")
    http = office.http(office.own.key)
    name = uuid4().hex
    made = http.post(
        f"/object/{bucket}/{name}",
        content=body,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert made.status_code == 200, made.text
    answer = http.get(f"/object/{bucket}/{name}")
    assert answer.headers["content-type"] == served
    assert "set-cookie" not in answer.headers
    assert "x" not in answer.headers


@pytest.mark.parametrize(
    "download", ["a\r\nSet-Cookie: x=y", '"; filename="b.html', "../../x", "ü"]
)
def test_no_name_of_a_download_ends_a_header(
    http: httpx.Client, bucket: str, download: str
) -> None:
    http.put(f"/object/{bucket}/a.png", content=PNG)
    answer = http.get(f"/object/{bucket}/a.png", params={"download": download})
    said = answer.headers["content-disposition"]
    assert said.startswith('attachment; filename="')
    assert said.count('"') == 2
    assert "/" not in said
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("page.html", PAGE, "text/html"),
        ("page.png", PAGE, "image/png"),
        ("page.txt", b"\xef\xbb\xbf \n<!-- x --><HTML>" + PAGE, "text/plain"),
        ("page.xhtml", b'<?xml version="1.0"?><html xmlns="x"/>', "application/xhtml+xml"),
        ("page.xml", b"<?xml version='1.0'?><x/>", "text/xml"),
        ("drawing.svg", DRAWING, "image/svg+xml"),
        ("drawing.png", DRAWING, "image/png"),
        ("paper.pdf", b"%PDF-1.7 /JavaScript", "application/pdf"),
        ("script.js", b"alert(1)", "text/javascript"),
        ("odd", b"x", "multipart/x-mixed-replace"),
        ("program", b"MZ\x90\0", "image/png"),
    ],
)
def test_nothing_becomes_a_page(
    office: Office,
    http: httpx.Client,
    nobody: httpx.Client,
    bucket: str,
    name: str,
    content: bytes,
    declared: str,
) -> None:
    made = http.post(
        f"/object/{bucket}/{name}", content=content, headers={"content-type": declared}
    )
    assert made.status_code == 200
    signed = http.post(f"/object/sign/{bucket}/{name}", json={"expiresIn": 60}).json()
    for answer in (
        http.get(f"/object/{bucket}/{name}"),
        nobody.get(f"/object/public/{bucket}@{office.own.slug}/{name}"),
        nobody.get(signed["signedURL"]),
    ):
        assert answer.content == content
        kind = answer.headers["content-type"]
        assert not any(word in kind for word in ("html", "/xml", "multipart"))
        assert kind.partition(";")[0] != "image/png"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
        assert "script" not in policy


def test_a_picture_is_shown_in_place_and_still_confined(
    office: Office, http: httpx.Client, nobody: httpx.Client, bucket: str
) -> None:
    http.put(f"/object/{bucket}/a.png", content=PNG)
    answer = nobody.get(f"/object/public/{bucket}@{office.own.slug}/a.png")
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "sandbox" in answer.headers["content-security-policy"]
    asked = f"/object/public/{bucket}@{office.own.slug}/a.png?download="
    assert nobody.get(asked).headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("is_form", [True, False])
def test_a_body_that_says_that_it_is_too_large_is_not_read(
    office: Office, bucket: str, *, is_form: bool
) -> None:
    kind = "multipart/form-data; boundary=b" if is_form else "text/plain"
    status, answer = raw(
        office,
        f"POST /storage/v1/object/{bucket}/large HTTP/1.1",
        f"content-type: {kind}\r\ncontent-length: {10**12}\r\n\r\n".encode(),
    )
    assert status == 413
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "Payload too large"


@pytest.mark.parametrize("is_form", [True, False])
def test_a_body_that_does_not_say_how_large_it_is_is_cut(
    office: Office, http: httpx.Client, bucket: str, *, is_form: bool
) -> None:
    before, sent = office.versions(), 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        if is_form:
            yield b'--b\r\ncontent-disposition: form-data; name=""; filename="x"\r\n\r\n'
        while sent < 400 * BYTES_MAX:
            sent += 65536
            yield bytes(65536)

    kind = "multipart/form-data; boundary=b" if is_form else "text/plain"
    try:
        answer = http.post(
            f"/object/{bucket}/large", content=endless(), headers={"content-type": kind}
        )
    except httpx.WriteError:
        pass  # the server hung up in the middle
    else:
        assert answer.status_code == 413
    assert sent < 400 * BYTES_MAX
    assert office.versions() == before
    assert http.head(f"/object/{bucket}/large").status_code == 404


def test_a_bucket_has_a_limit_of_its_own(http: httpx.Client, office: Office) -> None:
    bucket = office.bucket(file_size_limit=10)
    assert http.post(f"/object/{bucket}/a", content=b"x" * 10).status_code == 200
    assert http.post(f"/object/{bucket}/b", content=b"x" * 11).status_code == 413
    for size in (11, 2_000_000):  # as a form, whether or not its length alone says it
        refused = http.post(f"/object/{bucket}/c", files={"": ("c", b"x" * size, "text/plain")})
        assert "maximum allowed size of 10 bytes" in refused.json()["message"]
    wide = office.bucket()
    http.post(f"/object/{wide}/b", content=b"x" * 11)
    for address in ("/object/move", "/object/copy"):
        body = {"bucketId": wide, "sourceKey": "b", "destinationKey": "c"}
        answer = http.post(address, json=body | {"destinationBucket": bucket})
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "head", [b"content-length: 1000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n"]
)
def test_a_sender_that_falls_silent_is_let_go(office: Office, bucket: str, head: bytes) -> None:
    status, answer = raw(
        office,
        f"POST /storage/v1/object/{bucket}/slow HTTP/1.1",
        head,
        b"5\r\nabcde",
    )
    assert status == 408, answer
    assert b"connection: close" in answer.lower()


def test_a_form_is_bounded(http: httpx.Client, bucket: str) -> None:
    def sent(body: bytes, boundary: str = "b") -> httpx.Response:
        kind = f"multipart/form-data; boundary={boundary}" if boundary else "multipart/form-data"
        return http.post(
            f"/object/{bucket}/{uuid4().hex}", content=body, headers={"content-type": kind}
        )

    part = b'--b\r\ncontent-disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    file, end = part % (b"", b'; filename="x"', b"x"), b"--b--\r\n"
    assert sent(file + end).status_code == 200
    assert sent(file + file + end).status_code == 400
    assert sent(part % (b"a", b"", b"x") + end).status_code == 400
    assert sent(part % (b"a", b"", b"x" * 70_000) + file + end).status_code == 413
    assert sent((part % (b"a", b"", b"x")) * 20 + file + end).status_code == 400
    assert sent(part % (b"metadata", b"", b"[1]") + file + end).status_code == 400
    assert sent(part % (b"metadata", b"", b"[" * 60_000) + file + end).status_code == 400
    assert sent(file).status_code == 400
    assert sent(b"nothing of a form").status_code == 400
    assert sent(file + end, boundary="").status_code == 400
    assert sent(b"").status_code == 400


def test_what_is_compressed_stays_compressed(
    office: Office, http: httpx.Client, bucket: str
) -> None:
    """A bomb of 16 MB of zeros is a file of its compressed size, and nobody unpacks it."""
    bomb = gzip.compress(bytes(16 * 1024 * 1024))
    made = http.post(f"/object/{bucket}/bomb.gz", content=bomb)
    assert made.status_code == 200
    assert office.sql("select size_bytes from storage_object where name = 'bomb.gz'") == [
        (len(bomb),)
    ]
    answer = http.get(f"/object/{bucket}/bomb.gz")
    assert (answer.content, answer.headers["content-type"]) == (bomb, "application/gzip")
    assert "content-encoding" not in answer.headers
    for coding in ("gzip", "deflate", "br", "gzip, gzip"):
        refused = http.post(
            f"/object/{bucket}/coded",
            content=zlib.compress(b"x"),
            headers={"content-encoding": coding},
        )
        assert refused.status_code == 415
    packed = gzip.compress(json.dumps({"prefix": ""}).encode())
    listed = http.post(
        f"/object/list/{bucket}", content=packed, headers={"content-encoding": "gzip"}
    )
    assert listed.status_code in {400, 415}


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"{", b"7", b'"x"', b'{"prefix": 7}', b'{"prefix": "", "limit": 0}',
             b'{"prefix": "", "limit": "x"}', b'{"prefix": "", "offset": -1}', b"\xff",
             b'{"prefix": "", "sortBy": {"column": "name; drop"}}', b'{"prefix": "a\\u0000"}',
             b'{"search": "\\u0000"}'],
)  # fmt: skip
def test_a_body_that_means_nothing(http: httpx.Client, bucket: str, body: bytes) -> None:
    answer = http.post(f"/object/list/{bucket}", content=body)
    assert answer.status_code == 400, answer.text
    assert answer.json().keys() == {"statusCode", "error", "message", "code"}


def test_limits_of_one_call(http: httpx.Client, bucket: str) -> None:
    many = [f"a{number}" for number in range(51)]
    assert http.request("DELETE", f"/object/{bucket}", json={"prefixes": many}).status_code == 400
    assert http.request("DELETE", f"/object/{bucket}", json={"prefixes": []}).status_code == 400
    signed = http.post(f"/object/sign/{bucket}", json={"expiresIn": 9, "paths": many})
    assert signed.status_code == 400
    assert http.post(f"/object/list/{bucket}", content=b" " * 3_000_000).status_code == 413
    metadata = "e30=" * 30_000
    answer = http.post(
        f"/object/{bucket}/m", content=b"x", headers={"x-metadata": metadata[:60_000]}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("PATCH", "/bucket/a"),
        ("GET", "/object"),
        ("GET", "/object/public"),
        ("POST", "/object/public/a/b"),
        ("DELETE", "/object/sign/a/b"),
        ("GET", "/render/image/public/a/b.png"),
        ("POST", "/upload/resumable"),
        ("GET", "/s3/a"),
    ],
)
def test_what_is_not_offered_is_told_in_the_same_form(
    http: httpx.Client, method: str, path: str
) -> None:
    answer = http.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["statusCode"] == "404"
