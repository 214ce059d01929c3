"""Parts of files, what is known already, how long it may be kept; and across origins."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.storage.ranges import Span, UnsatisfiableError, matches, span_of
from mainstem.stores.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from tests.storage.conftest import Office

CONTENT = bytes(range(256)) * 600


@pytest.fixture(params=["office", "far_office"], scope="module")
def served(request: pytest.FixtureRequest) -> tuple[httpx.Client, str]:
    """A file in a folder, and in an S3-compatible store: who may read it, and its address."""
    office: Office = request.getfixturevalue(request.param)
    bucket, http = office.bucket(), office.http(office.own.key)
    http.post(
        f"/object/{bucket}/a.bin",
        content=CONTENT,
        headers={"content-type": "application/octet-stream", "cache-control": "max-age=77"},
    )
    return http, f"/object/{bucket}/a.bin"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, len(CONTENT)),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=100000-", 100000, len(CONTENT)),
        ("bytes=-10", len(CONTENT) - 10, len(CONTENT)),
        ("bytes=-9999999", 0, len(CONTENT)),
        ("bytes=5-99999999", 5, len(CONTENT)),
    ],
)
def test_a_part(served: tuple[httpx.Client, str], asked: str, start: int, end: int) -> None:
    http, address = served
    for method in ("GET", "HEAD"):
        answer = http.request(method, address, headers={"range": asked})
        assert answer.status_code == 206
        assert answer.content == (CONTENT[start:end] if method == "GET" else b"")
        assert answer.headers["content-length"] == str(end - start)
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"


@pytest.mark.parametrize("asked", ["bytes=153600-", "bytes=999999-1000000", "bytes=-0"])
def test_a_part_behind_the_end(served: tuple[httpx.Client, str], asked: str) -> None:
    http, address = served
    answer = http.get(address, headers={"range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "bytes=a-b", "bytes=-", "bytes=9-3", "items=0-1", "bytes=0-1 x", ""]
)
def test_a_range_that_means_nothing_is_the_whole(
    served: tuple[httpx.Client, str], asked: str
) -> None:
    http, address = served
    answer = http.get(address, headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_what_is_known_is_not_sent_again(served: tuple[httpx.Client, str]) -> None:
    http, address = served
    first = http.get(address)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, max-age=77"
    assert first.headers["accept-ranges"] == "bytes"
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = http.get(address, headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert http.get(address, headers={"if-none-match": '"x"'}).status_code == 200
    part = {"range": "bytes=0-9"}
    assert http.get(address, headers=part | {"if-range": etag}).status_code == 206
    assert http.get(address, headers=part | {"if-range": '"x"'}).status_code == 200


def test_another_content_has_another_tag(http: httpx.Client, office: Office) -> None:
    address = f"/object/{office.bucket()}/a"
    tags = []
    for content in (b"one", b"two", b"one"):
        http.put(address, content=content)
        tags.append(http.head(address).headers["etag"])
    assert tags[0] == tags[2] != tags[1]


def test_an_empty_file(http: httpx.Client, office: Office) -> None:
    address = f"/object/{office.bucket()}/folder/.emptyFolderPlaceholder"
    http.post(address, content=b"")
    answer = http.get(address)
    assert (answer.status_code, answer.content) == (200, b"")
    assert http.get(address, headers={"range": "bytes=0-"}).status_code == 416


@pytest.mark.parametrize(
    ("said", "kept"),
    [("max-age=5", 5), ("no-store", 0), ("60", 60), ("", 3600), ("public, max-age=9", 9)],
)
def test_how_long_it_may_be_kept(
    http: httpx.Client, office: Office, nobody: httpx.Client, said: str, kept: int
) -> None:
    bucket = office.bucket(public=True)
    http.post(f"/object/{bucket}/a", content=b"x", headers={"cache-control": said})
    answer = nobody.get(f"/object/public/{bucket}@{office.own.slug}/a")
    assert answer.headers["cache-control"] == f"public, max-age={kept}"


def test_pages_of_other_origins(http: httpx.Client, office: Office) -> None:
    address = f"/object/{office.bucket()}/a.txt"
    asked = {
        "origin": "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,x-client-info,apikey,x-upsert",
    }
    allowed = http.options(address, headers=asked)
    assert allowed.status_code < 300
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in allowed.headers
    http.post(address, content=b"x")
    answer = http.get(address, headers={"origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-disposition" in answer.headers["access-control-expose-headers"]


def test_a_reader_who_hangs_up_ends_the_reading(
    office: Office, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block is read, the line is cut, and of a thousand more blocks few are asked for."""
    bucket, ended, asked = office.bucket(), threading.Event(), 0
    http.post(f"/object/{bucket}/a", content=b"x" * 200_000)
    read = Folder.read

    @contextmanager
    def slowly(self: Folder, key: str, *, start: int = 0) -> Iterator[Iterator[bytes]]:
        nonlocal asked

        def single(blocks: Iterator[bytes]) -> Iterator[bytes]:
            nonlocal asked
            for byte in b"".join(blocks):
                asked += 1
                yield bytes([byte])

        try:
            with read(self, key, start=start) as blocks:
                yield single(blocks)
        finally:
            ended.set()

    monkeypatch.setattr(Folder, "read", slowly)
    with http.stream("GET", f"/object/{bucket}/a") as answer:
        next(answer.iter_raw(1))
    assert ended.wait(10)
    assert 0 < asked < 200_000


def test_bytes_that_are_gone_are_told_as_a_failure(http: httpx.Client, office: Office) -> None:
    bucket = office.bucket()
    http.post(f"/object/{bucket}/a", content=b"x")
    ((version,),) = office.sql(
        "select version from storage_object where name = 'a' and bucket_id ="
        " (select id from storage_bucket where name = %s)",
        bucket,
    )
    assert office.place.folder is not None
    Path(office.place.folder, str(office.own.id), str(version)).unlink()
    answer = http.get(f"/object/{bucket}/a")
    assert (answer.status_code, answer.json()["error"]) == (503, "StoreUnavailable")
    assert str(office.place.folder) not in answer.text


@given(st.integers(0, 50), st.text("bytes=0123456789-, ", max_size=16))
def test_a_span_lies_in_its_file(size: int, header: str) -> None:
    try:
        found = span_of(header, size)
    except UnsatisfiableError:
        return
    if found is not None:
        assert found.start >= 0
        assert 0 < found.length <= size - found.start


@given(st.integers(1, 50), st.data())
def test_a_span_is_what_was_asked(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start, size - 1))
    assert span_of(f"bytes={start}-{end}", size) == Span(start, end - start + 1)
    assert matches(f'"a", W/"{start}"', f'"{start}"')
