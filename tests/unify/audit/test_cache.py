from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.unify.audit.cache import Cache

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


@given(st.text(), st.binary())
@settings(max_examples=50)
def test_what_was_put_is_got(
    tmp_path_factory: pytest.TempPathFactory, key: str, content: bytes
) -> None:
    cache = Cache(tmp_path_factory.getbasetemp() / "cache")
    cache.put(key, content)
    assert cache.get(key) == content


def test_a_damaged_entry_is_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("key", b"content")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.get("key") is None


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file")
    cache.put("key", b"content")
    cache.sweep()
    assert cache.get("key") is None


def test_another_version_of_the_readers_reads_anew(tmp_path: Path) -> None:
    Cache(tmp_path, version="1").put("key", b"content")
    assert Cache(tmp_path, version="2").get("key") is None
    assert Cache(tmp_path, version="1").get("key") == b"content"
    assert Cache(tmp_path).version == Cache(tmp_path).version
