"""Which files of a folder are migrations, and in which order they run.

Conventions: timestamps or numbers before the name, `V1__name.sql`, a journal in `meta/`, a folder
for each migration, pairs of `.up.sql` and `.down.sql`, files with an up and a down section. What is
ambiguous gets a second order, which is tried as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainstem.kit.path_text import path_text
from mainstem.unify.replay.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_FLYWAY: Final = re.compile(r"(?P<kind>[VUR])(?P<version>\d[\d._]*)?__.*\.sql", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?P<number>\d+)(?P<rest>.*)")
_DOWN: Final = re.compile(
    r"(?:^|[._-])(?:down|rollback|undo|revert)\.sql$|^(?:down|rollback|undo)[._-]", re.IGNORECASE
)
#: where tools note the order, and the engine that the migrations are for
_JOURNAL: Final = "meta/_journal.json"
_LOCK_FILE: Final = "migration_lock.toml"
_ENGINE: Final = re.compile(r"""["']?(?:dialect|provider)["']?\s*[:=]\s*["'](\w+)["']""")
_SECTION: Final = re.compile(
    r"^[ \t]*--[ \t]*(?:migrate:|\+goose[ \t]+|\+migrate[ \t]+)(up|down)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_LEFT_OUT: Final = frozenset({"node_modules", "meta", "test", "tests", "down", "rollback"})


@dataclass(frozen=True)
class SourceFile:
    """A migration as it was read; of `script` only the part that runs is left, line for line."""

    path: str
    sha256: str
    script: str


@dataclass(frozen=True)
class Order:
    """Files in one order, and what it goes by."""

    files: tuple[SourceFile, ...]
    name: str


@dataclass(frozen=True)
class Ordering:
    """The order of the files, another one worth trying, what was ambiguous, what was left out."""

    order: Order
    other: Order | None
    notes: tuple[str, ...]
    skipped: tuple[tuple[str, int | None, str], ...]
    #: files that come first and are no migrations
    base: tuple[str, ...] = ()

    def on(self, base: Order) -> Ordering:
        """The same after the files of another order."""
        first = replace(self.order, files=base.files + self.order.files)
        second = self.other and replace(self.other, files=base.files + self.other.files)
        return replace(self, order=first, other=second, base=tuple(f.path for f in base.files))


def fingerprint(ordering: Ordering) -> str:
    """A hash of all that the replay of a folder depends on, the code of this package apart."""
    hashed = hashlib.sha256(repr((ordering.notes, ordering.skipped)).encode())
    for order in filter(None, (ordering.order, ordering.other)):
        hashed.update(f"{order.name}\n".encode())
        for file in order.files:
            hashed.update(f"{file.path}\0{file.sha256}\n".encode())
    return hashed.hexdigest()


def read_files(folder: Path, *, root: Path, limits: Limits = DEFAULT_LIMITS) -> Ordering:
    """Find the migrations of a folder, read them and put them in order.

    Args:
        folder: where they are; a single file is a folder of one.
        root: what paths in the result are relative to.
        limits: larger files, and files beyond the count, are left out and said to be.
    """
    return _Reader(folder, root, limits).read()


class _Reader:
    def __init__(self, folder: Path, root: Path, limits: Limits) -> None:
        self._folder = folder
        self._root = root
        self._limits = limits
        self._skipped: list[tuple[str, int | None, str]] = []

    def read(self) -> Ordering:
        paths = self._named(self._paths())
        name, first, other, notes = self._orders(paths)
        read = {path: file for path in first if (file := self._file(path)) is not None}
        order = Order(tuple(read[path] for path in first if path in read), name)
        second = None
        if other is not None:
            second = Order(tuple(read[path] for path in other[1] if path in read), other[0])
        has_other = second is not None and second.files != order.files
        return Ordering(
            order, second if has_other else None, notes, tuple(sorted(self._skipped, key=str))
        )

    def _paths(self) -> list[Path]:
        """The .sql files of the folder; no link is followed, so there is no loop."""
        if self._folder.is_file():
            return [self._folder]
        found = []
        for directory, names, files in os.walk(self._folder):
            names[:] = sorted(n for n in names if n.lower() not in _LEFT_OUT and n[0] != ".")
            found += [Path(directory) / name for name in sorted(files)]
        sql = [path for path in found if path.suffix.lower() == ".sql"]
        for path in sql[self._limits.files :]:
            self._skip(path, f"there are more than {self._limits.files:,} files")
        return sql[: self._limits.files]

    def _named(self, paths: Sequence[Path]) -> list[Path]:
        """Leave out what its name says is not to be run."""
        kept = []
        for path in paths:
            flyway = _FLYWAY.fullmatch(path.name)
            if path.is_symlink():
                self._skip(path, "it is a link")
            elif _DOWN.search(path.name) or (flyway and flyway["kind"] in "uU"):
                self._skip(path, "it undoes a migration, so it is not replayed")
            else:
                kept.append(path)
        return kept

    def _orders(
        self, paths: list[Path]
    ) -> tuple[str, list[Path], tuple[str, list[Path]] | None, tuple[str, ...]]:
        """The name and the files of the first order, another if there is one, and why."""
        if (engine := self._other_engine()) is not None:
            self._only(paths, lambda _: False, f"it is written for {engine}, not for PostgreSQL")
            return "none", [], None, ()
        by_stem = {path.stem: path for path in paths}
        is_platform = self._folder.parts[-2:] == ("supabase", "migrations")
        journal = [stem for stem in self._journal() if stem in by_stem]
        # The platform's tool reads no journal; one that names the fewer files is no longer kept.
        if journal and not is_platform and 2 * len(journal) >= len(paths):
            self._only(
                paths, lambda path: path.stem in journal, "the journal in meta/ does not name it"
            )
            return "journal", [by_stem[stem] for stem in journal], None, ()
        if paths and all(_FLYWAY.fullmatch(path.name) for path in paths):
            return "version", sorted(paths, key=_flyway_key), None, ()
        if any(path.name == "migration.sql" and path.parent != self._folder for path in paths):
            kept = self._only(
                paths, lambda path: path.name == "migration.sql", "it is no migration.sql"
            )
            return "folder name", sorted(kept, key=lambda path: path.parent.name), None, ()
        if is_platform:
            paths = self._applied_by_platform(paths)
        return _by_name_or_number(paths)

    def _applied_by_platform(self, paths: list[Path]) -> list[Path]:
        """The platform's own tool takes files that begin with a number, of the folder itself."""
        kept = self._only(
            paths,
            lambda path: path.parent == self._folder,
            "the platform's tool does not look into folders",
        )
        if not any(_NUMBER.match(path.name) for path in kept):
            return kept
        return self._only(
            kept,
            lambda path: _NUMBER.match(path.name) is not None,
            "the platform's tool takes only files whose name begins with a number",
        )

    def _only(
        self, paths: Sequence[Path], keeps: Callable[[Path], bool], reason: str
    ) -> list[Path]:
        for path in paths:
            if not keeps(path):
                self._skip(path, reason)
        return [path for path in paths if keeps(path)]

    def _journal(self) -> list[str]:
        try:
            entries = json.loads((self._folder / _JOURNAL).read_bytes())["entries"]
            return [str(entry["tag"]) for entry in sorted(entries, key=lambda each: each["idx"])]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _other_engine(self) -> str | None:
        """The database that the folder says it is for, where that is not PostgreSQL."""
        for name in (_JOURNAL, _LOCK_FILE):
            try:
                text = (self._folder / name).read_text("utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            told = _ENGINE.search(text)
            if told is not None and not told[1].startswith(("postgres", "cockroach")):
                return told[1]
        return None

    def _file(self, path: Path) -> SourceFile | None:
        try:
            if path.stat().st_size > self._limits.file_bytes:
                size_mb = self._limits.file_bytes // 1024**2
                self._skip(path, f"it is larger than {size_mb} MB")
                return None
            content = path.read_bytes()
        except OSError as error:
            self._skip(path, f"it cannot be read: {error.strerror}")
            return None
        script = self._decoded(path, content)
        if script is None:
            return None
        return SourceFile(
            self._shown(path), hashlib.sha256(content).hexdigest(), self._up_part(path, script)
        )

    def _decoded(self, path: Path, content: bytes) -> str | None:
        encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
        try:
            script = content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._skip(path, f"line {line} is not UTF-8, so it cannot be read as SQL", line=line)
            return None
        if "\0" in script:
            self._skip(path, "it is a binary file")
            return None
        return script

    def _up_part(self, path: Path, script: str) -> str:
        """Blank out the sections that undo; lines stay where they are."""
        marks = list(_SECTION.finditer(script))
        if not marks:
            return script
        parts = [script[: marks[0].start()]]
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            section = script[mark.start() : following.start() if following else len(script)]
            if mark[1].lower() == "down":
                line = script.count("\n", 0, mark.start()) + 1
                self._skip(path, "the section that undoes it is not replayed", line=line)
                section = "\n" * section.count("\n")
            parts.append(section)
        return "".join(parts)

    def _skip(self, path: Path, reason: str, *, line: int | None = None) -> None:
        self._skipped.append((self._shown(path), line, reason))

    def _shown(self, path: Path) -> str:
        return path_text(path.relative_to(self._root))


def _by_name_or_number(
    paths: list[Path],
) -> tuple[str, list[Path], tuple[str, list[Path]] | None, tuple[str, ...]]:
    by_name = sorted(paths, key=lambda path: (path.parent.as_posix(), path.name))
    by_number = sorted(paths, key=_number_key)
    if by_number != by_name:
        note = "the order by name and the order by number differ"
        if len({path.parent for path in paths}) > 1:
            note = "files stand in several folders: the order by path and by number differ"
        return "name", by_name, ("number", by_number), (note,)
    twins = list(_twins(by_name))
    if not twins:
        return "name", by_name, None, ()
    reversed_twins = sorted(by_name, key=lambda path: path.name, reverse=True)
    reversed_twins.sort(key=lambda path: _number_key(path)[:2])
    notes = tuple(f"several files have the number {number}" for number in twins)
    return "name", by_name, ("number, then name backwards", reversed_twins), notes


def _twins(paths: Iterable[Path]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for path in paths:
        matched = _NUMBER.match(path.name)
        if matched is not None:
            seen[matched["number"]] = seen.get(matched["number"], 0) + 1
    return (number for number, count in seen.items() if count > 1)


def _number_key(path: Path) -> tuple[bool, int, str, str]:
    """Numbered files by number, the others after them by name."""
    matched = _NUMBER.match(path.name)
    if matched is None:
        return True, 0, path.name, path.as_posix()
    return False, int(matched["number"]), matched["rest"], path.as_posix()


def _flyway_key(path: Path) -> tuple[bool, tuple[int, ...], str]:
    """Versions by their numbers, then what is repeated by its name."""
    matched = _FLYWAY.fullmatch(path.name)
    assert matched is not None, "only such names get here"
    numbers = re.findall(r"\d+", matched["version"] or "")
    return matched["kind"] in "rR", tuple(map(int, numbers)), path.name
