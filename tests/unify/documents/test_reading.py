"""Whole files: how they are named, and those that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.documents import read_documents
from mainstem.unify.documents.model import Expectation

if TYPE_CHECKING:
    from pathlib import Path


def test_files_are_named_relative_to_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "docs" / "tables.md"
    file.parent.mkdir()
    file.write_text("\ufeff## Tables\r\n- letter: what is sent\r\n", encoding="utf-8", newline="")
    reading = read_documents(tmp_path, [file], known={"Letter"})
    assert reading.files == ("docs/tables.md",)
    (mention,) = reading.mentions
    assert str(mention.place) == "docs/tables.md:2"
    assert mention.expectation is Expectation.EXISTS


def test_what_cannot_be_read_is_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("## Tables\n- `letter`\n", encoding="utf-8")
    (tmp_path / "latin.md").write_bytes(b"## Tabl\xe9s\n")
    files = [tmp_path / name for name in ("latin.md", "gone.md", "good.md")]
    reading = read_documents(tmp_path, files, known=())
    assert reading.unread == (
        ("latin.md", "is not UTF-8"),
        ("gone.md", "cannot be read: No such file or directory"),
    )
    assert [mention.name for mention in reading.mentions] == ["letter"]


def test_no_files_say_nothing(tmp_path: Path) -> None:
    reading = read_documents(tmp_path, [], known=())
    assert (reading.files, reading.mentions, reading.claims) == ((), (), ())
