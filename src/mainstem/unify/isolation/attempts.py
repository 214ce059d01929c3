"""Tries many statements, each as a caller of its own, in one round trip, and undoes each.

The statements travel as a setting; a DO block of the connected role takes each caller's role and
settings in turn, runs the statement in a subtransaction and rolls it back: one exchange for
hundreds of attempts, so that the proof is quick on a distant server too.

To plan a statement takes longer than to run it, so that what several callers of one role say is
planned once; and what is to be done before an attempt is done once for all that ask for the same.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: insufficient_privilege: a missing grant and a policy's refusal alike
REFUSED: Final = "42501"
_BATCH_MAX: Final = 250
#: query_canceled: it took longer than the statement limit
CANCELED: Final = "57014"
#: statements of one command that are waited for until they are canceled
_CANCELED_MAX: Final = 3
_HURRY: Final = """
select set_config('statement_timeout', greatest(setting::int / 15, 1)::text, true)
from pg_settings where name = 'statement_timeout'
"""
#: what constraints raise once a policy has let the row through
_CONSTRAINTS: Final = frozenset({"23502", "23503", "23505", "23514", "23P01"})

#: what plans are called that several callers of a role share
_PLAN: Final = "mainstem_attempt_"

_RUN = """
do $$
declare
  bundle jsonb;
  attempt jsonb;
  part text;
  pair jsonb;
  said jsonb;
  proof jsonb;
  planned text[] := '{}';
  violated text;
  place text;
  outcomes text[] := '{}';
begin
  -- Those of a batch that was canceled; they outlive a rollback.
  for part in select name from pg_prepared_statements where starts_with(name, '{plan}') loop
    execute 'deallocate ' || part;
  end loop;
  for bundle in
    select value from jsonb_array_elements(current_setting('mainstem.attempts')::jsonb)
  loop
    begin
      for part in select value from jsonb_array_elements_text(bundle -> 'before') loop
        execute part;
      end loop;
      for attempt in select value from jsonb_array_elements(bundle -> 'attempts') loop
        begin
          said := null;
          proof := null;
          for pair in select value from jsonb_array_elements(attempt -> 'settings') loop
            perform set_config(pair ->> 0, pair ->> 1, true);
          end loop;
          perform set_config('role', attempt ->> 'role', true);
          -- As the caller: what a statement may name is looked up when it is prepared.
          part := attempt ->> 'statement';
          if attempt ->> 'plan' is not null then
            if attempt ->> 'plan' <> all (planned) then
              execute 'prepare ' || (attempt ->> 'plan') || ' as ' || part;
              planned := planned || (attempt ->> 'plan');
            end if;
            part := 'execute ' || (attempt ->> 'plan');
          end if;
          if (attempt ->> 'is_query')::boolean then
            execute part into said;
          else
            execute part;
          end if;
          perform set_config('role', 'none', true);
          if not (attempt ->> 'is_query')::boolean then
            set constraints all immediate;
          end if;
          if attempt ->> 'witness' is not null then
            for pair in select value from jsonb_array_elements(attempt -> 'witness_settings') loop
              perform set_config(pair ->> 0, pair ->> 1, true);
            end loop;
            perform set_config('role', attempt ->> 'witness', true);
          end if;
          if attempt ->> 'proof' is not null then
            execute attempt ->> 'proof' into proof;
          end if;
          raise exception using errcode = 'MS000', message =
            jsonb_build_object('said', said, 'proof', proof)::text;
        exception
          when sqlstate 'MS000' then
            outcomes := outcomes || sqlerrm;
          when others or assert_failure then
            get stacked diagnostics violated = constraint_name, place = pg_exception_context;
            outcomes := outcomes || jsonb_build_object(
              'state', sqlstate, 'message', sqlerrm, 'constraint', violated,
              'is_raised', split_part(place, chr(10), 1) ~ ' at RAISE$')::text;
        end;
      end loop;
      raise exception using errcode = 'MS001';
    exception
      when sqlstate 'MS001' then
        null;
      when others or assert_failure then
        outcomes := outcomes || array_fill(
          jsonb_build_object('state', sqlstate, 'message', sqlerrm)::text,
          array[jsonb_array_length(bundle -> 'attempts')]);
    end;
  end loop;
  foreach part in array planned loop
    execute 'deallocate ' || part;
  end loop;
  perform set_config('mainstem.outcomes', '[' || array_to_string(outcomes, ',') || ']', true);
end
$$
""".replace("{plan}", _PLAN)


@dataclass(frozen=True)
class Attempt:
    """A statement that a caller tries.

    Attributes:
        role: the database role.
        settings: what is set for the transaction before: claims and the like.
        statement: what is tried; a query returns one jsonb.
        is_query: whether it is a query.
        before: what the connected role does first, such as removing a row to be inserted again.
        proof: a query that returns, as jsonb, what really changed.
        witness: the role that asks for the proof, with its settings; else the connected one.
    """

    role: str
    settings: tuple[tuple[str, str], ...]
    statement: str
    is_query: bool = False
    before: tuple[str, ...] = ()
    proof: str | None = None
    witness: str | None = None
    witness_settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What one statement did: its answer, or the state and message of its error."""

    said: object = None
    proof: object = None
    state: str | None = None
    message: str = ""
    constraint: str = ""
    #: whether a function raised it of itself
    is_raised: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether a privilege or a policy refused it."""
        return self.state == REFUSED

    @property
    def is_held_by_constraint(self) -> bool:
        """Whether the policies let it through and a constraint stopped it."""
        return self.state in _CONSTRAINTS and bool(self.constraint)


def attempt_all(
    connection: Connection, attempts: Sequence[Attempt], *, is_planned_once: bool = True
) -> list[Outcome]:
    """Try each statement as its caller; everything is undone.

    `is_planned_once`: whether callers of one role who say the same may share its plan.
    """
    outcomes: list[Outcome] = []
    manner = _Manner(is_planned_once)
    for start in range(0, len(attempts), _BATCH_MAX):
        outcomes += _batch(connection, attempts[start : start + _BATCH_MAX], manner)
    assert len(outcomes) == len(attempts), "each attempt has an outcome"
    return outcomes


@dataclass
class _Manner:
    """Whether plans are shared, and how much patience is left: a trigger may sleep."""

    is_planned_once: bool
    is_tried: bool = False
    canceled: Counter[str] = field(default_factory=Counter)

    def is_over(self, attempt: Attempt) -> bool:
        """Whether enough of such statements were waited for."""
        return self.canceled[_command(attempt)] >= _CANCELED_MAX


def _batch(connection: Connection, attempts: Sequence[Attempt], manner: _Manner) -> list[Outcome]:
    """The attempts, without those of which others took too long."""
    is_tried = [not manner.is_over(attempt) for attempt in attempts]
    told = iter(_exchange(connection, list(compress(attempts, is_tried)), manner))
    return [
        next(told) if tried else Outcome(state=CANCELED, message="others like it took too long")
        for tried in is_tried
    ]


def _exchange(
    connection: Connection, attempts: Sequence[Attempt], manner: _Manner
) -> list[Outcome]:
    """One exchange; where a statement takes too long, each half by itself, in more haste."""
    if not attempts:
        return []
    bundles, places = _bundled(attempts, is_planned_once=manner.is_planned_once)
    try:
        with connection.transaction(force_rollback=True):
            if manner.is_tried:
                connection.execute(_HURRY)
            told = json.dumps(bundles)
            connection.execute("select set_config('mainstem.attempts', %s, true)", (told,))
            connection.execute(_RUN)
            found = connection.execute("select current_setting('mainstem.outcomes')").fetchone()
    except psycopg.errors.QueryCanceled as error:
        manner.is_tried = True
        if len(attempts) == 1:
            manner.canceled[_command(attempts[0])] += 1
            return [Outcome(state=CANCELED, message=str(error.diag.message_primary))]
        half = len(attempts) // 2
        first = _batch(connection, attempts[:half], manner)
        return first + _batch(connection, attempts[half:], manner)
    assert found is not None, "current_setting returns a row"
    told_at = dict(zip(places, json.loads(found[0]), strict=True))
    return [Outcome(**told_at[place]) for place in range(len(attempts))]


def _bundled(
    attempts: Sequence[Attempt], *, is_planned_once: bool
) -> tuple[list[dict[str, object]], list[int]]:
    """The attempts by what is done before, once for all of them; and where each one stood."""
    usual = Counter((attempt.role, attempt.statement) for attempt in attempts)
    plans: dict[tuple[str, str], str] = {}
    bundles: dict[tuple[str, ...], list[tuple[int, dict[str, object]]]] = {}
    for place, attempt in enumerate(attempts):
        tried = (attempt.role, attempt.statement)
        told = {name: value for name, value in vars(attempt).items() if name != "before"}
        if is_planned_once and usual[tried] > 1:
            told["plan"] = plans.setdefault(tried, f"{_PLAN}{len(plans)}")
        bundles.setdefault(attempt.before, []).append((place, told))
    return (
        [
            {"before": before, "attempts": [told for _, told in listed]}
            for before, listed in bundles.items()
        ],
        [place for listed in bundles.values() for place, _ in listed],
    )


def _command(attempt: Attempt) -> str:
    return attempt.statement.partition(" ")[0]
