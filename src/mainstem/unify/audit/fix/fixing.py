"""Makes the migration for a missing table and proves it: it replays, and the audit is clean."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from mainstem.errors import UsageError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.audit.checking import run_checks
from mainstem.unify.audit.fix.migration import as_migration
from mainstem.unify.audit.fix.model import Fix
from mainstem.unify.audit.fix.table import infer_table
from mainstem.unify.audit.numbering import name_after, name_before
from mainstem.unify.audit.registry import chosen_checks
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay import open_replayer

if TYPE_CHECKING:
    from mainstem.unify.audit.auditing import Audit
    from mainstem.unify.audit.model import Finding
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.replay.model import FailedStatement, Replay

#: what must find nothing of the table once the migration is there
_CLEARED: Final = (
    "table-missing-in-migrations",
    "foreign-key-to-missing-table",
    "column-missing",
    "first-use-before-creation",
)


@dataclass(frozen=True)
class Proof:
    """What a replay with the new migration said: nothing in both means that it holds."""

    failed: tuple[FailedStatement, ...]
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether the migration replays and the audit has nothing more to say of the table."""
        return not self.failed and not self.findings


def make_fix(audit: Audit, table: str) -> Fix:
    """Infer the migration that creates a missing table.

    Raises:
        UsageError: there are no migrations to add to, the table is not missing, or there is no
            number free before its first use.
    """
    replay = audit.subject.replay
    if replay is None or audit.subject.is_schema:
        raise UsageError("there is no folder of migrations to add to; --migrations names one")
    missing = missing_tables(audit.subject)
    name = _named(table)
    if name not in missing:
        known = ", ".join(map(str, sorted(missing))) or "none"
        raise UsageError(
            f"{table} is not missing{did_you_mean(table, map(str, missing))}; missing are: {known}"
        )
    before = _first_need(replay, name)
    inferred = infer_table(audit.subject, name, missing=missing)
    path = _path(replay, before, f"create_{name.name}")
    return Fix(inferred, path, as_migration(inferred), before)


def _path(replay: Replay, before: str | None, title: str) -> str:
    """A path that sorts before the first migration that needs the table, else after all."""
    paths = [file.path for file in replay.files]
    own_folder = any(PurePosixPath(path).name == "migration.sql" for path in paths)
    label = f"0_{title}/migration.sql" if own_folder else f"0_{title}.sql"
    new = str(PurePosixPath(replay.folder) / label)
    if before is None:
        return name_after(paths, new=new)
    found = name_before(paths, moved=new, first_use=before)
    if found is None:
        raise UsageError(
            f"no number is free before {before}, the first migration that needs the table; "
            "renumber it, then run this again"
        )
    return found


def missing_tables(subject: Subject) -> frozenset[ObjectName]:
    """The tables that code or foreign keys need and nothing creates."""
    checks = chosen_checks(("table-missing-in-migrations",))
    used = {_named(found.table) for found in run_checks(subject, checks) if found.table}
    parents = {key.parent for key in subject.replay.missing_parents} if subject.replay else set()
    return frozenset(used | parents)


def prove(audit: Audit, fix: Fix) -> Proof:
    """Replay the migrations with the new one among them and audit the table again.

    Raises:
        ServerError: the scratch server does not start.
    """
    migrations = audit.discovery.migrations
    assert migrations is not None, "make_fix refuses without"
    with tempfile.TemporaryDirectory(prefix="mainstem-fix-") as folder:
        root = Path(folder)
        copy = root / audit.discovery.name(migrations)
        shutil.copytree(migrations, copy)
        added = root / fix.path
        added.parent.mkdir(parents=True, exist_ok=True)
        added.write_text(fix.text, encoding="utf-8")
        with open_replayer() as replayer:
            replay = replayer.replay(copy, root=root)
    subject = replace(audit.subject, replay=replay)
    found = run_checks(subject, chosen_checks(_CLEARED))
    name = str(fix.table.name)
    return Proof(
        failed=tuple(failed for failed in replay.failed if failed.file == fix.path),
        findings=tuple(finding for finding in found if finding.table == name),
    )


def _first_need(replay: Replay, name: ObjectName) -> str | None:
    """The first file with a statement that needs the table."""
    needing = {failed.file for failed in replay.failed if failed.needs == name}
    needing |= {key.file for key in replay.missing_parents if key.parent == name}
    return next((file.path for file in replay.files if file.path in needing), None)


def _named(table: str) -> ObjectName:
    schema, dot, name = table.rpartition(".")
    return ObjectName(schema if dot else "public", name)
