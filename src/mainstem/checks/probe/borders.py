"""The attempts that one person makes on one table, and what each outcome means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.checks.probe.rows import BORDERS, border_of, other_agency, sees
from mainstem.checks.probe.seed import insertion, owners, recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.checks.probe.attempts import Outcome
    from mainstem.checks.probe.people import Person
    from mainstem.checks.probe.seed import Fixed, Seed
    from mainstem.checks.probe.tables import Table

#: a trigger's own refusal to change a row's key
GUARDED: Final = "23000"


@dataclass(frozen=True)
class Observation:
    """Something that was possible and must not be, or the reverse; `aspect` names the check."""

    aspect: str
    object: str
    message: str


@dataclass(frozen=True)
class Attempt:
    """A statement that a person tries.

    Attributes:
        kind: read, view (a read through one), change, insert, move, or own (an insert that should
            succeed).
        aspect: the check that a failure belongs to.
        label: the table.
        statement: what is tried.
        doing: the words for it, following the person's name.
        expected: of a read, how many rows the person should see.
        is_granted: whether the grants allow it, so that a policy alone can refuse.
    """

    kind: str
    aspect: str
    label: str
    statement: str
    doing: str
    expected: int = 0
    is_granted: bool = True


def writing(person: Person, table: Table, seed: Seed, *, is_sealed: bool) -> Iterator[Attempt]:
    """Insert and move what is not the person's.

    Args:
        person: who tries.
        table: where.
        seed: the rows there are.
        is_sealed: whether reading showed no row beyond the person's own.
    """
    if not person.is_writer or table.agency_column is None:
        return
    yield from _insertions(person, table, seed)
    yield from _moves(person, table, seed, is_sealed=is_sealed)


def _insertions(person: Person, table: Table, seed: Seed) -> Iterator[Attempt]:
    """A row of each kind that is not the person's to make, and one that is."""
    borders: set[str | None] = set()
    for owner in owners(seed, table):
        border = border_of(table, person, owner)
        if border in borders:
            continue
        borders.add(border)
        made = _insertion_for(seed, table, owner)
        if made is None:
            continue
        text, is_granted = made
        if border is None and (table.label != "client" or person.tenant.client_ids is None):
            yield Attempt("own", "exercised", table.label, text, "inserts", is_granted=is_granted)
        elif border is not None:
            doing = f"inserts a row of {BORDERS[border]}"
            yield Attempt("insert", "insert", table.label, text, doing, is_granted=is_granted)


def _insertion_for(seed: Seed, table: Table, owner: Fixed) -> tuple[str, bool] | None:
    """The insert of a row for that owner, and whether the grants allow it; made once for all."""
    key = (table.label, *owner.values())
    if key not in seed.insertions:
        # People, clients and agencies are made under ids of their own.
        fixed = {n: v for n, v in owner.items() if table.label not in _NAMED or n != "id"}
        row = recipe(seed, table, fixed)
        seed.insertions[key] = None
        if row is not None:
            is_granted = all(table.columns[column].is_insertable for column in row)
            seed.insertions[key] = insertion(table, [row]).as_string(), is_granted
    return seed.insertions[key]


_NAMED: Final = frozenset({"agency", "user", "client"})


def _moves(person: Person, table: Table, seed: Seed, *, is_sealed: bool) -> Iterator[Attempt]:
    """The person's own rows, given away across each border that the table has.

    A statement that names no column in its condition needs no right to read, so the server checks
    the new row against writing alone: the hardest case. Where reading leaks it would touch the
    rows of real agencies, so there it names one row.
    """
    own = next((row for row in seed.rows[table.label] if sees(table, person, row)), None)
    if own is None or table.agency_column is None:
        return
    targets: dict[str, Mapping[str, str]] = {
        "agency": {table.agency_column: other_agency(seed, person.agency).id}
    }
    if table.client_column == "client_id" and not person.sees_client(person.agency.clients[1]):
        targets["client"] = {"client_id": person.agency.clients[1]}
    if table.user_column is not None:
        other = next(user for user in person.agency.people if not person.sees_user(user))
        targets["user"] = {table.user_column: other}
    if table.has_app_context and person.tenant.app_context in {"mail", "both"}:
        targets["app"] = {"app_context": "revos"}
    name = table.identifier.as_string()
    for border, values in targets.items():
        changes = ", ".join(f"{column} = '{value}'" for column, value in values.items())
        is_granted = all(table.columns[column].is_updatable for column in values)
        where = "" if is_sealed else f" where id = '{own['id']}'"
        yield Attempt(
            "move",
            "move",
            table.label,
            f"update {name} set {changes}{where}",
            f"moves an own row to {BORDERS[border]}",
            is_granted=is_granted,
        )


def judge(person: str, attempt: Attempt, outcome: Outcome) -> Iterator[Observation]:
    """What an outcome says against the isolation; nothing when all is well."""
    said = f"{person} {attempt.doing}"
    if attempt.kind in {"read", "view"}:
        yield from _judge_read(person, attempt, outcome)
    elif attempt.kind == "own":
        if outcome.is_refused and attempt.is_granted:
            yield Observation(
                attempt.aspect, attempt.label, f"was not exercised: {person} {_REFUSED_OWN}"
            )
    elif outcome.state is None and outcome.row_count > 0:
        rows = f" {outcome.row_count} rows not theirs" if attempt.kind == "change" else ""
        yield Observation(attempt.aspect, attempt.label, f"leaks: {said}{rows}")
    elif outcome.state is None and attempt.kind == "move":
        yield Observation("exercised", attempt.label, f"was not exercised: {said}: no such row")
    elif outcome.state not in {None, GUARDED} and not outcome.is_refused and attempt.is_granted:
        yield Observation(
            attempt.aspect, attempt.label, f"is not protected: {said}, but for {outcome.message}"
        )


_REFUSED_OWN: Final = "cannot insert their own row, though the grants allow it"


def _judge_read(person: str, attempt: Attempt, outcome: Outcome) -> Iterator[Observation]:
    if outcome.counts is None:
        yield Observation("own", attempt.label, f"cannot be read: {person} gets {outcome.message}")
        return
    for border, whose in BORDERS.items():
        number = outcome.counts.get(border, 0)
        if number > 0:
            aspect = attempt.aspect if attempt.kind == "view" or border == "agency" else border
            yield Observation(
                aspect,
                attempt.label,
                f"leaks: {person} reads {number} rows of {whose}",
            )
    own = outcome.counts["own"]
    if attempt.kind == "read" and own != attempt.expected:
        yield Observation(
            "own", attempt.label, f"hides: {person} reads {own} of {attempt.expected} own rows"
        )
