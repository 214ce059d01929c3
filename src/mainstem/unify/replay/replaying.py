"""One replay: the files run, the failures explained and recovered, the result read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from mainstem.errors import ServerError
from mainstem.unify.catalog.database import Database
from mainstem.unify.catalog.read_database import read_database
from mainstem.unify.replay import standins
from mainstem.unify.replay.classify import Classifier
from mainstem.unify.replay.creations import changes, creations
from mainstem.unify.replay.model import FailedStatement, MigrationFile, ObjectKind, Replay
from mainstem.unify.replay.parents import references
from mainstem.unify.replay.recovery import Recovery
from mainstem.unify.replay.second_run import means_to_run_twice, run_again

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mainstem.unify.catalog.database import ObjectName, Relation, RelationIndex
    from mainstem.unify.replay.files import SourceFile
    from mainstem.unify.replay.model import MissingParent
    from mainstem.unify.replay.running import Runner
    from mainstem.unify.replay.session import Complaint, Session
    from mainstem.unify.replay.syntax import Step

#: how many files are done, of how many, and the path of the next one
OnProgress: TypeAlias = Callable[[int, int, str], None]

_RUN_TWICE_MAX: Final = 1_000_000


class Replaying:
    """One replay of one order."""

    def __init__(
        self, runner: Runner, session: Session, files: Sequence[tuple[SourceFile, list[Step]]]
    ) -> None:
        self._runner = runner
        self._session = session
        self._files = files
        self._steps = [step for _, steps in files for step in steps]
        self._again: dict[int, Complaint] = {}

    def run(self, folder: str, order: str, on_progress: OnProgress | None) -> Replay:
        """Run the files, recover what can be, read what was built."""
        self._make_way()
        for done, (file, steps) in enumerate(self._files):
            if on_progress is not None:
                on_progress(done, len(self._files), file.path)
            self._run_file(file, steps)
        record = self._runner.record
        complaints = dict(record.complaints)
        classifier = Classifier(self._steps, complaints)
        recovery = Recovery(self._runner, self._steps, classifier)
        recovery.run()
        applied = record.applied
        failed = failed_statements(self._steps, complaints, recovered=recovery.recovered)
        return Replay(
            folder=folder,
            files=tuple(_migration_file(file, steps, complaints) for file, steps in self._files),
            database=self._database(folder, recovery.placeholders),
            creations=creations(self._steps, lambda step: step.number in applied),
            failed=failed,
            missing_parents=tuple(
                self._missing_parents(complaints, classifier, recovery.placeholders)
            ),
            stood_in=tuple(each for _, each in sorted(record.stood_in.items())),
            second_run=failed_statements(self._steps, self._again, recovered=frozenset()),
            order=order,
            skipped=tuple(record.skipped),
        )

    def _make_way(self) -> None:
        """Drop what stands in for a schema that the files build themselves, as a dump does."""
        made = [change for step in self._steps for change in changes(step) if not change.is_drop]
        schemas = {each.name.name for each in made if each.kind is ObjectKind.SCHEMA}
        own = schemas & standins.SCHEMAS
        tables = [each for each in made if each.kind is ObjectKind.TABLE and not each.is_guarded]
        for schema in sorted({each.name.schema for each in tables if self._is_there(each.name)}):
            if schema in own:
                self._session.run(f"drop schema {schema} cascade")

    def _is_there(self, name: ObjectName) -> bool:
        if name.schema not in standins.SCHEMAS:
            return False
        found = self._session.connection.execute(
            "select from pg_tables where schemaname = %s and tablename = %s",
            (name.schema, name.name),
        )
        return found.fetchone() is not None

    def _run_file(self, file: SourceFile, steps: Sequence[Step]) -> None:
        self._runner.run_file(steps)
        complaints = self._runner.record.complaints
        if any(step.number in complaints for step in steps) or len(file.script) > _RUN_TWICE_MAX:
            return
        if means_to_run_twice(steps, file.script):
            stood_in = self._runner.record.stood_in
            again = [step for step in steps if step.number not in stood_in]
            self._again |= {step.number: said for step, said in run_again(self._session, again)}
            self._session.reset()

    def _database(self, folder: str, placeholders: frozenset[ObjectName]) -> Database:
        try:
            database = read_database(self._session.connection, name=folder, counts_rows=False)
        except ServerError as error:
            return Database(name=folder, server_version=0, relations=(), unread=(str(error),))
        relations = tuple(
            self._without(relation, placeholders)
            for relation in database.relations
            if relation.name not in placeholders
        )
        return replace(database, relations=relations)

    def _without(self, relation: Relation, placeholders: frozenset[ObjectName]) -> Relation:
        """The relation without keys to placeholders, its indexes as the files define them."""
        kept = tuple(each for each in relation.constraints if each.parent not in placeholders)
        indexes = tuple(self._as_written(index) for index in relation.indexes)
        if kept == relation.constraints and indexes == relation.indexes:
            return relation
        return replace(relation, constraints=kept, indexes=indexes)

    def _as_written(self, index: RelationIndex) -> RelationIndex:
        written = self._runner.record.indexes.get(index.name)
        if written is None:
            return index
        method = re.search(r"\busing\s+(\w+)", written, re.IGNORECASE)
        return replace(index, definition=written, method=method[1].lower() if method else "btree")

    def _missing_parents(
        self,
        complaints: Mapping[int, Complaint],
        classifier: Classifier,
        placeholders: frozenset[ObjectName],
    ) -> Iterator[MissingParent]:
        """The foreign keys to what nothing creates, each once."""
        seen = set()
        for step in self._steps:
            if step.number not in complaints:
                continue
            for key in references(step):
                identity = (key.table, key.columns, key.parent)
                is_told = key.parent in placeholders or classifier.cause(step).name == key.parent
                is_missing = is_told and not classifier.creators(ObjectKind.TABLE, key.parent)
                if is_missing and identity not in seen:
                    seen.add(identity)
                    yield key.missing_parent(step)


def failed_statements(
    steps: Sequence[Step], complaints: Mapping[int, Complaint], *, recovered: Collection[int]
) -> tuple[FailedStatement, ...]:
    """Explain the complaints about steps, in their order."""
    classifier = Classifier(steps, complaints)
    return tuple(
        _failed(step, complaints[step.number], classifier, is_recovered=step.number in recovered)
        for step in steps
        if step.number in complaints
    )


def _failed(
    step: Step, said: Complaint, classifier: Classifier, *, is_recovered: bool
) -> FailedStatement:
    cause = classifier.cause(step)
    line = step.statement.line_at(said.position)
    return FailedStatement(
        file=step.file,
        line=step.line,
        text=step.text,
        failure=cause.failure,
        message=said.message if line == step.line else f"{said.message} (line {line})",
        needs_kind=cause.kind,
        needs=cause.name,
        created_in=cause.created.file if cause.created else None,
        created_line=cause.created.line if cause.created else None,
        is_recovered=is_recovered,
    )


def _migration_file(
    file: SourceFile, steps: Sequence[Step], complaints: Mapping[int, Complaint]
) -> MigrationFile:
    failed = sum(step.number in complaints for step in steps)
    return MigrationFile(file.path, file.sha256, len(steps), failed)
