"""The clients that applications use: `storage3` for Python, `@supabase/storage-js`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from storage3.exceptions import StorageApiError
from supabase import create_client
from supabase.lib.client_options import SyncClientOptions
from tests.javascript import NODE, installed
from tests.storage.conftest import PNG

if TYPE_CHECKING:
    from tests.storage.conftest import Office

PINNED = Path(__file__).parent / "javascript"
CALLS_LIMIT_S = 60


@pytest.fixture(params=["folder", "store"])
def anywhere(request: pytest.FixtureRequest) -> Office:
    """The app with its bytes in a folder, and in an S3-compatible store."""
    name = "office" if request.param == "folder" else "far_office"
    return request.getfixturevalue(name)  # type: ignore[no-any-return]


def test_python_and_buckets(anywhere: Office) -> None:
    storage = anywhere.storage()
    name = f"papers {uuid4().hex[:8]}"
    assert storage.create_bucket(name) == {"name": name}
    assert storage.get_bucket(name).public is False
    assert name in [one.name for one in storage.list_buckets()]
    changed = storage.update_bucket(name, {"public": True, "file_size_limit": 200_000})
    assert changed == {"message": "Successfully updated"}
    assert (storage.get_bucket(name).public, storage.get_bucket(name).file_size_limit) == (
        True,
        200_000,
    )
    storage.from_(name).upload("a.txt", b"abc")
    with pytest.raises(StorageApiError, match="not empty"):
        storage.delete_bucket(name)
    assert storage.empty_bucket(name) == {"message": "Successfully emptied"}
    assert storage.delete_bucket(name) == {"message": "Successfully deleted"}
    with pytest.raises(StorageApiError, match="Bucket not found"):
        storage.get_bucket(name)


def test_python_and_files(anywhere: Office) -> None:
    storage, name = anywhere.storage(), anywhere.bucket(public=True)
    files = storage.from_(name)
    made = files.upload("acme-ltd/a ü.txt", b"abc", {"content-type": "text/plain"})
    assert made.full_path == f"{name}/acme-ltd/a ü.txt"
    with pytest.raises(StorageApiError) as taken:
        files.upload("acme-ltd/a ü.txt", b"abcd")
    assert (taken.value.status, taken.value.code) == ("409", "Duplicate")
    files.upload("acme-ltd/a ü.txt", b"abcd", {"upsert": "true", "cache-control": "60"})
    assert files.download("acme-ltd/a ü.txt") == b"abcd"
    files.update("acme-ltd/a ü.txt", b"abcde", {"metadata": {"of": "tests"}})
    told = files.info("acme-ltd/a ü.txt")
    assert (told["size"], told["metadata"]) == (5, {"of": "tests"})
    assert files.exists("acme-ltd/a ü.txt") is True
    assert files.exists("acme-ltd/none") is False
    files.move("acme-ltd/a ü.txt", "acme-ltd/b.txt")
    files.copy("acme-ltd/b.txt", "c.txt")
    assert files.download("c.txt") == b"abcde"
    listed = files.list()
    assert [(one["name"], one["id"] is None) for one in listed] == [
        ("acme-ltd", True),
        ("c.txt", False),
    ]
    assert [one["name"] for one in files.list("acme-ltd")] == ["b.txt"]
    page = files.list_v2({"prefix": "", "with_delimiter": True, "limit": 1})
    assert ([one.name for one in page.folders], page.hasNext) == (["acme-ltd/"], True)
    address = files.create_signed_url("c.txt", 60, {"download": "paper.txt"})["signedUrl"]
    assert address is not None
    answer = httpx.get(address)
    assert answer.content == b"abcde"
    assert 'filename="paper.txt"' in answer.headers["content-disposition"]
    many = files.create_signed_urls(["c.txt", "none"], 60)
    assert [one["error"] is None for one in many] == [True, False]
    public = storage.from_(f"{name}@{anywhere.own.slug}").get_public_url("c.txt")
    assert httpx.get(public).content == b"abcde"
    ticket = files.create_signed_upload_url("acme-ltd/new.png")
    files.upload_to_signed_url(ticket["path"], ticket["token"], PNG)
    assert files.download("acme-ltd/new.png") == PNG
    gone = files.remove(["c.txt", "none"])
    assert [one["name"] for one in gone] == ["c.txt"]
    with pytest.raises(StorageApiError) as absent:
        files.download("c.txt")
    assert (absent.value.status, absent.value.code) == ("404", "not_found")


def test_the_whole_client(office: Office) -> None:
    """`supabase` itself, with nothing but an address and a key."""
    options = SyncClientOptions(httpx_client=office.http())
    client = create_client(office.address, office.own.key, options)
    bucket = office.bucket()
    client.storage.from_(bucket).upload("birch-co/logo.png", PNG, {"content-type": "image/png"})
    assert client.storage.from_(bucket).download("birch-co/logo.png") == PNG


def test_javascript(anywhere: Office) -> None:
    folder = installed(PINNED, "storage-js")
    name = f"js-{uuid4().hex[:8]}"
    done = subprocess.run(
        [
            NODE,
            PINNED / "calls.mjs",
            f"{anywhere.address}/storage/v1",
            anywhere.own.key,
            folder,
            name,
            anywhere.own.slug,
        ],
        capture_output=True,
        text=True,
        timeout=CALLS_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    failed = {call: one["error"] for call, one in seen.items() if one["error"]}
    assert failed.keys() == {"taken", "missing", "notEmpty", "tooLarge", "wrongType"}, failed
    assert (failed["taken"]["statusCode"], failed["taken"]["status"]) == ("409", 409)
    assert failed["missing"]["statusCode"] == "404"
    assert failed["tooLarge"]["statusCode"] == "413"
    assert failed["wrongType"]["statusCode"] == "415"
    data = {call: one["data"] for call, one in seen.items()}
    assert data["createBucket"] == {"name": name}
    assert data["getBucket"]["id"] == name
    assert data["upload"]["fullPath"] == f"{name}/acme-ltd/deep/a b.txt"
    assert data["download"] == "hello again"
    assert data["blob"]["path"] == "acme-ltd/blob.png"
    assert data["info"]["size"] == len(PNG)
    assert (data["info"]["contentType"], data["info"]["metadata"]) == ("image/png", {"a": 1})
    assert (data["exists"], data["existsNot"]) == (True, False)
    assert [one["name"] for one in data["list"]] == ["blob.png", "deep"]
    assert [one["name"] for one in data["search"]] == ["blob.png"]
    assert [one["name"] for one in data["listPaged"]] == ["deep"]
    assert [one["key"] for one in data["listV2"]["objects"]] == ["acme-ltd/blob.png"]
    assert data["move"]["message"] == "Successfully moved"
    assert data["copy"] == {"path": f"{name}/acme-ltd/copy.txt"}
    assert data["signed"] == "hello again"
    assert [one["error"] is None for one in data["signMany"]] == [True, False]
    assert data["signedUpload"]["fullPath"] == f"{name}/acme-ltd/ticket.txt"
    assert data["public"] == "hello again"
    assert sorted(one["name"] for one in data["remove"]) == [
        "acme-ltd/copy.txt",
        "acme-ltd/moved.txt",
    ]
    assert data["emptyBucket"] == {"message": "Successfully emptied"}
    assert data["deleteBucket"] == {"message": "Successfully deleted"}
