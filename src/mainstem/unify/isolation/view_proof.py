"""The verdicts on views: whether what a caller sees changes when another tenant's rows go.

Nothing needs to be known about a view's columns for that, and a count over all tenants is found as
well as a row of one.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import psycopg

from mainstem.unify.catalog.database import ObjectName, Relation, RelationKind
from mainstem.unify.isolation.attempts import Attempt
from mainstem.unify.isolation.crossing import crossings
from mainstem.unify.isolation.evidence import rows_needed
from mainstem.unify.isolation.model import ObjectVerdict, Verdict
from mainstem.unify.isolation.script import script
from mainstem.unify.isolation.tables import column_sql, literal, quoted
from mainstem.unify.isolation.values import is_privileged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.isolation.attempts import Outcome
    from mainstem.unify.isolation.callers import Caller
    from mainstem.unify.isolation.stage import Stage

_SAMPLE_MAX: Final = 2_000


@dataclass(frozen=True)
class _Look:
    """One caller's look at a view; None stands for the connected role, who sees all."""

    view: Relation
    caller: Caller | None

    @property
    def tenant(self) -> int:
        """The tenant of who looks; the first one for whoever has none."""
        return (self.caller.tenant or 0) if self.caller is not None else 0

    @property
    def attempt(self) -> Attempt:
        text = (
            "select jsonb_build_object('rows', count(*), 'digest', "
            "md5(coalesce(string_agg(r, '|' order by r), ''))) "
            f"from (select v::text as r from {quoted(self.view.name)} as v) as t"
        )
        if self.caller is None:
            return Attempt("none", (), text, is_query=True)
        return Attempt(self.caller.role, self.caller.settings, text, is_query=True)


@dataclass(frozen=True)
class _Seen:
    """What a look shows: as things are, without the other tenant's rows, without its own."""

    look: _Look
    here: Outcome
    without_other: Outcome
    without_own: Outcome


def prove_views(stage: Stage, views: Sequence[Relation] | None = None) -> list[ObjectVerdict]:
    """The verdict on each of the views: of all of the database unless some are named."""
    if views is None:
        views = [relation for relation in stage.study.database.relations if relation.is_view]
    looks = [look for view in views for look in _looks(stage, view)]
    with stage.without_shared():
        with _refreshed(stage, views):
            present, again = _seen(stage, looks), _seen(stage, looks)
        absent = {}
        for tenant in (0, 1):
            with stage.without(tenant), _refreshed(stage, views):
                absent[tenant] = _seen(stage, looks)
    seen = [
        _Seen(look, here, pair[1 - look.tenant], pair[look.tenant])
        for look, here, once_more, *pair in zip(
            looks, present, again, absent[0], absent[1], strict=True
        )
        if here == once_more
    ]
    return [
        _verdict(stage, view, [each for each in seen if each.look.view is view]) for view in views
    ]


def tables_behind(stage: Stage, view: Relation) -> list[ObjectName]:
    """The tables that a view reads, through other views too."""
    found: list[ObjectName] = []
    waiting = list(view.reads)
    while waiting:
        name = waiting.pop(0)
        relation = stage.study.database.by_name.get(name)
        if name in stage.study.tables and name not in found:
            found.append(name)
        elif relation is not None and relation.is_view:
            waiting += [each for each in relation.reads if each != name]
        elif relation is not None and relation.parent is not None:
            waiting.append(relation.parent)
    return found


def _looks(stage: Stage, view: Relation) -> Iterator[_Look]:
    rights = stage.study.rights.get(view.name, {})
    yield _Look(view, None)
    for caller in stage.people(tables_behind(stage, view)):
        held = rights.get(caller.role)
        if held is not None and held.selects:
            yield _Look(view, caller)


def _seen(stage: Stage, looks: Sequence[_Look]) -> list[Outcome]:
    return stage.attempt([look.attempt for look in looks])


@contextmanager
def _refreshed(stage: Stage, views: Sequence[Relation]) -> Iterator[None]:
    """Materialized views with the rows of now; those that cannot be refreshed stay as they are."""
    with stage.connection.transaction(force_rollback=True):
        for view in views:
            if view.kind is RelationKind.MATERIALIZED_VIEW:
                try:
                    with stage.connection.transaction():
                        text = f"refresh materialized view {quoted(view.name)}"
                        stage.connection.execute(text.encode())
                except psycopg.Error:
                    continue
        yield


def _verdict(stage: Stage, view: Relation, told: list[_Seen]) -> ObjectVerdict:
    if not stage.study.rights.get(view.name):
        return _said(view, Verdict.PROVEN, "no role that people or programs ask as may reach it")
    behind = tables_behind(stage, view)
    if not any(table in stage.study.owned for table in behind):
        return _said(view, Verdict.PROVEN, "shared: nothing that it reads belongs to a tenant")
    for seen in told:
        is_changed = seen.here.state is None and seen.here.said != seen.without_other.said
        if seen.look.caller is not None and is_changed:
            return _leak(stage, view, seen.look.caller)
    return _written(stage, view, behind) or _exercised(view, told)


def _exercised(view: Relation, told: list[_Seen]) -> ObjectVerdict:
    """Nothing leaks: whether there was anything to leak, as the connected role or a person sees."""
    full = next((seen for seen in told if seen.look.caller is None), None)
    is_shown = any(
        seen.here.said != (seen.without_own if seen.look.caller else seen.without_other).said
        for seen in told
        if seen.here.state is None
    )
    reason = None
    if full is None:
        reason = "what it shows differs from one look to the next"
    elif full.here.state is not None:
        reason = f"it cannot be read: {full.here.message}"
    elif not is_shown:
        reason = "no row that was made shows in it"
    if reason is not None:
        return _said(view, Verdict.NOT_EXERCISED, reason)
    said = "what a caller sees in it does not change when another tenant's rows go"
    return _said(view, Verdict.PROVEN, said)


def _said(view: Relation, verdict: Verdict, reason: str) -> ObjectVerdict:
    return ObjectVerdict(str(view.name), view.kind.value, verdict, reason)


def _leak(stage: Stage, view: Relation, caller: Caller) -> ObjectVerdict:
    """The leak with the rows that show it, found by what only the other tenant's rows hold."""
    where, casts = _marked(stage, view, caller)
    behind = tables_behind(stage, view)
    is_stored = view.kind is RelationKind.MATERIALIZED_VIEW
    texts = [
        script(
            caller,
            f"select * from {quoted(view.name)}{where}",
            rows=rows_needed(stage, caller, behind, casts, has_parents=has_parents),
            is_replica=stage.seed.is_replica,
            prepare=[f"refresh materialized view {quoted(view.name)}"] if is_stored else [],
        )
        for has_parents in (False, True)
    ]
    stage.longer[str(view.name)] = texts[1]
    reason = f"{caller.name} sees what belongs to another tenant: {_blame(view)}"
    return ObjectVerdict(str(view.name), view.kind.value, Verdict.LEAK, reason, texts[0])


def _blame(view: Relation) -> str:
    if view.kind is RelationKind.MATERIALIZED_VIEW:
        return "a materialized view holds the rows of all tenants, and policies do not hold for it"
    if not view.is_security_invoker:
        return f"the view reads as its owner {view.owner} (security_invoker is off)"
    return "it reads as its caller, so that the tables behind it are to blame"


def _marked(stage: Stage, view: Relation, caller: Caller) -> tuple[str, set[tuple[int, int]]]:
    """A condition that finds another tenant's row in the view, and whose row it is."""
    query = (
        f"select jsonb_agg(to_jsonb(v)) from (select * from {quoted(view.name)} "
        f"limit {_SAMPLE_MAX}) as v"
    )
    attempt = Attempt(caller.role, caller.settings, query, is_query=True)
    with stage.without_shared(), _refreshed(stage, [view]):
        (outcome,) = stage.attempt([attempt])
    known = stage.seed.identities.items()
    own = {value for (_, tenant, _), value in known if tenant == caller.tenant}
    owners = {
        value: (tenant, cast)
        for (_, tenant, cast), value in known
        if value is not None and tenant != caller.tenant and value not in own
    }
    for row in outcome.said if isinstance(outcome.said, list) else []:
        for column, value in row.items():
            if str(value) in owners:
                where = f" where {column_sql(column)} = {literal(str(value))}"
                return where, {owners[str(value)]}
    return "", {(1 - (caller.tenant or 0), cast) for cast in range(stage.seed.cast_count)}


def _written(stage: Stage, view: Relation, behind: list[ObjectName]) -> ObjectVerdict | None:
    """A leak through a view that lets itself be written, where one table is behind it."""
    base = stage.study.database.by_name.get(behind[0]) if len(behind) == 1 else None
    target = stage.target(base) if base is not None else None
    columns = {column.name for column in view.columns}
    if target is None or not target.key or not columns.issuperset(target.key):
        return None
    through = replace(target, name=view.name, sql=quoted(view.name), is_small=False)
    rights = stage.study.rights.get(view.name, {})
    tried = stage.outcomes(
        crossing
        for caller in stage.people(behind)
        if caller.role in rights and not is_privileged(caller.role)
        for crossing in crossings(through, caller, rights[caller.role])
    )
    for crossing, outcome in tried:
        if crossing.is_leak(outcome) and crossing.command != "select":
            casts = {(row.tenant, row.cast) for row in crossing.victims[:1]}
            rows = rows_needed(stage, crossing.caller, behind, casts)
            statement = script(
                crossing.caller,
                crossing.attempt.statement,
                rows=[r for r in rows if crossing.command != "insert" or r not in crossing.victims],
                is_replica=stage.seed.is_replica,
            )
            reason = f"{crossing.caller.name} {crossing.doing} of another tenant: {_blame(view)}"
            return ObjectVerdict(str(view.name), view.kind.value, Verdict.LEAK, reason, statement)
    return None
