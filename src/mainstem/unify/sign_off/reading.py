"""Everything that the page says, read from the ledger in one snapshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from os.path import normpath
from typing import TYPE_CHECKING, Any, Final

from mainstem.errors import UsageError
from mainstem.kit.masking import masked, masked_row, shortened, without_secrets
from mainstem.unify.catalog.model import NotCarried
from mainstem.unify.codec import RULES, rule_text
from mainstem.unify.copy.outcome import read_not_carried
from mainstem.unify.ledger import store
from mainstem.unify.ledger.expectations import last_expectations
from mainstem.unify.ledger.proofs import last_proof
from mainstem.unify.ledger.rows import Account, Decision, Run
from mainstem.unify.move.backup import STEP as BACKUP
from mainstem.unify.sign_off.judging import is_older
from mainstem.unify.sign_off.model import (
    CatchUp,
    Checked,
    Conversions,
    Example,
    FurtherRows,
    KeptBackup,
    ReadSource,
    SignOff,
    SourceAccount,
    Timing,
    Waiting,
    WaitingRow,
)
from mainstem.unify.sign_off.verified import read_moment, read_verified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Step

    Connection = psycopg.Connection[TupleRow]

EXAMPLES_MAX: Final = 3
KEYS_MAX: Final = 5
#: groups of waiting rows on the page; of more only the number is told
GROUPS_MAX: Final = 200
_RUNS_LISTED_MAX: Final = 20
_CATCH_UP: Final = "catch-up "
_WAITING: Final = """
with listed as (
    select source_table, column_name, reason, count(*) as row_count
    from unify.quarantine where run_id = %(run)s
    group by 1, 2, 3 order by 4 desc, 1, 2 nulls first, 3 limit %(groups)s),
numbered as (
    select *, row_number() over (partition by source_table, column_name, reason order by key)
        as number
    from unify.quarantine where run_id = %(run)s)
select l.source_table, l.column_name, l.reason, l.row_count, n.key, n.original
from listed as l join numbered as n on n.source_table = l.source_table and n.reason = l.reason
    and n.column_name is not distinct from l.column_name and n.number <= %(keys)s
order by 4 desc, 1, 2 nulls first, 3, n.number
"""


def read_sign_off(
    connection: Connection, run_id: int, *, database: str, has_values: bool = False
) -> SignOff:
    """Read a run.

    Args:
        connection: a fresh one; it is set to one read-only snapshot.
        run_id: the run's number.
        database: what people call the database.
        has_values: whether quarantined rows and differences come with values; secrets are masked.

    Raises UsageError when there is no such run; it names those that there are.
    """
    connection.execute("set transaction isolation level repeatable read, read only")
    connection.execute("set local timezone = 'UTC'")
    run = _find(connection, run_id)
    kept, undone_at = _kept(connection, run)
    steps = store.read_steps(connection, run.id)
    timings = _timings(connection, run)
    accounts = _accounts(connection, run)
    waiting, unlisted = _waiting(connection, run, has_values=has_values)
    page = SignOff(
        run=run,
        undone_at=undone_at,
        database=database,
        made_at=datetime.now(UTC),
        has_values=has_values,
        sources=tuple(_sources(run, accounts, timings)),
        decisions=_decisions(connection, run),
        accounts=accounts,
        further=_further(connection, run),
        conversions=_conversions(connection, run),
        waiting=waiting,
        waiting_unlisted=unlisted,
        verified=read_verified(kept, has_values=has_values),
        isolation=last_proof(connection),
        expected=last_expectations(connection),
        checked=_checked(connection),
        timings=timings,
        backup=_backup(steps.get(BACKUP)),
        catch_ups=tuple(_catch_ups(steps, timings)),
        not_carried=(*_not_carried(run), *read_not_carried(connection, run)),
    )
    current = tuple(each for each in page.expected if not is_older(page, each.at))
    # a file that was renamed since would stand there for ever
    return replace(page, expected=current or page.expected[:1])


def _find(connection: Connection, run_id: int) -> Run:
    try:
        return store.find_run(connection, run_id)
    except UsageError:
        known = _known(connection)
    raise UsageError(
        f"there is no run {run_id} in this database; "
        + (f"there are: {'; '.join(known)}" if known else "`mainstem unify run` makes the first")
    )


def _known(connection: Connection) -> list[str]:
    """The runs that there are, the newest first."""
    if not store.has_schema(connection):
        return []
    rows = connection.execute(
        "select id, name, kind, state, started_at from unify.run order by id desc limit %s",
        (_RUNS_LISTED_MAX,),
    )
    return [
        f"{number} ({name}, {kind}, {state}, {started_at:%Y-%m-%d %H:%M} UTC)"
        for number, name, kind, state, started_at in rows
    ]


def _kept(connection: Connection, run: Run) -> tuple[Mapping[str, Any], datetime | None]:
    row = connection.execute(
        "select coalesce(verification, '{}'), undone_at from unify.run where id = %s", (run.id,)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _accounts(connection: Connection, run: Run) -> tuple[SourceAccount, ...]:
    rows = connection.execute(
        "select source_name, source_table, target_table, source_rows, loaded, merged, quarantined,"
        " dropped, conversions from unify.table_result where run_id = %s order by 1, 2",
        (run.id,),
    )
    return tuple(SourceAccount(name, Account(*account)) for name, *account in rows)


def _sources(
    run: Run, accounts: Sequence[SourceAccount], timings: Sequence[Timing]
) -> Iterator[ReadSource]:
    """A run names each of its sources, a copy has one file."""
    if run.kind == "copy":
        told: Mapping[str, Any] = {run.name: {
            "kind": "sqlite",
            "location": run.source.get("path", ""),
            "identity": run.source.get("fingerprint", {}),
        }}  # fmt: skip
    else:
        told = run.source
    for name, source in sorted(told.items()):
        own = [each.account for each in accounts if each.source == name or run.kind == "copy"]
        read = {f"stage {account.source_table}" for account in own}
        steps = [t for t in timings if t.step in read or (run.kind == "copy" and t.rows)]
        begun = [step.started_at for step in steps if step.started_at is not None]
        ended = [step.finished_at for step in steps if step.finished_at is not None]
        yield ReadSource(
            name=name,
            kind=source.get("kind", ""),
            location=_location(source),
            identity={key: str(value) for key, value in source["identity"].items()},
            read_from=min(begun, default=None),
            read_until=max(ended, default=None),
            tables=len(own),
            rows=sum(account.source_rows for account in own),
        )


def _location(source: Mapping[str, Any]) -> str:
    """A file's path without the way by which the plan found it; an address as it is."""
    is_file = "size_bytes" in source["identity"]
    return normpath(source["location"]) if is_file else str(source["location"])


def _decisions(connection: Connection, run: Run) -> tuple[Decision, ...]:
    rows = connection.execute(
        "select name, source_table, column_name, action, reason, affected, decided_by, decided_at"
        " from unify.decision where run_id = %s order by source_table, column_name nulls first,"
        " name",
        (run.id,),
    )
    return tuple(
        Decision(name, table, column, action, without_secrets(reason), *others)
        for name, table, column, action, reason, *others in rows
    )


def _further(connection: Connection, run: Run) -> tuple[FurtherRows, ...]:
    rows = connection.execute(
        "select source_table, target_schema || '.' || target_table, row_count"
        " from unify.also_result where run_id = %s order by 1, 2",
        (run.id,),
    )
    return tuple(FurtherRows(*row) for row in rows)


def _conversions(connection: Connection, run: Run) -> tuple[Conversions, ...]:
    examples: dict[str, list[Example]] = {}
    for rule, table, key, column, before, after in connection.execute(
        "select rule, source_table, key, column_name, before, after from (select *, row_number()"
        " over (partition by rule order by source_table, column_name, key) as number"
        " from unify.ledger where run_id = %s) as l where number <= %s order by rule, number",
        (run.id, EXAMPLES_MAX),
    ):
        shown = (masked(table, column, value) for value in (before, after))
        examples.setdefault(rule, []).append(Example(table, shortened(key), column, *shown))
    rows = connection.execute(
        "select rule, count(*), count(distinct (source_table, column_name)) from unify.ledger"
        " where run_id = %s group by rule order by 2 desc, 1",
        (run.id,),
    )
    return tuple(
        Conversions(
            rule=rule,
            meaning=rule_text(rule) if rule in RULES else None,
            values=values,
            columns=columns,
            examples=tuple(examples[rule]),
        )
        for rule, values, columns in rows
    )


def _waiting(
    connection: Connection, run: Run, *, has_values: bool
) -> tuple[tuple[Waiting, ...], tuple[int, int]]:
    """Rows by table, column and reason, the most first; then how many groups are not listed."""
    found: dict[tuple[str, str | None, str], Waiting] = {}
    for table, column, reason, rows, key, original in connection.execute(
        _WAITING.encode(), {"run": run.id, "groups": GROUPS_MAX, "keys": KEYS_MAX}
    ):
        values = masked_row(table, original) if has_values else None
        waiting = found.get((table, column, reason)) or Waiting(table, column, reason, rows, ())
        examples = (*waiting.examples, WaitingRow(shortened(key), values))
        found[table, column, reason] = replace(waiting, examples=examples)
    row = connection.execute(
        "select count(distinct (source_table, column_name, reason)), count(*)"
        " from unify.quarantine where run_id = %s",
        (run.id,),
    ).fetchone()
    assert row is not None
    listed = tuple(found.values())
    return listed, (row[0] - len(listed), row[1] - sum(waiting.rows for waiting in listed))


def _checked(connection: Connection) -> Checked | None:
    """What `mainstem check` left with the newest run of its time."""
    row = connection.execute(
        "select verification -> 'checks' from unify.run where verification ? 'checks'"
        " order by id desc limit 1"
    ).fetchone()
    if row is None:
        return None
    return Checked(
        at=read_moment(row[0].get("at")),
        is_passed=bool(row[0].get("is_passed")),
        summary=str(row[0].get("summary", "")),
    )


def _timings(connection: Connection, run: Run) -> tuple[Timing, ...]:
    rows = connection.execute(
        "select name, row_count, started_at, finished_at from unify.step where run_id = %s"
        " order by started_at, position, name",
        (run.id,),
    )
    return tuple(Timing(*row) for row in rows)


def _backup(step: Step | None) -> KeptBackup | None:
    if step is None or not isinstance(step.detail, dict):
        return None
    return KeptBackup(*(step.detail.get(key) for key in ("path", "restore", "reason")))


def _catch_ups(steps: Mapping[str, Step], timings: Sequence[Timing]) -> Iterator[CatchUp]:
    """The passes, each of which is a step of the run."""
    ended = {timing.step: timing.finished_at for timing in timings}
    found = [step for name, step in steps.items() if name.startswith(_CATCH_UP)]
    for step in sorted(found, key=lambda step: int(step.name.removeprefix(_CATCH_UP))):
        assert isinstance(step.detail, dict)
        yield CatchUp(
            at=ended[step.name],
            looked_at=int(step.detail["looked_at"]),
            inserted=int(step.detail["inserted"]),
            updated=int(step.detail["updated"]),
            deleted=int(step.detail["deleted"]),
            seconds=float(step.detail["seconds"]),
        )


def _not_carried(run: Run) -> Iterator[NotCarried]:
    for name, source in sorted(run.source.items()):
        if isinstance(source, dict):
            for lost in source.get("not_carried", ()):
                yield NotCarried(lost["kind"], f"{name}: {lost['name']}", lost["reason"])
