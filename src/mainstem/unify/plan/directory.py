"""The plan directory: written once, edited by people, read back whole; edits are never lost."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.unify.plan.answers import MANIFEST
from mainstem.unify.plan.manifest import read_manifest, write_manifest
from mainstem.unify.plan.model import Select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mainstem.unify.plan.model import Plan

#: what the toolkit wrote last, so that an edit is noticed; the format of `sha256sum`
SEALS = "generated.sha256"
#: a plan is kept in version control, the rows that runs put beside it are not
_IGNORED = ".gitignore"
_IGNORING = (
    "# Rows of the sources and the target: they belong into no repository.\n/archive/\n/backup/\n"
)

_FILES_MAX = 10_000
_NAME = r'(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+")'
_TABLE = rf"(?:({_NAME})\.)?({_NAME})"  # of a source, where there are several
_FROM = re.compile(rf"--\s*from\s+{_TABLE}\s*")
_ALSO = re.compile(rf"--\s*also\s+({_NAME})\.({_NAME})\s+from\s+{_TABLE}\s*")


def write_directory(plan: Plan, files: Mapping[str, str], *, is_forced: bool) -> None:
    """Write a plan's manifest and .sql files.

    Raises ConfigError when the directory holds edited files and `is_forced` is not given.
    """
    directory = plan.directory
    edited = edited_files(directory)
    if edited and not is_forced:
        raise ConfigError(
            f"{directory} was edited by hand ({', '.join(edited)}); move your edits into the "
            "config, or give --force to write the plan anew and lose them"
        )
    texts = {MANIFEST: write_manifest(plan), **files}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for stale in sorted(set(_sealed(directory)) - set(texts)):
            (directory / stale).unlink(missing_ok=True)
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8")
        seals = "".join(f"{_digest(text)}  {name}\n" for name, text in sorted(texts.items()))
        (directory / SEALS).write_text(seals, encoding="utf-8")
        if not (directory / _IGNORED).exists():
            (directory / _IGNORED).write_text(_IGNORING, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"the plan cannot be written to {directory}: {error}") from None


def edited_files(directory: Path) -> list[str]:
    """The files that are not as the toolkit wrote them, and .sql files that it did not write."""
    sealed = _sealed(directory)
    found = [
        name
        for name, digest in sealed.items()
        if (directory / name).exists() and _digest(_text(directory / name)) != digest
    ]
    if directory.is_dir():
        names = {path.name for path in _sql_files(directory)}
        names |= {MANIFEST} if (directory / MANIFEST).exists() else set()
        found += sorted(names - set(sealed))
    return sorted(found)


def read_directory(directory: Path, *, is_checked: bool = True) -> Plan:
    """Read a whole plan back: manifest, selects, and one digest of everything.

    `is_checked`: each table must have its select; a plan with open questions may lack some.

    Raises ConfigError when a file is absent, or is no plan.
    """
    if not directory.is_dir():
        raise ConfigError(f"there is no plan at {directory}; make it with `mainstem unify plan`")
    plan = read_manifest(directory)
    digest = hashlib.sha256(_text(directory / MANIFEST).encode())
    selects: list[Select] = []
    for path in _sql_files(directory):
        text = _text(path)
        digest.update(b"\0" + path.name.encode() + b"\0" + text.encode())
        selects += _selects(path, text, plan)
    if is_checked:
        _check_selects(plan, selects)
    return replace(plan, selects=tuple(selects), sha256=digest.hexdigest())


def _check_selects(plan: Plan, selects: list[Select]) -> None:
    mains = [select.source_table for select in selects if not select.is_also]
    for table in plan.tables:
        wanted = 1 if table.into is not None else 0
        if mains.count(table.name) != wanted:
            found = ", ".join(s.file for s in selects if s.source_table == table.name) or "none"
            raise ConfigError(
                f"{plan.directory}: table {table.name} needs {wanted} select marked "
                f"`-- from {table.name}`, and there are {mains.count(table.name)} (in {found})"
            )
        said = [name for name in ("into", "drop", "archive") if getattr(table, name) is not None]
        if len(said) > 1:
            raise ConfigError(
                f"{plan.directory / MANIFEST}: `tables.{table.name}` has both {' and '.join(said)}"
            )
    for select in selects:
        if not any(table.name == select.source_table for table in plan.tables):
            raise ConfigError(
                f"{plan.directory / select.file}: a select is marked `-- from "
                f"{select.source_table}`, and the manifest has no such table"
            )


def _selects(path: Path, text: str, plan: Plan) -> Iterator[Select]:
    """The selects of a file; each begins at its `-- from` or `-- also` line."""
    head: tuple[str, str, str, bool] | None = None
    lines: list[str] = []
    for line in [*text.splitlines(), None]:
        found = _head(line, plan, path) if line is not None else None
        if line is None or found is not None:
            if head is not None:
                source, schema, target, is_also = head
                body = "\n".join(lines).strip().rstrip(";")
                yield Select(path.name, source, schema, target, is_also, body)
            head, lines = found, []
        else:
            lines.append(line)


def _head(line: str, plan: Plan, path: Path) -> tuple[str, str, str, bool] | None:
    also = _ALSO.fullmatch(line.strip())
    if also is not None:
        schema, target = plain_name_of(also[1]), plain_name_of(also[2])
        return table_id(also[3], also[4]), schema, target, True
    match = _FROM.fullmatch(line.strip())
    if match is None:
        return None
    source = table_id(match[1], match[2])
    planned = next((table.into for table in plan.tables if table.name == source), None)
    return source, plan.schema, planned or path.stem, False


def table_id(source: str | None, table: str) -> str:
    """The name that a table has in a plan, from its parts as SQL."""
    return (
        f"{plain_name_of(source)}.{plain_name_of(table)}"
        if source is not None
        else plain_name_of(table)
    )


def plain_name_of(name: str) -> str:
    """A name from its SQL."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _sql_files(directory: Path) -> list[Path]:
    found = sorted(directory.glob("*.sql"))
    if len(found) > _FILES_MAX:
        raise ConfigError(f"{directory} holds {len(found)} .sql files; no plan has so many")
    return found


def _sealed(directory: Path) -> dict[str, str]:
    path = directory / SEALS
    if not path.exists():
        return {}
    pairs = (line.split("  ", 1) for line in _text(path).splitlines() if "  " in line)
    return {name: digest for digest, name in pairs}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
