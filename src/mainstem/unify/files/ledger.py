"""The account of files: a row of `unify.file` for each, from listed to copied or named as odd."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mainstem.unify.ledger.rows import Account

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.files.model import Files

    Connection = psycopg.Connection[TupleRow]

_NAMED_MAX = 5
COLUMNS = "key, target_key, size_bytes, media_type, stamp, sha256, state"


class State(StrEnum):
    """What became of a file."""

    WAITING = "waiting"
    #: begun: what is at the target is this run's own
    COPYING = "copying"
    COPIED = "copied"
    #: the same bytes were at the target before
    THERE = "there"
    QUARANTINED = "quarantined"
    #: bytes that no metadata names
    ORPHAN = "orphan"
    LEFT = "left"
    REMOVED = "removed"


@dataclass(frozen=True)
class FileRow:
    """One file of a run."""

    key: str
    target_key: str
    size_bytes: int
    media_type: str
    stamp: str
    sha256: str | None
    state: str


@dataclass(frozen=True)
class Done:
    """What a step made of a file."""

    key: str
    state: State
    sha256: str | None = None
    reason: str | None = None


def read_rows(
    connection: Connection,
    run_id: int,
    position: int,
    states: Sequence[State],
    *,
    after: str = "",
    limit: int,
) -> list[FileRow]:
    """The next files in some states, by their keys."""
    rows = connection.execute(
        f"select {COLUMNS} from unify.file where run_id = %s and position = %s"
        ' and state = any(%s) and key collate "C" > %s order by key collate "C" limit %s',
        (run_id, position, list(states), after, limit),
    ).fetchall()
    return [FileRow(*row) for row in rows]


def save(connection: Connection, run_id: int, position: int, done: Iterable[Done]) -> None:
    """Write what became of files, and into the quarantine those that wait for a person."""
    rows = [(one.key, one.state, one.sha256, one.reason) for one in done]
    if not rows:
        return
    keys, states, sums, reasons = map(list, zip(*rows, strict=True))
    connection.execute(
        "update unify.file as f set state = d.state, sha256 = coalesce(d.sha256, f.sha256),"
        " reason = d.reason from unnest(%b::text[], %b::text[], %b::text[], %b::text[])"
        " as d (key, state, sha256, reason)"
        " where f.run_id = %s and f.position = %s and f.key = d.key",
        (keys, states, sums, reasons, run_id, position),
    )


def fill_quarantine(connection: Connection, run_id: int, position: int, called: str) -> None:
    """Let the quarantine have the files that wait there, and no others, as their metadata says."""
    connection.execute(
        "delete from unify.quarantine as q where q.run_id = %s and q.source_table = %s"
        " and not exists (select from unify.file as f where f.run_id = q.run_id"
        " and f.position = %s and f.key = q.key and f.state = 'quarantined'"
        " and f.reason = q.reason)",
        (run_id, called, position),
    )
    connection.execute(
        "insert into unify.quarantine (run_id, source_table, key, reason, original)"
        " select run_id, %s, key, reason, jsonb_build_object('key', key, 'target', target_key,"
        " 'size', size_bytes, 'media_type', media_type) from unify.file"
        " where run_id = %s and position = %s and state = 'quarantined'"
        " on conflict on constraint quarantine_pkey do nothing",
        (called, run_id, position),
    )


def has_rows(connection: Connection, run_id: int, states: Sequence[State]) -> bool:
    """Whether a run has files in some states."""
    row = connection.execute("select to_regclass('unify.file') is not null").fetchone()
    if row is None or not row[0]:
        return False
    found = connection.execute(
        "select exists (select from unify.file where run_id = %s and state = any(%s))",
        (run_id, list(states)),
    ).fetchone()
    return bool(found and found[0])


def account(connection: Connection, run_id: int, position: int, files: Files) -> Account:
    """The four outcomes of the files that metadata names."""
    row = connection.execute(
        "select count(*) filter (where state <> 'orphan'),"
        " count(*) filter (where state in ('copied', 'there', 'removed')),"
        " count(*) filter (where state = 'quarantined'), count(*) filter (where state = 'left')"
        " from unify.file where run_id = %s and position = %s",
        (run_id, position),
    ).fetchone()
    assert row is not None
    return Account(
        files.called,
        files.target.shown,
        row[0],
        loaded=row[1],
        quarantined=row[2],
        dropped=row[3],
    )


def notes(connection: Connection, run_id: int) -> list[str]:
    """Lines for people: what was copied, and bytes that no metadata names."""
    rows = connection.execute(
        "select f.position, s.detail ->> 'called', count(*) filter (where f.state = 'copied'),"
        " coalesce(sum(f.size_bytes) filter (where f.state = 'copied'), 0),"
        " count(*) filter (where f.state = 'there'),"
        " count(*) filter (where f.state = 'quarantined'),"
        " count(*) filter (where f.state = 'orphan'),"
        " (array_agg(f.key order by f.key) filter (where f.state = 'orphan'))"
        f"[:{_NAMED_MAX}]"
        " from unify.file as f join unify.step as s on s.run_id = f.run_id"
        " and s.name = 'files ' || f.position where f.run_id = %s group by 1, 2 order by 1",
        (run_id,),
    ).fetchall()
    found = []
    for _, called, copied, size_bytes, there, waiting, orphans, names in rows:
        text = f"{called}: {copied:,} copied ({size_bytes:,} bytes), {there:,} were there already"
        text += f", {waiting:,} wait in quarantine" if waiting else ""
        if orphans:
            more = f" and {orphans - len(names):,} more" if orphans > len(names) else ""
            text += f", {orphans:,} have no metadata and stay ({', '.join(names)}{more})"
        found.append(f"{text}.")
    return found
