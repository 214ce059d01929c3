"""Files of a source that stays in use: a pass brings what is new, changed or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.stores.server import ACCESS_KEY, REGION, SECRET, serving
from tests.unify.files.conftest import SHOP_1

from mainstem.cli import main
from mainstem.errors import SourceError
from mainstem.stores import folder
from mainstem.unify.files import copying
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unify.files.conftest import Project

    from mainstem.unify.progress import Step

SHOP_2 = "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def filled(project: Project) -> Project:
    """Two shops with a folder of files each, carried over by a run."""
    project.config.write_text(project.config.read_text() + 'owner = "shops"\n')
    for shop in (SHOP_1, SHOP_2):
        for name in "abc":
            project.add(f"{shop}/{name}.png", f"{name} of {shop}".encode())
    project.plan()
    project.run()
    return project


def change(project: Project, name: str, content: bytes) -> None:
    """Write an object again, as an application does: bytes and metadata."""
    (project.there / "pictures" / name).write_bytes(content)
    project.execute(
        project.source,
        f"update storage.objects set metadata = metadata || '{{\"size\": {len(content)}}}'"
        f" where name = '{name}'",
    )


def remove(project: Project, name: str) -> None:
    (project.there / "pictures" / name).unlink()
    project.execute(project.source, f"delete from storage.objects where name = '{name}'")


def expected(project: Project) -> dict[str, bytes]:
    """What a run made now would bring: here every file keeps its name."""
    return {
        path.relative_to(project.there).as_posix(): path.read_bytes()
        for path in project.there.rglob("*.png")
    }


def test_what_is_new_changed_or_gone_is_carried_over(filled: Project) -> None:
    nothing = filled.catch_up()
    assert str(nothing.passes[0].files) == "0 files copied, 0 replaced, 0 removed"
    sums = "select key, sha256 from unify.file where run_id = 1 and key ~ %r order by 1"
    before = filled.rows(sums % SHOP_2)
    assert len(before) == 3
    filled.add(f"{SHOP_1}/new.png", b"new")
    change(filled, f"{SHOP_1}/a.png", b"longer than it was, by far")
    change(filled, f"{SHOP_1}/b.png", f"B of {SHOP_1}".encode())
    remove(filled, f"{SHOP_1}/c.png")
    done = filled.catch_up()
    assert "1 file copied, 2 replaced, 1 removed" in str(done.passes[0])
    assert done.left == ()
    assert done.differences == ()
    assert filled.arrived() == expected(filled)
    assert filled.states() == dict.fromkeys(expected(filled), "copied")
    assert filled.rows(sums % SHOP_2) == before
    found = filled.verify()
    assert found.is_equal, [str(one) for one in found.findings]
    filled.undo(1)
    assert filled.arrived() == {}
    assert filled.rows("select count(*) from unify.file where run_id <> 1") == [(0,)]


def test_files_follow_the_rows_that_they_belong_to(filled: Project) -> None:
    """A shop that goes takes its files along, another's stay; one that comes brings its own."""
    third = SHOP_1[:-1] + "3"
    filled.execute(
        filled.source,
        f"delete from shops where id = '{SHOP_2}'; insert into shops values ('{third}', 'Three')",
    )
    filled.add(f"{third}/a.png", b"a")
    done = filled.catch_up()
    assert str(done.passes[0].files) == "1 file copied, 0 replaced, 3 removed"
    assert {key.split("/")[1] for key in filled.arrived()} == {SHOP_1, third}
    reason = f"quarantined: its folder {SHOP_2} is no loaded row of shops"
    assert filled.states()[f"pictures/{SHOP_2}/a.png"] == reason
    assert [account.quarantined for account in done.files] == [3]
    assert filled.rows("select count(*) from unify.quarantine where run_id = 1") == [(3,)]
    filled.execute(filled.source, f"insert into shops values ('{SHOP_2}', 'Two')")
    filled.catch_up()
    assert filled.arrived() == expected(filled)
    assert filled.rows("select count(*) from unify.quarantine where run_id = 1") == [(0,)]


def test_what_people_changed_in_the_target_is_left_and_named(filled: Project) -> None:
    for name in "abc":
        (filled.here / "pictures" / SHOP_1 / f"{name}.png").write_bytes(b"by hand")
    change(filled, f"{SHOP_1}/a.png", b"changed")
    remove(filled, f"{SHOP_1}/b.png")
    for _ in range(2):
        done = filled.catch_up()
        assert done.differences == ()
        gone = "the source has it no more, or in a form that cannot go in"
        since = f"was changed at folder {filled.here} since it was copied"
        assert [str(left) for left in done.left] == [
            f"old files: pictures/{SHOP_1}/b.png {since}; {gone}",
            f"old files: pictures/{SHOP_1}/a.png {since}; it is another one at the source",
        ]
    assert [filled.arrived()[f"pictures/{SHOP_1}/{name}.png"] for name in "abc"] == [b"by hand"] * 3
    assert filled.catch_up(is_forced=True).left == ()
    arrived = filled.arrived()
    assert arrived.pop(f"pictures/{SHOP_1}/c.png") == b"by hand"
    assert arrived | {f"pictures/{SHOP_1}/c.png": b"c of " + SHOP_1.encode()} == expected(filled)


def test_the_last_copy_of_a_file_is_not_taken_away(filled: Project) -> None:
    """Metadata names two files whose bytes are gone, or torn: perhaps the folder is not mounted."""
    lost, torn = f"pictures/{SHOP_1}/a.png", f"pictures/{SHOP_2}/a.png"
    before = filled.arrived()
    (filled.there / lost).unlink()
    (filled.there / torn).write_bytes(b"to")
    for is_forced in (False, True):
        done = filled.catch_up(is_forced=is_forced)
        stays = "stays as it was copied: at the source"
        size = len(before[torn])
        assert [str(left) for left in done.left] == [
            f"old files: {lost} {stays} its bytes are not there",
            f"old files: {torn} {stays} its metadata says {size} bytes, and 2 are there",
        ]
        assert filled.arrived() == before
    texts = [str(finding) for finding in filled.verify().findings]
    assert [f"{lost} is gone from" in texts[0], f"{torn} changed at" in texts[1]] == [True, True]
    change(filled, torn.partition("/")[2], b"whole again")
    remove_metadata = f"delete from storage.objects where name = '{lost.partition('/')[2]}'"
    filled.execute(filled.source, remove_metadata)
    assert filled.catch_up().left == ()
    assert filled.arrived() == expected(filled)
    filled.undo(1)
    assert filled.arrived() == {}


def test_a_file_that_was_written_again_and_is_the_same_is_not_copied(filled: Project) -> None:
    content = f"a of {SHOP_1}".encode()
    before = (filled.here / "pictures" / SHOP_1 / "a.png").stat().st_mtime_ns
    change(filled, f"{SHOP_1}/a.png", content)
    assert str(filled.catch_up().passes[0].files) == "0 files copied, 0 replaced, 0 removed"
    assert (filled.here / "pictures" / SHOP_1 / "a.png").stat().st_mtime_ns == before


def test_what_changed_after_the_last_pass_is_told(filled: Project) -> None:
    class Changing(Silence):
        """Somebody works with the files while a pass is under way."""

        def step(self, name: str, rows: int | None) -> Step:
            if name == "compare old files":
                filled.add(f"{SHOP_2}/late.png", b"late")
                change(filled, f"{SHOP_1}/a.png", b"late")
                remove(filled, f"{SHOP_1}/b.png")
            return super().step(name, rows)

    done = filled.catch_up(Changing())
    assert [str(one) for one in done.differences] == ["old files: 1 new, 1 changed, 1 gone"]
    filled.catch_up()
    assert filled.arrived() == expected(filled)


def test_the_command_says_what_became_of_files(
    filled: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", filled.url)
    command = ["mainstem", "unify", "run", str(filled.config), "--catch-up", "--until", "60"]
    monkeypatch.setattr("sys.argv", command)

    def code() -> int:
        with pytest.raises(SystemExit) as caught:
            main()
        return int(caught.value.code or 0)

    filled.add(f"{SHOP_2}/new.png", b"new")
    assert code() == 0
    assert "0 deleted, 1 file copied, 0 replaced, 0 removed, " in capsys.readouterr().out
    filled.add(f"{SHOP_2}/lost.png", None, size=9)
    (filled.here / "pictures" / SHOP_1 / "a.png").write_bytes(b"by hand")
    remove(filled, f"{SHOP_1}/a.png")
    assert code() == 3
    said = capsys.readouterr().out
    assert f"left as it is: old files: pictures/{SHOP_1}/a.png was changed at folder" in said
    assert "1 file in quarantine" in said


class Cut(Exception):  # noqa: N818 - it stands for a kill
    pass


@pytest.mark.parametrize("at", [1, 2])
def test_a_pass_that_is_killed_is_made_again(
    filled: Project, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """At any file, after it was written and before that is noted; an undo finds it, too."""
    written = folder.Folder.write
    calls: list[str] = []

    def cut(
        self: folder.Folder, key: str, blocks: Iterable[bytes], *, size_bytes: int, kind: str
    ) -> None:
        written(self, key, blocks, size_bytes=size_bytes, kind=kind)
        calls.append(key)
        if len(calls) == at:
            raise Cut

    change(filled, f"{SHOP_1}/a.png", b"other")
    filled.add(f"{SHOP_2}/new.png", b"new")
    remove(filled, f"{SHOP_2}/c.png")
    monkeypatch.setattr(copying, "CONNECTIONS", 1)
    monkeypatch.setattr(folder.Folder, "write", cut)
    with pytest.raises(Cut):
        filled.catch_up()
    assert not filled.verify().is_equal
    if at == 1:
        filled.undo(1)
        assert filled.arrived() == {}
        return
    filled.catch_up()
    assert filled.arrived() == expected(filled)
    assert filled.verify().is_equal


def test_a_store_that_cannot_be_read_loses_no_rows_of_the_pass(filled: Project) -> None:
    filled.execute(filled.source, "update shops set name = 'Renamed'")
    filled.add(f"{SHOP_2}/new.png", b"new")
    filled.there.rename(filled.folder / "elsewhere")
    with pytest.raises(SourceError, match=r"there is no folder .*there"):
        filled.catch_up()
    assert filled.rows("select distinct name from shop") == [("Renamed",)]
    (filled.folder / "elsewhere").rename(filled.there)
    filled.catch_up(is_last=True)
    assert filled.arrived() == expected(filled)
    assert filled.rows("select count(*) from unify.file where run_id <> 1") == [(0,)]


def test_between_two_endpoints(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FROM", "TO"):
        monkeypatch.setenv(f"{name}_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv(f"{name}_SECRET_ACCESS_KEY", SECRET)
    with serving() as old, serving() as new:
        end = f'region = "{REGION}", keys ='
        text = project.config.read_text()
        text = text.replace('{ folder = "there" }', f'{{ s3 = "{old.address}", {end} "FROM" }}')
        text = text.replace(
            '{ folder = "here" }', f'{{ s3 = "{new.address}", bucket = "all", {end} "TO" }}'
        )
        project.config.write_text(text)
        old.files["pictures"], new.files["all"] = {}, {}
        for name in "abc":
            project.add(f"{name}.png", None, size=1)
            old.files["pictures"][f"{name}.png"] = name.encode()
        project.plan()
        project.run()
        old.files["pictures"]["a.png"] = b"A"
        del old.files["pictures"]["c.png"]
        project.execute(project.source, "delete from storage.objects where name = 'c.png'")
        done = project.catch_up()
        assert str(done.passes[0].files) == "0 files copied, 1 replaced, 1 removed"
        assert new.files["all"] == {"pictures/a.png": b"A", "pictures/b.png": b"b"}
        assert project.verify().is_equal
        project.undo(1)
        assert new.files["all"] == {}
