"""Folders and S3-compatible endpoints do the same, and say what went wrong."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stores.server import ACCESS_KEY, REGION, SECRET, Bucketed, serving

from mainstem.errors import ConfigError, SourceError, TargetError
from mainstem.stores.folder import Folder, is_path
from mainstem.stores.model import BLOCK_BYTES, Place
from mainstem.stores.s3 import S3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.stores.model import Store

ODD = "a b/ü+(1)~=%20\x01.png"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucketed]:
    monkeypatch.setenv("TESTS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("TESTS_SECRET_ACCESS_KEY", SECRET)
    with serving() as held:
        held.files = {"pictures": {}, "papers": {}}
        yield held


class Client(Protocol):
    """Opens the server as a store."""

    def __call__(
        self, *, bucket: str | None = None, timeout_s: float = 5, part_bytes: int = 1000
    ) -> S3: ...


@pytest.fixture
def client(server: Bucketed) -> Iterator[Client]:
    """What it opens is closed at the end."""
    with ExitStack() as stack:

        def make(*, bucket: str | None = None, timeout_s: float = 5, part_bytes: int = 1000) -> S3:
            made = S3(
                Place(s3=server.address, region=REGION, bucket=bucket, keys="TESTS"),
                error=SourceError,
                timeout_s=timeout_s,
                part_bytes=part_bytes,
                pause=lambda _: None,
            )
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture(params=["folder", "endpoint", "one bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, client: Client) -> Store:
    """An empty store of each kind."""
    kind: str = request.param
    if kind == "folder":
        return Folder(tmp_path / "store", error=TargetError)
    return client(bucket="papers" if kind == "one bucket" else None)


def read(store: Store, key: str, start: int = 0) -> bytes:
    with store.read(key, start=start) as blocks:
        return b"".join(blocks)


def test_gives_back_what_it_was_given(store: Store) -> None:
    contents = {
        f"pictures/{name}": bytes([number]) * size
        for number, (name, size) in enumerate(
            {"empty": 0, "one": 1, "part": 1000, "parts": 2500, ODD: 7, "deep/er/x": 3000}.items()
        )
    }
    for key, content in contents.items():
        blocks = (content[start : start + 300] for start in range(0, len(content), 300))
        store.write(key, blocks, size_bytes=len(content), kind="image/png")
    assert {key: read(store, key) for key in contents} == contents
    listed = {one.key: one.size_bytes for one in store.files("pictures")}
    assert listed == {key: len(content) for key, content in contents.items()}
    assert "pictures" in store.buckets()
    assert [store.size(key) for key in contents] == [0, 1, 1000, 2500, 7, 3000]
    store.remove("pictures/one")
    store.remove("pictures/one")
    assert store.size("pictures/one") is None
    assert len(list(store.files("pictures"))) == len(contents) - 1


def test_a_stamp_tells_a_file_that_was_written_again(store: Store) -> None:
    def stamps() -> dict[str, str]:
        return {one.key: one.stamp for one in store.files("pictures")}

    for name in "ab":
        store.write(f"pictures/{name}", [b"one"], size_bytes=3, kind="image/png")
    before = stamps()
    assert all(before.values())
    assert stamps() == before
    store.write("pictures/a", [b"two"], size_bytes=3, kind="image/png")
    after = stamps()
    assert after["pictures/a"] != before["pictures/a"]
    assert after["pictures/b"] == before["pictures/b"]


@pytest.mark.parametrize("start", [0, 1, 299, 999])
def test_a_read_begins_where_it_is_asked_to(store: Store, start: int) -> None:
    content = bytes(range(250)) * 4
    store.write("pictures/x", [content], size_bytes=len(content), kind="image/png")
    assert read(store, "pictures/x", start) == content[start:]


def test_a_read_that_began_late_goes_on_where_it_broke_off(
    server: Bucketed, client: Client
) -> None:
    content = bytes(range(256)) * 40
    server.files["pictures"]["x"] = content
    server.fails.extend(["half", "half"])
    assert read(client(), "pictures/x", 1000) == content[1000:]
    assert len(server.asked) == 3


def test_a_whole_file_is_not_taken_for_its_end(server: Bucketed, client: Client) -> None:
    server.files["pictures"]["x"] = b"abc"
    server.fails.append("whole")
    with pytest.raises(SourceError, match="a whole file where a part was asked for"):
        read(client(), "pictures/x", 1)


def test_a_missing_file_is_told(store: Store) -> None:
    with pytest.raises((SourceError, TargetError), match=r"cannot read .*pictures/none"):
        read(store, "pictures/none")


class Cut(Exception):  # noqa: N818 - it stands for a kill
    pass


def test_a_write_that_breaks_off_leaves_nothing(store: Store, server: Bucketed) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"x" * 2500
        raise Cut

    with pytest.raises(Cut):
        store.write("pictures/x", breaking(), size_bytes=5000, kind="")
    assert store.size("pictures/x") is None
    assert server.uploads == {}


def test_what_broke_a_write_is_told_though_its_parts_stay(server: Bucketed, client: Client) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"x" * 2500
        server.fails.append(403)  # the store refuses to take the parts away
        raise Cut

    with pytest.raises(Cut):
        client().write("pictures/x", breaking(), size_bytes=5000, kind="")
    assert not server.fails
    assert len(server.uploads) == 1
    assert "x" not in server.files["pictures"]


def test_a_large_file_never_is_in_memory_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "large").write_bytes(bytes(3 * BLOCK_BYTES + 1))
    with Folder(tmp_path, error=SourceError).read("b/large") as blocks:
        assert [len(block) for block in blocks] == [BLOCK_BYTES] * 3 + [1]


def test_goes_on_where_a_download_broke_off(server: Bucketed, client: Client) -> None:
    content = bytes(range(256)) * 40
    server.files["pictures"]["x"] = content
    server.fails.extend(["half", "half", "half"])
    assert read(client(), "pictures/x") == content
    assert len(server.asked) == 4


def test_notices_a_file_that_changed_while_it_was_read(server: Bucketed, client: Client) -> None:
    server.files["pictures"]["x"] = b"a" * 100
    server.fails.append("half")
    with client().read("pictures/x") as blocks:
        assert next(blocks) == b"a" * 50
        server.files["pictures"]["x"] = b"b" * 100
        with pytest.raises(SourceError, match="412 PreconditionFailed"):
            next(blocks)


@pytest.mark.parametrize("how", [500, 503, 429, "drop"])
def test_tries_again_what_may_pass(server: Bucketed, client: Client, how: int | str) -> None:
    server.fails.extend([how] * 4)
    client().write("pictures/x", [b"abc"], size_bytes=3, kind="text/plain")
    assert server.files["pictures"]["x"] == b"abc"
    assert server.kinds["x"] == "text/plain"


def test_gives_up_at_last(server: Bucketed, client: Client) -> None:
    server.fails.extend([503] * 5)
    with pytest.raises(SourceError, match=r"failed 5 times \(503 SlowDown\); run again later"):
        list(client().files("pictures"))
    assert len(server.asked) == 5


def test_refused_keys_are_named_and_not_shown(
    server: Bucketed, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTS_SECRET_ACCESS_KEY", "another secret")
    with pytest.raises(SourceError) as error:
        list(client().files("pictures"))
    assert "403 SignatureDoesNotMatch" in str(error.value)
    assert "TESTS_SECRET_ACCESS_KEY" in str(error.value)
    assert "another secret" not in f"{error.value} {error.value.__cause__!r}"
    assert len(server.asked) == 1


def test_a_missing_bucket_is_told(client: Client) -> None:
    with pytest.raises(SourceError, match=r"list bucket nowhere .*no such bucket; make it"):
        list(client().files("nowhere"))


def test_a_silent_store_is_told(server: Bucketed, client: Client) -> None:
    server.gate = threading.Event()
    with pytest.raises(SourceError, match=r"no answer within 0\.05 s, 5 times"):
        client(timeout_s=0.05).size("pictures/x")


@pytest.mark.usefixtures("server")
def test_nothing_listens() -> None:
    place = Place(s3="http://127.0.0.1:1", keys="TESTS")
    lost = S3(place, error=TargetError, pause=lambda _: None)
    with pytest.raises(TargetError, match="check the address"):
        lost.size("a/b")


@pytest.mark.usefixtures("server")
def test_what_is_no_store_is_told() -> None:
    with pytest.raises(ConfigError, match="holds no keys"):
        S3(Place(s3="https://key:secret@host", keys="TESTS"), error=SourceError)
    with pytest.raises(ConfigError, match="no address of a store"):
        S3(Place(s3="host", keys="TESTS"), error=SourceError)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no folder"):
        Folder(tmp_path / "none", error=SourceError)


@pytest.mark.parametrize("key", ["b/../../x", "/x", "b//x", "b/./x", "b/\0", f"b/{'x' * 256}"])
def test_nothing_outside_of_a_folder_is_touched(tmp_path: Path, key: str) -> None:
    store = Folder(tmp_path / "in", error=TargetError)
    with pytest.raises(TargetError, match="no name of a file"):
        store.write(key, [b"x"], size_bytes=1, kind="")
    assert list(tmp_path.iterdir()) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (tmp_path / "in" / "b" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "in" / "out").symlink_to(tmp_path)
    store = Folder(tmp_path / "in", error=SourceError)
    assert list(store.files("b")) == []
    assert store.buckets() == ["b"]
    with pytest.raises(SourceError, match="no name of a file"):
        store.size("out/secret")


def test_a_name_that_is_no_utf8_is_shown_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    Path(os.fsdecode(bytes(tmp_path / "b") + b"/\xff.png")).write_bytes(b"x")
    store = Folder(tmp_path, error=SourceError)
    assert [one.key for one in store.files("b")] == [r"b/\xff.png"]


def test_what_the_system_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a file where a folder should be")
    with pytest.raises(TargetError, match=r"cannot write .*/b/x: .*; mend that and run again"):
        Folder(tmp_path, error=TargetError).write("b/x", [b"x"], size_bytes=1, kind="")


def test_a_folder_that_is_taken_away_before_its_file_is_there_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever removes the last file of a folder removes the folder."""
    store, made = Folder(tmp_path, error=TargetError), Path.mkdir
    taken: list[Path] = []

    def mkdir(
        path: Path, mode: int = 0o777, *, parents: bool = False, exist_ok: bool = False
    ) -> None:
        made(path, mode, parents=parents, exist_ok=exist_ok)
        if path.name == "b" and len(taken) < 2:
            taken.append(path)
            path.rmdir()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    store.write("b/x", [b"x"], size_bytes=1, kind="")
    assert (store.size("b/x"), len(taken)) == (1, 2)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/"), max_size=6)))
def test_paths_stay_inside(parts: list[str]) -> None:
    key = "/".join(parts)
    is_odd = any(part in {"", ".", ".."} or "\0" in part for part in key.split("/"))
    assert is_path(key) is not is_odd
