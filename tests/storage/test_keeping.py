"""Bytes and rows together: replaced, removed, swept; and what a listing shows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from mainstem.errors import ConfigError, TargetError
from mainstem.pg.connect import connect
from mainstem.server import files as settings
from mainstem.server.upkeep import keep_up, sweep_files
from mainstem.storage import Swept, sweep
from mainstem.storage.files import Files, milliseconds_of, new_version
from mainstem.stores.folder import Folder
from mainstem.stores.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from tests.storage.conftest import Office


def versions_of(office: Office, bucket: str) -> set[str]:
    return {
        str(version)
        for (version,) in office.sql(
            "select version from storage_object where bucket_id ="
            " (select id from storage_bucket where name = %s)",
            bucket,
        )
    }


def test_bytes_go_with_their_rows(office: Office, http: httpx.Client) -> None:
    bucket = office.bucket()
    http.post(f"/object/{bucket}/a", content=b"one")
    first = versions_of(office, bucket)
    assert first <= office.versions()
    http.put(f"/object/{bucket}/a", content=b"two")
    second = versions_of(office, bucket)
    assert second.isdisjoint(first)
    assert second <= office.versions()
    assert first.isdisjoint(office.versions())
    http.post("/object/copy", json={"bucketId": bucket, "sourceKey": "a", "destinationKey": "b"})
    both = versions_of(office, bucket)
    assert len(both) == 2
    http.post("/object/move", json={"bucketId": bucket, "sourceKey": "a", "destinationKey": "c"})
    assert versions_of(office, bucket) == both
    assert http.delete(f"/object/{bucket}/c").json() == {"message": "Successfully deleted"}
    assert http.delete(f"/object/{bucket}/c").status_code == 404
    assert http.get(f"/object/{bucket}/b").content == b"two"
    http.post(f"/bucket/{bucket}/empty")
    assert both.isdisjoint(office.versions())


def test_a_bucket_of_many_files_is_emptied(office: Office, http: httpx.Client) -> None:
    """More than one round takes."""
    bucket = office.bucket()
    with ThreadPoolExecutor(4) as pool:
        made = pool.map(
            lambda number: http.post(f"/object/{bucket}/{number}", content=b"x"), range(60)
        )
        assert {one.status_code for one in made} == {200}
    assert http.post(f"/bucket/{bucket}/empty").status_code == 200
    assert http.delete(f"/bucket/{bucket}").status_code == 200


def test_two_who_upload_the_same_name_at_once(office: Office, http: httpx.Client) -> None:
    bucket, gate = office.bucket(), threading.Barrier(4)

    def body(number: int) -> Iterator[bytes]:
        yield b"x"
        gate.wait(10)  # all four have passed what is looked at before the bytes come
        yield str(number).encode()

    for upsert, expected in (("false", [200, 409, 409, 409]), ("true", [200] * 4)):
        gate.reset()
        name = f"same-{upsert}"
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(
                    lambda number: http.post(
                        f"/object/{bucket}/{name}",  # noqa: B023 - used within the round
                        content=body(number),
                        headers={"x-upsert": upsert},  # noqa: B023
                    ),
                    range(4),
                )
            )
        assert sorted(one.status_code for one in answers) == expected
    assert len(versions_of(office, bucket)) == 2
    assert versions_of(office, bucket) <= office.versions()


def test_a_store_that_fails_leaves_no_row(
    office: Office, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = office.bucket()

    def fail(*_: object, **__: object) -> None:
        raise TargetError("cannot write /secret/place: disk full; mend that and run again")

    monkeypatch.setattr(Folder, "write", fail)
    answer = http.post(f"/object/{bucket}/a", content=b"x")
    assert (answer.status_code, answer.json()["error"]) == (503, "StoreUnavailable")
    assert "secret" not in answer.text
    assert versions_of(office, bucket) == set()


def test_a_sender_that_goes_away_leaves_nothing(office: Office, http: httpx.Client) -> None:
    bucket, before = office.bucket(), office.versions()

    def breaking() -> Iterator[bytes]:
        yield bytes(1000)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        http.post(f"/object/{bucket}/a", content=breaking())
    assert http.get(f"/object/{bucket}/a").status_code == 404
    assert office.versions() == before


def test_the_sweep_finds_what_a_crash_left(office: Office, http: httpx.Client) -> None:
    bucket = office.bucket()
    http.post(f"/object/{bucket}/a", content=b"x")
    kept = versions_of(office, bucket)
    old, young = UUID(int=new_version().int - (8 * 24 * 3_600_000 << 80)), new_version()
    stranger = uuid4()
    store = Folder(office.place.folder or missing(), error=TargetError)
    for key in (
        f"{office.own.id}/{old}",
        f"{office.own.id}/{young}",
        f"{office.own.id}/notes.txt",
        f"{stranger}/{old}",
        f"lost+found/{old}",
    ):
        store.write(key, [b"x"], size_bytes=1, kind="")
    with connect(office.url) as connection:
        swept = sweep(connection, office.place)
    assert (swept.removed, swept.strange) == (1, 3)
    assert str(old) not in office.versions()
    assert {str(young), "notes.txt", *kept} <= office.versions()
    assert store.size(f"{stranger}/{old}") == 1
    with connect(office.url) as connection:
        again = sweep(connection, office.place, grace_s=-60)
    assert again.removed == 1
    assert str(young) not in office.versions()
    assert kept <= office.versions()
    for name in (f"{office.own.id}/notes.txt", f"{stranger}/{old}", f"lost+found/{old}"):
        store.remove(name)


def test_the_sweep_of_an_s3_compatible_store(far_office: Office) -> None:
    bucket, http = far_office.bucket(), far_office.http(far_office.own.key)
    for number in range(5):  # more than one page of the store's listing
        http.post(f"/object/{bucket}/{number}", content=b"x")
    far_office.sql("delete from storage_object where name in ('1', '3')")
    with connect(far_office.url) as connection:
        swept = sweep(connection, far_office.place, grace_s=-60)
    assert swept.removed == 2
    assert [http.get(f"/object/{bucket}/{number}").status_code for number in range(5)] == [
        200, 404, 200, 404, 200,
    ]  # fmt: skip


def test_a_store_that_is_not_there_yet_is_nothing_to_sweep(office: Office, tmp_path: Path) -> None:
    with connect(office.url) as connection:
        assert sweep(connection, Place(folder=tmp_path / "none")) == Swept()


def test_upkeep_sweeps_and_tries_again_sooner_where_it_cannot(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return True

    keep_up(office.url, wait, Place(folder=tmp_path))
    assert "files swept: 0 without a row removed" in caplog.text
    assert waits == [86_400.0]
    lost = Place(s3="http://127.0.0.1:1", bucket="b", keys="NOWHERE")
    assert sweep_files(office.url, lost) is False
    assert "was not swept" in caplog.text


def test_the_folder_is_the_servers_own(tmp_path: Path) -> None:
    Files(Place(folder=tmp_path / "a" / "files")).close()
    assert (tmp_path / "a" / "files").stat().st_mode & 0o777 == 0o700
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        Files(Place(folder=tmp_path / "taken" / "files"))


def test_a_version_tells_its_time() -> None:
    first, second = new_version(), new_version()
    assert first.version == 7
    assert first.variant == "specified in RFC 4122"
    assert 0 <= milliseconds_of(second) - milliseconds_of(first) < 60_000


def test_a_listing_is_sorted_searched_and_cut(office: Office, http: httpx.Client) -> None:
    bucket = office.bucket()
    for name in ("b.txt", "a.txt", "x/1", "x/2", "x/deep/3", "X", "ab.txt", "y_/%"[:2] + "/q"):
        http.post(f"/object/{bucket}/{name}", content=b"x")

    def listed(**asked: object) -> list[str]:
        answer = http.post(f"/object/list/{bucket}", json={"prefix": "", **asked})
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()]

    assert listed() == ["X", "a.txt", "ab.txt", "b.txt", "x", "y_"]
    assert listed(sortBy={"column": "name", "order": "desc"})[:2] == ["y_", "x"]
    assert listed(sortBy={"column": "created_at", "order": "asc"}) == [
        "x", "y_", "b.txt", "a.txt", "X", "ab.txt",
    ]  # fmt: skip
    assert listed(sortBy={"column": "updated_at", "order": "desc"})[2] == "ab.txt"
    assert listed(limit=2, offset=1) == ["a.txt", "ab.txt"]
    assert listed(search="A") == ["a.txt", "ab.txt"]
    assert listed(search="_") == []
    assert listed(prefix="x") == listed(prefix="x/") == ["1", "2", "deep"]
    assert listed(prefix="x", search="d") == ["deep"]
    assert listed(prefix="x/deep") == ["3"]
    assert listed(prefix="y") == []
    assert listed(offset=100) == []


def test_pages_of_a_listing_come_to_an_end(office: Office, http: httpx.Client) -> None:
    bucket = office.bucket()
    names = sorted(["a", "b/1", "b/2", "b/3", "c", "d/1", "ü"])
    for name in names:
        http.post(f"/object/{bucket}/{name}", content=b"x")
    for limit in (1, 2, 3, 10):
        for is_grouped, expected in (
            (False, names),
            (True, ["a", "b/", "c", "d/", "ü"]),
        ):
            found: list[str] = []
            cursor, rounds = "", 0
            while rounds < 10:
                body = {"limit": limit, "cursor": cursor, "with_delimiter": is_grouped}
                page = http.post(f"/object/list-v2/{bucket}", json=body).json()
                found += [one["key"] for one in (*page["folders"], *page["objects"])]
                rounds += 1
                if not page["hasNext"]:
                    break
                cursor = page["nextCursor"]
            assert sorted(found) == expected


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"MAINSTEM_FILES": "https://s3.example"}, "MAINSTEM_FILES_BUCKET"),
        (
            {"MAINSTEM_FILES": "https://s3.example", "MAINSTEM_FILES_BUCKET": "b"},
            "MAINSTEM_FILES_ACCESS_KEY_ID",
        ),
        ({"MAINSTEM_FILES": "files"}, "the whole path"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, said: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        settings.place_of(tmp_path, said)


@pytest.mark.parametrize("said", ["0", "x", "-1", "1.5", "9999999"])
def test_a_size_that_cannot_be(said: str) -> None:
    with pytest.raises(ConfigError, match="number of megabytes"):
        settings.limits_of({"MAINSTEM_FILES_MB_MAX": said})


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.place_of(tmp_path, {}) == Place(folder=tmp_path / "files")
    assert settings.place_of(tmp_path, {"MAINSTEM_FILES": "/srv/x"}).shown == "folder /srv/x"
    monkeypatch.setenv("MAINSTEM_FILES_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("MAINSTEM_FILES_SECRET_ACCESS_KEY", "b")
    said = {"MAINSTEM_FILES": "https://s3.example", "MAINSTEM_FILES_BUCKET": "b"}
    assert settings.place_of(tmp_path, said).shown == "https://s3.example/b"
    assert settings.limits_of({"MAINSTEM_FILES_MB_MAX": "7"}).object_bytes_max == 7 * 1024 * 1024


def missing() -> Path:
    raise AssertionError("the office keeps its files in a folder")
