"""The verdicts on functions that run as their owner: what they return and what they change.

Each is called as a caller may call it, with the ids of the other tenant, once with that tenant's
rows there and once without. What makes a difference tells of them; and rows that are not as they
were have been changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from mainstem.kit.naming import singular_name
from mainstem.unify.audit.expressions import (
    DYNAMIC_SQL,
    names,
    nodes,
    parse_body,
    relations_read,
    relations_written,
)
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.isolation.attempts import REFUSED, Attempt
from mainstem.unify.isolation.crossing import condition
from mainstem.unify.isolation.evidence import rows_needed
from mainstem.unify.isolation.model import ObjectVerdict, Verdict
from mainstem.unify.isolation.script import script
from mainstem.unify.isolation.tables import Callable, literal, quoted, read_callables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.catalog.database import Function
    from mainstem.unify.isolation.attempts import Outcome
    from mainstem.unify.isolation.callers import Caller
    from mainstem.unify.isolation.seeding import Row
    from mainstem.unify.isolation.stage import Stage

#: choices of arguments for the first callers, and for all others
_CALLS_MAX: Final = 10
_CALLS_MORE: Final = 3
_THOROUGH_MAX: Final = 2
_ROWS_MAX: Final = 200
#: shorter values stand in an answer by chance
_MARK_MIN: Final = 8
_PREFIX: Final = re.compile(r"^(?:p|v|in|arg|target|_)_|^_+")
#: what a function raises that was not asked by the right person
_REFUSALS: Final = frozenset({REFUSED, "P0001", "28000"})
#: columns whose value only those know who were told it: to have it is to be let in
_SECRET: Final = re.compile(
    r"(?:^|_)(?:token|secret|code|otp|password|passphrase|signature|nonce|hash|key_hash)(?:$|_)"
)
_NOT_CALLED: Final = frozenset({"trigger", "event_trigger"})
_PLAIN_VALUES: Final = {
    "boolean": ("true",),
    "text": ("x",),
    "character varying": ("x",),
    "json": ("{}", "[]"),
    "jsonb": ("{}", "[]"),
    "timestamp with time zone": ("2026-01-01 00:00:00+00",),
    "timestamp without time zone": ("2026-01-01 00:00:00",),
    "date": ("2026-01-01",),
    "interval": ("1 year",),
}


@dataclass(frozen=True)
class _Call:
    """One call by one caller, with the other tenant's values as arguments."""

    function: Function
    caller: Caller
    victim: int
    cast: int
    arguments: tuple[str, ...]
    text: str
    proof: str

    @property
    def attempt(self) -> Attempt:
        if self.function.returns == "record":
            inner = f"select {self.text} as answer"
        else:
            inner = f"select * from {self.text} as answer limit {_ROWS_MAX}"
        query = f"select coalesce(jsonb_agg(to_jsonb(r)), '[]') from ({inner}) as r"
        return Attempt(
            self.caller.role, self.caller.settings, query, is_query=True, proof=self.proof
        )

    @property
    def tells(self) -> bool:
        """Whether its answer says more than yes or no."""
        return self.function.returns not in {"boolean", "void"}


@dataclass(frozen=True)
class _Answer:
    """What came of one call: as things are, again, without the other's rows, and uncalled."""

    here: Outcome
    again: Outcome
    absent: Outcome
    untouched: Outcome


def prove_functions(
    stage: Stage, functions: Sequence[Function] | None = None
) -> list[ObjectVerdict]:
    """The verdict on each function that is no trigger's: of all unless some are named."""
    callable_ = {
        (each.name, each.arguments): each
        for each in read_callables(stage.connection, stage.study.roles)
    }
    listed = stage.study.database.functions if functions is None else functions
    verdicts = []
    for function in (each for each in listed if each.returns not in _NOT_CALLED):
        called = callable_.get((function.name, function.arguments))
        verdicts.append(_verdict(stage, function, called))
    return verdicts


def reaches_tenants(stage: Stage, function: Function) -> bool:
    """Whether a function's body reads or writes rows that belong to tenants."""
    read, written = tables_of(stage, function)
    return bool((read | written) & stage.study.owned)


def reads_claims(stage: Stage, function: Function) -> bool:
    """Whether its body asks for what is known of the caller."""
    return any(
        kind == "FuncCall" and names(fields["funcname"])[-1] == "current_setting"
        for kind, fields in nodes(stage.study.expander.body(function))
    )


def _verdict(stage: Stage, function: Function, called: Callable | None) -> ObjectVerdict:
    if called is None:
        return _proven(function, "no role that people or programs ask as may call it")
    if not function.is_security_definer:
        return _proven(function, "it runs as its caller, whom the policies bind")
    read, written = tables_of(stage, function)
    if not (read | written) & stage.study.owned:
        return _proven(function, "it reaches no row of a tenant")
    calls = list(_calls(stage, function, called, sorted(read | written), sorted(written)))
    answers = _answers(stage, calls)
    for call, answer in zip(calls, answers, strict=True):
        doing = _crossed(stage, call, answer)
        if doing is not None:
            return _leak(stage, call, doing)
    if any(_is_told(answer.here) for answer in answers):
        said = "called with another tenant's ids, it tells nothing and changes nothing of theirs"
        return _proven(function, said)
    message = answers[0].here.message if answers else "nobody could be made who calls it"
    return ObjectVerdict(
        str(function.name), "function", Verdict.NOT_EXERCISED, f"each call failed: {message}"
    )


def _is_told(outcome: Outcome) -> bool:
    """Whether the function answered, or refused of itself."""
    return outcome.state is None or outcome.state in _REFUSALS or outcome.is_raised


def _answers(stage: Stage, calls: Sequence[_Call]) -> list[_Answer]:
    """Call with the other tenant's rows there, twice, and without them."""
    attempts = [call.attempt for call in calls]
    with stage.without_shared():
        here, again = stage.attempt(attempts), stage.attempt(attempts)
        absent: dict[int, list[Outcome]] = {}
        for tenant in (0, 1):
            with stage.without(tenant):
                absent[tenant] = stage.attempt(attempts)
        untouched = stage.attempt([_untouched(call) for call in calls])
    return [
        _Answer(here[n], again[n], absent[call.victim][n], untouched[n])
        for n, call in enumerate(calls)
    ]


def _crossed(stage: Stage, call: _Call, answer: _Answer) -> str | None:
    """What the call did to another tenant, in words; None where it did nothing."""
    if answer.here.state is not None:
        return None
    if answer.here.proof != answer.untouched.proof:
        return "changes rows of another tenant"
    is_steady = answer.here.said == answer.again.said
    if is_steady:
        is_told = answer.here.said != answer.absent.said
    else:
        is_told = _shows_marks(stage, call, answer.here)
    return "learns of rows of another tenant" if call.tells and is_told else None


def _proven(function: Function, reason: str) -> ObjectVerdict:
    return ObjectVerdict(str(function.name), "function", Verdict.PROVEN, reason)


def _leak(stage: Stage, call: _Call, doing: str) -> ObjectVerdict:
    read, written = tables_of(stage, call.function)
    casts = {(call.victim, call.cast)}
    if call.caller.tenant is None and not call.arguments:
        casts = {(call.victim, cast) for cast in range(stage.seed.cast_count)}
    is_record = call.function.returns == "record"
    texts = [
        script(
            call.caller,
            f"select {call.text}" if is_record else f"select * from {call.text}",
            rows=rows_needed(
                stage, call.caller, sorted(read | written), casts, has_parents=has_parents
            ),
            is_replica=stage.seed.is_replica,
        )
        for has_parents in (False, True)
    ]
    stage.longer[str(call.function.name)] = texts[1]
    reason = (
        f"{call.caller.name} {doing}: the function runs as its owner {call.function.owner} "
        "(security definer), and does not hold its arguments against who calls"
    )
    return ObjectVerdict(str(call.function.name), "function", Verdict.LEAK, reason, texts[0])


def _untouched(call: _Call) -> Attempt:
    return Attempt(
        call.caller.role,
        call.caller.settings,
        "select null::jsonb",
        is_query=True,
        proof=call.proof,
    )


def _shows_marks(stage: Stage, call: _Call, outcome: Outcome) -> bool:
    """Whether an answer that is never the same holds what only the other tenant's rows hold."""
    told = str(outcome.said)
    return any(
        value is not None
        and len(value) >= _MARK_MIN
        and value in told
        and value not in call.arguments
        for (_, tenant, _), value in stage.seed.identities.items()
        if tenant == call.victim
    )


def tables_of(stage: Stage, function: Function) -> tuple[set[ObjectName], set[ObjectName]]:
    """The tables that a body reads, and those that it writes; all where it cannot be told."""
    read: set[ObjectName] = set()
    written: set[ObjectName] = set()
    tree = stage.study.expander.body(function)
    is_told = parse_body(function) is not None
    if not is_told or any(kind == DYNAMIC_SQL for kind, _ in nodes(tree)):
        return set(stage.study.owned), set(stage.study.owned)
    for schema, name in relations_read(tree):
        read |= _base(stage, ObjectName(schema, name))
    for schema, name in relations_written(tree):
        written |= _base(stage, ObjectName(schema, name))
    return read, written


def _base(stage: Stage, name: ObjectName) -> set[ObjectName]:
    """A table itself, or the tables behind a view; a bare name may stand in another schema."""
    tables, relations = stage.study.tables, stage.study.database.by_name
    if name not in tables and name not in relations:
        return {t for t in tables if t.name == name.name and name.schema == "public"}
    relation = relations.get(name)
    if relation is not None and relation.is_view:
        return {each for each in relation.reads if each in tables}
    return {name} & tables.keys()


def _calls(
    stage: Stage,
    function: Function,
    called: Callable,
    reached: Sequence[ObjectName],
    written: Sequence[ObjectName],
) -> Iterator[_Call]:
    people = [
        caller
        for caller in stage.people(reached, roles=called.roles)
        if caller.role in called.roles and not caller.is_forger
    ]
    for number, caller in enumerate(people):
        # What a function makes of its arguments seldom differs from one person to the next.
        calls_max = _CALLS_MAX if number < _THOROUGH_MAX else _CALLS_MORE
        victim = 1 - (caller.tenant or 0)
        rows = [row for name in written for row in stage.seed.of(name, victim)]
        proof = _signature(rows)
        for cast in range(min(2, stage.seed.cast_count)):
            chosen = _arguments(stage, function, called, reached, (victim, cast))
            for arguments in islice(chosen, calls_max):
                given = ", ".join(
                    f"{literal(value)}::{kind}"
                    for value, kind in zip(arguments, called.argument_types, strict=False)
                )
                text = f"{quoted(function.name)}({given})"
                yield _Call(function, caller, victim, cast, arguments, text, proof)


def _signature(rows: Sequence[Row]) -> str:
    """A query for a digest of rows as they are now."""
    by_table: dict[ObjectName, list[Row]] = {}
    for row in rows:
        by_table.setdefault(row.table.name, []).append(row)
    parts = [
        f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest "
        f"from {quoted(name)} as t where {condition(listed, listed[0].table.key)}"
        for name, listed in by_table.items()
        if listed[0].table.key
    ]
    return (
        f"select jsonb_agg(digest) from ({' union all '.join(parts)}) as d"
        if parts
        else ("select null::jsonb")
    )


def _arguments(
    stage: Stage,
    function: Function,
    called: Callable,
    reached: Sequence[ObjectName],
    whose: tuple[int, int],
) -> Iterator[tuple[str, ...]]:
    """Values of the other tenant for each argument without a default, the likeliest first."""
    count = len(called.argument_types)
    needed = max(count - called.default_count, 0)
    # Of several of one name only all arguments tell which is meant.
    types = called.argument_types[: count if _is_overloaded(stage, function) else needed or count]
    names = function.argument_names or ("",) * len(types)
    options = [
        list(dict.fromkeys(_values(stage, name, kind, reached, whose)))[:_CALLS_MAX]
        for name, kind in zip(names, types, strict=False)
    ]
    first = [listed[0] for listed in options]
    # The second choice of each before the third of any: a list for an object, another word.
    singles = (
        [*first[:place], listed[rank], *first[place + 1 :]]
        for rank in range(1, _CALLS_MAX)
        for place, listed in enumerate(options)
        if rank < len(listed)
    )
    chosen = [first, *singles, *islice(product(*options), _CALLS_MAX)]
    yield from islice(dict.fromkeys(map(tuple, chosen)), _CALLS_MAX)


def _is_overloaded(stage: Stage, function: Function) -> bool:
    return sum(each.name == function.name for each in stage.study.database.functions) > 1


def _values(
    stage: Stage, argument: str, kind: str, reached: Sequence[ObjectName], whose: tuple[int, int]
) -> Iterator[str]:
    bare = kind.removesuffix("[]")
    form = "{{{}}}" if kind.endswith("[]") else "{}"
    column = _PREFIX.sub("", argument)
    for row in _rows_of(stage, reached, whose):
        is_there = column in row.table.columns and row.table.columns[column].type == bare
        if is_there and not _SECRET.search(column):
            value = row.text(column)
            yield from [form.format(value)] if value is not None else []
    for row in _rows_of(stage, stage.seed.order, whose):
        key = row.table.key
        names = {f"{row.table.name.name}_id", f"{singular_name(row.table.name.name)}_id"}
        if column in names and len(key) == 1 and row.table.columns[key[0]].type == bare:
            yield form.format(row.text(key[0]))
    for row in _rows_of(stage, [*reached, *stage.seed.order], whose):
        if bare in {"uuid", "bigint", "integer"}:
            yield from (
                form.format(value)
                for name in row.table.columns
                if row.table.columns[name].type == bare
                and stage.study.domains.is_shared((row.table.name, name))
                and (value := row.text(name)) is not None
            )
    if kind.endswith("[]"):
        yield "{}"
    else:
        yield from stage.labels.get(bare, ()) or _PLAIN_VALUES.get(bare, ("1",))


def _rows_of(stage: Stage, tables: Sequence[ObjectName], whose: tuple[int, int]) -> Iterator[Row]:
    tenant, cast = whose
    for name in tables:
        row = stage.seed.row(name, tenant, cast)
        if row is not None:
            yield row
