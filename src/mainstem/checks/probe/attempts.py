"""Tries many statements as one role in one round trip, and undoes each.

The statements travel as a setting, a DO block runs them one by one, each in a subtransaction that
is rolled back, and leaves the outcomes in another setting: one exchange for a thousand attempts, so
that the probe is quick on a distant server too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

#: insufficient_privilege: a missing grant and a policy's refusal alike
REFUSED: Final = "42501"

_RUN = """
do $$
declare
  attempt text;
  said jsonb;
  outcomes text[] := '{}';
  row_count bigint;
begin
  for attempt in
    select value from jsonb_array_elements_text(current_setting('mainstem.attempts')::jsonb)
  loop
    begin
      if attempt ~ '^(select|execute) ' then
        execute attempt into said;
      else
        execute attempt;
        get diagnostics row_count = row_count;
        said := jsonb_build_object('row_count', row_count);
      end if;
      raise exception using errcode = 'MS000', message = said::text;
    exception
      when sqlstate 'MS000' then
        outcomes := outcomes || sqlerrm;
      when others then
        outcomes := outcomes || jsonb_build_object('state', sqlstate, 'message', sqlerrm)::text;
    end;
  end loop;
  perform set_config('mainstem.outcomes', '[' || array_to_string(outcomes, ',') || ']', true);
end
$$
"""


@dataclass(frozen=True)
class Outcome:
    """What one statement did: rows and counts, or the state and message of its error."""

    row_count: int = 0
    counts: dict[str, int] | None = None
    state: str | None = None
    message: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether a privilege or a policy refused it."""
        return self.state == REFUSED


def attempt_all(
    connection: psycopg.Connection[TupleRow], role: bytes, statements: Sequence[str]
) -> list[Outcome]:
    """Try each statement under the role and claims that `role` sets; everything is undone.

    One that begins with `select`, or executes a prepared one, returns one jsonb of counts; others
    count their rows.
    """
    with connection.transaction(force_rollback=True):
        # Set before the role is taken: the claims are never set in the statement that reads.
        connection.execute(
            "select set_config('mainstem.attempts', %s, true)", (json.dumps(statements),)
        )
        connection.execute(role, prepare=False)
        connection.execute(_RUN)
        found = connection.execute("select current_setting('mainstem.outcomes')").fetchone()
    assert found is not None, "current_setting returns a row"
    outcomes = [_outcome(said) for said in json.loads(found[0])]
    assert len(outcomes) == len(statements), "each attempt has an outcome"
    return outcomes


def _outcome(said: dict[str, object]) -> Outcome:
    if "state" in said:
        return Outcome(state=str(said["state"]), message=str(said["message"]))
    if "row_count" in said:
        return Outcome(row_count=int(str(said["row_count"])))
    return Outcome(counts={name: int(str(number)) for name, number in said.items()})
