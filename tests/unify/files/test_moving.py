"""Files on their way: planned, copied, gone on with, verified, taken back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from tests.stores.server import ACCESS_KEY, REGION, SECRET, serving
from tests.unify.files.conftest import SHOP_1

from mainstem.errors import ConfigError, SourceError, TargetError, UsageError
from mainstem.pg.connect import connect
from mainstem.stores import folder
from mainstem.stores.model import BLOCK_BYTES
from mainstem.unify.files import copying
from mainstem.unify.move.report import report_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unify.files.conftest import Project

LARGE = bytes(range(256)) * (BLOCK_BYTES // 256) + b"end"


@pytest.fixture
def filled(project: Project) -> Project:
    """Files that move, one without bytes, one of another size, one without metadata."""
    project.add("a.png", b"aaaa")
    project.add("b.png", b"bbbb")
    project.add("deep/er/c d.png", LARGE)
    project.add("empty.png", b"")
    project.add("lost.png", None, size=9)
    project.add("short.png", b"half", size=8)
    (project.there / "pictures" / "stray.png").write_bytes(b"?")
    return project


GOOD = {
    "pictures/a.png": b"aaaa",
    "pictures/b.png": b"bbbb",
    "pictures/deep/er/c d.png": LARGE,
    "pictures/empty.png": b"",
}
ODD = {
    "pictures/lost.png": "quarantined: its bytes are not there",
    "pictures/short.png": "quarantined: its metadata says 8 bytes, and 4 are there",
    "pictures/stray.png": "orphan: no metadata names it",
}


def test_a_plan_says_what_there_is(filled: Project) -> None:
    (files,) = filled.plan().files
    assert files.found == (
        "empty: 0 files, 0 bytes",
        f"pictures: 6 files, {8 + len(LARGE) + 9 + 8:,} bytes, 1 without bytes, 1 without metadata",
    )
    assert files.references == ("shops.logo: 2 rows",)
    filled.execute(filled.source, "update shops set logo = 'c.png' where name = 'Two'")
    assert filled.plan().files[0].references == ("shops.logo: 1 rows",)
    filled.execute(filled.source, "update shops set logo = 'a.png' where name = 'Two'")
    assert filled.plan().files[0].references == ("shops.logo: 2 rows",)


def test_files_that_nobody_speaks_of_are_a_question(filled: Project) -> None:
    text = filled.config.read_text()
    filled.config.write_text(text[: text.index("[[files]]")])
    (question,) = filled.plan().questions
    assert "describes 6 files in buckets pictures (6)" in question.text
    filled.config.write_text(
        text[: text.index("[[files]]")] + '[tables.old."storage.objects"]\ndrop = "they stay"\n'
    )
    assert filled.plan().questions == ()


def test_copies_and_accounts_for_every_file(filled: Project) -> None:
    filled.plan()
    outcome = filled.run()
    assert filled.arrived() == GOOD
    assert filled.states() == dict.fromkeys(GOOD, "copied") | ODD
    (account,) = [one for one in outcome.accounts if one.source_table == "old files"]
    assert (account.source_rows, account.loaded, account.quarantined, account.missing) == (
        6,
        4,
        2,
        0,
    )
    sums = dict(filled.rows("select key, sha256 from unify.file where sha256 is not null"))
    assert sums == {key: hashlib.sha256(content).hexdigest() for key, content in GOOD.items()}
    waiting = filled.rows("select key, original ->> 'size' from unify.quarantine order by 1")
    assert waiting == [("pictures/lost.png", "9"), ("pictures/short.png", "8")]
    with connect(filled.url) as connection:
        notes = report_of(connection, outcome).notes
    assert any(
        "4 copied" in note and "2 wait in quarantine" in note and "pictures/stray.png" in note
        for note in notes
    )


def test_a_second_run_has_nothing_to_do(filled: Project) -> None:
    filled.plan()
    filled.run()
    before = {path: path.stat().st_mtime_ns for path in filled.here.rglob("*")}
    assert filled.run().was_finished
    assert {path: path.stat().st_mtime_ns for path in filled.here.rglob("*")} == before


class Cut(Exception):  # noqa: N818 - it stands for a kill
    pass


@pytest.mark.parametrize("at", [1, 3])
def test_goes_on_after_a_kill(filled: Project, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """What was begun is the run's own, and is taken back with it."""
    filled.plan()
    written = folder.Folder.write
    calls: list[str] = []

    def cut(
        self: folder.Folder, key: str, blocks: Iterable[bytes], *, size_bytes: int, kind: str
    ) -> None:
        calls.append(key)
        if len(calls) <= at:
            written(self, key, blocks, size_bytes=size_bytes, kind=kind)
        if len(calls) >= at:
            raise Cut

    monkeypatch.setattr(copying, "CONNECTIONS", 1)
    monkeypatch.setattr(folder.Folder, "write", cut)
    with pytest.raises(Cut):
        filled.run()
    assert len(filled.arrived()) == at
    monkeypatch.setattr(folder.Folder, "write", written)
    found = [str(finding) for finding in filled.verify().findings if "not copied" in finding.text]
    assert len(found) == 1
    outcome = filled.run()
    assert filled.states() == dict.fromkeys(GOOD, "copied") | ODD
    assert filled.arrived() == GOOD
    filled.undo(outcome.run.id)
    assert filled.arrived() == {}


def test_bytes_that_change_between_list_and_copy_wait(
    filled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.plan()
    sized = folder.Folder.size

    def meanwhile(self: folder.Folder, key: str) -> int | None:
        if (filled.there / "pictures" / "b.png").exists():
            (filled.there / "pictures" / "a.png").write_bytes(b"grown")
            (filled.there / "pictures" / "b.png").unlink()
        return sized(self, key)

    monkeypatch.setattr(copying, "CONNECTIONS", 1)
    monkeypatch.setattr(folder.Folder, "size", meanwhile)
    filled.run()
    states = filled.states()
    assert states["pictures/a.png"] == "quarantined: 4 bytes were listed, 5 read and 5 arrived"
    assert states["pictures/b.png"] == "quarantined: its bytes are not there any more"
    assert filled.arrived().keys() == {"pictures/deep/er/c d.png", "pictures/empty.png"}


def test_what_is_there_already_stays(filled: Project) -> None:
    """The same bytes count as there, others are never overwritten; neither is taken back."""
    (filled.here / "pictures").mkdir(parents=True)
    (filled.here / "pictures" / "a.png").write_bytes(b"aaaa")
    (filled.here / "pictures" / "b.png").write_bytes(b"BBBB")
    filled.plan()
    outcome = filled.run()
    states = filled.states()
    assert states["pictures/a.png"] == "there"
    assert states["pictures/b.png"] == "quarantined: another file is there already"
    assert filled.verify().is_equal
    filled.undo(outcome.run.id)
    assert filled.arrived() == {"pictures/a.png": b"aaaa", "pictures/b.png": b"BBBB"}


def test_verify_names_the_file_with_a_flipped_bit(filled: Project) -> None:
    filled.plan()
    filled.run()
    found = filled.verify()
    assert found.is_equal
    assert found.checked["files"] == 4
    path = filled.here / "pictures" / "deep" / "er" / "c d.png"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    (filled.here / "pictures" / "b.png").unlink()
    (filled.there / "pictures" / "a.png").write_bytes(b"AAAA")
    texts = [str(finding) for finding in filled.verify().findings]
    changed = f"changed at folder {filled.there} since it was copied"
    gone = f"it is gone from folder {filled.here}, or cannot be read"
    flipped = f"its bytes at folder {filled.here} are not those that were copied"
    assert texts == [
        f"file: old files: pictures/a.png: pictures/a.png {changed}",
        f"file: old files: pictures/b.png: {gone}",
        f"file: old files: pictures/deep/er/c d.png: {flipped}",
    ]


def test_undo_leaves_what_was_changed_since(filled: Project) -> None:
    filled.plan()
    run = filled.run().run
    (filled.here / "pictures" / "a.png").write_bytes(b"edit")
    filled.undo(run.id)
    assert filled.arrived() == {"pictures/a.png": b"edit"}
    assert filled.rows("select count(*) from shop") == [(0,)]
    with pytest.raises(UsageError, match="nothing to undo"):
        filled.undo(run.id)


def test_undo_goes_on_where_the_store_failed(
    filled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.plan()
    run = filled.run().run
    removed = folder.Folder.remove

    def refuse(self: folder.Folder, key: str) -> None:
        if key.endswith("b.png"):
            raise TargetError("no right to remove")
        removed(self, key)

    monkeypatch.setattr(folder.Folder, "remove", refuse)
    with pytest.raises(TargetError, match="no right"):
        filled.undo(run.id)
    monkeypatch.setattr(folder.Folder, "remove", removed)
    filled.undo(run.id)
    assert filled.arrived() == {}


def test_names_begin_as_the_target_has_them(project: Project) -> None:
    """Folders are named by rows' new ids, beginnings change, buckets may stay behind."""
    project.execute(project.source, "insert into storage.buckets values ('drafts', false)")
    project.execute(
        project.source, "insert into storage.objects (bucket_id, name) values ('drafts', 'x')"
    )
    project.add(f"{SHOP_1}/a.png", b"a")
    project.add("nobody/b.png", b"b")
    text = project.config.read_text()
    project.config.write_text(
        text + 'owner = "shops"\nprefixes = { "pictures/" = "shops/", "pictures/none" = "" }\n'
        'leave = { drafts = "drafts stay" }\n'
    )
    project.plan()
    project.run()
    assert project.arrived() == {f"shops/{SHOP_1}/a.png": b"a"}
    assert project.states() == {
        "drafts/x": "left: drafts stay",
        "pictures/nobody/b.png": "quarantined: its folder nobody is no loaded row of shops",
        f"pictures/{SHOP_1}/a.png": "copied",
    }


def test_two_files_for_one_place(project: Project) -> None:
    project.add("a/x.png", b"1")
    project.add("b/x.png", b"2")
    text = 'prefixes = { "pictures/a/" = "p/", "pictures/b/" = "p/" }\n'
    project.config.write_text(project.config.read_text() + text)
    project.plan()
    project.run()
    assert project.arrived() == {"p/x.png": b"1"}
    reason = "quarantined: another file goes to the same place: pictures/a/x.png"
    assert project.states()["pictures/b/x.png"] == reason


def test_a_name_that_leads_out_of_the_folder_waits(project: Project) -> None:
    project.add("a.png", b"a")
    text = 'prefixes = { "pictures/" = "../" }\n'
    project.config.write_text(project.config.read_text() + text)
    project.plan()
    project.run()
    assert project.states() == {"pictures/a.png": "quarantined: its name is no path of a file"}
    assert not (project.folder / "a.png").exists()


def test_between_two_endpoints(filled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """From buckets of their own into one, in parts; keys stay in the environment."""
    for name in ("FROM", "TO"):
        monkeypatch.setenv(f"{name}_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv(f"{name}_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr("mainstem.stores.s3.PART_BYTES", 300_000)
    with serving() as old, serving() as new:
        pictures = filled.there / "pictures"
        old.files["pictures"] = {
            path.relative_to(pictures).as_posix(): path.read_bytes()
            for path in pictures.rglob("*")
            if path.is_file()
        }
        new.files["all"] = {}
        end = f'region = "{REGION}", keys ='
        text = filled.config.read_text()
        text = text.replace('{ folder = "there" }', f'{{ s3 = "{old.address}", {end} "FROM" }}')
        text = text.replace(
            '{ folder = "here" }', f'{{ s3 = "{new.address}", bucket = "all", {end} "TO" }}'
        )
        filled.config.write_text(text)
        filled.plan()
        run = filled.run().run
        assert new.files["all"] == GOOD
        assert filled.states() == dict.fromkeys(GOOD, "copied") | ODD
        assert filled.verify().is_equal
        new.files["all"]["pictures/a.png"] = b"aaab"
        (finding,) = filled.verify().findings
        assert "pictures/a.png" in finding.table
        new.files["all"]["pictures/a.png"] = b"aaaa"
        filled.undo(run.id)
        assert new.files["all"] == {}
        kept = [str(row) for row in filled.rows("select detail from unify.step")]
        plans = [path.read_text() for path in filled.folder.rglob("*.toml")]
        assert SECRET not in "\n".join([*kept, *plans])


def test_says_which_folder_is_missing(project: Project) -> None:
    project.config.write_text(project.config.read_text().replace('"there"', '"elsewhere"'))
    with pytest.raises(SourceError, match=r"there is no folder .*elsewhere"):
        project.plan()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "old"', 'source = "odl"', r"names source 'odl'.*old"),
        ('from = { folder = "there" }', "", "from` is missing"),
        ('{ folder = "here" }', '{ folder = "here", s3 = "https://x" }', "either folder or s3"),
        ('{ folder = "here" }', '{ folder = "there" }', "to itself"),
        ('{ folder = "here" }', '{ folder = "here" }\nprefixes = { a = 1 }', "must be a text"),
        ('{ folder = "here" }', '{ folder = "here" }\nowners = "x"', r"owners.* is not a key"),
    ],
)
def test_refuses_a_config_that_does_not_fit(
    project: Project, old: str, new: str, said: str
) -> None:
    project.config.write_text(project.config.read_text().replace(old, new, 1))
    with pytest.raises(ConfigError, match=said):
        project.plan()


def test_an_owner_that_is_not_moved_is_told(filled: Project) -> None:
    filled.config.write_text(filled.config.read_text() + 'owner = "shop"\n')
    filled.plan()
    with pytest.raises(ConfigError, match=r"owner names table shop, .*old\.shops"):
        filled.run()
