"""Plans a renaming: finds every place, makes the edits in memory, and reads the result again.

What still uses an old name afterwards, or has a name that only the running program knows, is told
to people with file and line; nothing is guessed.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from mainstem.errors import SourceError
from mainstem.unify.code.batches import merged, read_all, read_file
from mainstem.unify.code.facts import FileFacts
from mainstem.unify.code.files import from_source, is_test, load, source_files
from mainstem.unify.code.linking import link
from mainstem.unify.code.model import Place, Unread, Via
from mainstem.unify.code.syntax import Language, SyntaxFile
from mainstem.unify.rename.editing import after_edits, settled
from mainstem.unify.rename.elsewhere import Files
from mainstem.unify.rename.finding import (
    file_found,
    generated_found,
    may_name,
    sql_file_found,
)
from mainstem.unify.rename.listing import is_history, sql_files, type_files, typed_file
from mainstem.unify.rename.model import Awaited, Away, Doubt, Found, RenamedFile, Renaming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mainstem.unify.code.files import SourceFile
    from mainstem.unify.code.model import FileReading, TableUse
    from mainstem.unify.rename.model import Renames

#: what these use is called what its model says
_BY_MODEL: Final = frozenset({Via.DRIZZLE, Via.PRISMA, Via.SQLALCHEMY, Via.DJANGO})
_ROUNDS_MAX: Final = 8


def plan_renaming(
    root: Path, renames: Renames, *, on_progress: Callable[[str], None] | None = None
) -> Renaming:
    """Find what to edit in a folder of code; nothing is written.

    Raises:
        SourceError: the folder is not there.
    """
    if not root.is_dir():
        raise SourceError(f"{root} is no folder; name the folder that holds the code")
    tell = on_progress or (lambda _: None)
    listed, _ = source_files(root, [Path()])
    sources = {file.path: file for file in listed if not is_history(file.path)}
    tell(f"reading {len(sources):,} files")
    facts = _facts(list(sources.values()))
    files = Files(sources, facts)
    reading = merged(link(facts))
    tell("looking for the old names")
    found = _found(sources, facts, files, renames, _other_lines(reading, renames))
    for path, source in sql_files(root, renames):
        found[path] = sql_file_found(path, source, renames)
    generated = list(type_files(root, facts))
    for file in generated:
        found[file.path] = generated_found(file, renames)
    tell("reading what it would become")
    renamed, doubts = _renamed(root, found)
    doubts += _left(facts, renamed, renames)
    return Renaming(
        renames,
        tuple(renamed),
        _each_once(doubts),
        len(sources.keys() | {one.path for one in generated}),
    )


def _facts(listed: Sequence[SourceFile]) -> dict[str, FileFacts]:
    found: dict[str, FileFacts] = {}
    for batch in read_all(listed):
        for path, result in batch:
            if not isinstance(result, Unread):
                found[path] = _DECODER.decode(result[1])
    return {path: found[path] for path in sorted(found)}


def _other_lines(reading: FileReading, renames: Renames) -> dict[str, set[int]]:
    """Where SQL is for an engine whose tables keep their names."""
    lines: dict[str, set[int]] = defaultdict(set)
    for use in reading.uses:
        if use.via is Via.SQL and use.engine not in renames.engines:
            lines[use.place.file].add(use.place.line)
    return lines


def _found(
    sources: Mapping[str, SourceFile],
    facts: Mapping[str, FileFacts],
    files: Files,
    renames: Renames,
    other_lines: Mapping[str, set[int]],
) -> dict[str, Found]:
    """What each file has to change, followed through the files that hold or give names."""
    found: dict[str, Found] = {}
    for path in facts:
        loaded = load(sources[path])
        if isinstance(loaded, SyntaxFile) and (
            _names_by_others(facts[path]) or may_name(loaded.source, renames)
        ):
            found[path] = file_found(loaded, renames, other_lines.get(path, ()))
    waiting = list(found.items())
    seen: set[tuple[str, object]] = set()
    for _ in range(_ROUNDS_MAX):
        further = [
            one
            for path, said in waiting
            for asked in (*said.away, *said.awaited)
            if (path, asked) not in seen
            for one in _followed(path, asked, files, renames, seen)
        ]
        for path, said in further:
            found.setdefault(path, Found()).add(said)
        waiting = further
    return found


def _names_by_others(said: FileFacts) -> bool:
    """Whether a file uses tables whose names other files hold or give."""
    return bool(said.pending) or any(one.kind == "table" for one in said.reading.unresolved)


def _followed(
    path: str, asked: object, files: Files, renames: Renames, seen: set[tuple[str, object]]
) -> Iterator[tuple[str, Found]]:
    seen.add((path, asked))
    if isinstance(asked, Away):
        yield from files.held(path, asked, renames).items()
    elif isinstance(asked, Awaited):
        yield from files.given(path, asked, renames).items()


def _renamed(root: Path, found: Mapping[str, Found]) -> tuple[list[RenamedFile], list[Doubt]]:
    """The files with their edits made, and what could not be."""
    renamed: list[RenamedFile] = []
    doubts: list[Doubt] = []
    for path in sorted(found):
        said = found[path]
        doubts += said.doubts
        before = (root / path).read_bytes()
        spots, clashes = settled(path, before, said.spots)
        doubts += clashes
        if not spots:
            continue
        after = after_edits(before, spots)
        if _breaks(path, before, after):
            line = before.count(b"\n", 0, spots[0].start) + 1
            doubts.append(Doubt(Place(path, line), path, "the edits would break its syntax"))
        else:
            renamed.append(RenamedFile(path, before, after, spots, is_test(path)))
    return renamed, doubts


def _breaks(path: str, before: bytes, after: bytes) -> bool:
    """Whether a file that parsed does so no longer."""
    old, new = (_as_code(path, text) or typed_file(path, text) for text in (before, after))
    if old.language is Language.TEXT:
        return False
    return new.root.has_error and not old.root.has_error


def _as_code(path: str, source: bytes) -> SyntaxFile | None:
    loaded = from_source(path, source)
    return loaded if isinstance(loaded, SyntaxFile) else None


def _left(
    facts: Mapping[str, FileFacts], renamed: Sequence[RenamedFile], renames: Renames
) -> list[Doubt]:
    """What uses an old name even so, and names that only the running program knows."""
    after = dict(facts)
    for file in renamed:
        code = _as_code(file.path, file.after) if file.path in facts else None
        if code is not None:
            after[file.path] = read_file(code)
    reading = merged(link(after))
    doubts = [
        Doubt(use.place, use.name, f"it still uses {use.name} ({use.via.value})", use.is_test)
        for use in reading.uses
        if _is_old(use, renames) and use.via not in _BY_MODEL
    ]
    doubts += [
        Doubt(
            made.place,
            made.name,
            f"it gets the name {made.name} from its class; say the new one",
            made.is_test,
        )
        for made in reading.declared
        if made.engine in renames.engines
        and renames.new(made.name) is not None
        and renames.means(made.schema)
    ]
    doubts += [
        Doubt(one.place, one.expression, one.reason, one.is_test)
        for one in reading.unresolved
        if one.kind == "table"
    ]
    return doubts


def _is_old(use: TableUse, renames: Renames) -> bool:
    is_meant = use.engine in renames.engines and renames.means(use.schema)
    return is_meant and renames.new(use.name) is not None


def _each_once(doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    """The doubts by place; of two about one expression on a line the first is enough."""
    found: dict[tuple[Place, str], Doubt] = {}
    for doubt in doubts:
        found.setdefault((doubt.place, doubt.expression), doubt)
    return tuple(sorted(found.values()))


_DECODER: Final = msgspec.msgpack.Decoder(FileFacts)
