"""The words in which the hostile sample is written down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fate(Enum):
    """What may become of a row: anything else would be a silent change."""

    KEPT = "loaded, the value the same"
    CONVERTED = "loaded, the value changed by a named rule, with a ledger row"
    QUARANTINED = "not loaded, waiting in quarantine with a reason"


KEPT = frozenset({Fate.KEPT})
CONVERTED = frozenset({Fate.CONVERTED})
QUARANTINED = frozenset({Fate.QUARANTINED})
#: where the type that is chosen for the column decides
ANY_HONEST = frozenset(Fate)
CONVERTED_OR_QUARANTINED = CONVERTED | QUARANTINED
KEPT_OR_QUARANTINED = KEPT | QUARANTINED


@dataclass(frozen=True)
class Undecodable:
    """Stored with the type TEXT, though the bytes are no UTF-8."""

    raw: bytes


Value = int | float | str | bytes | Undecodable | None


@dataclass(frozen=True)
class HostileRow:
    """A row, which of its columns is the trap, and what may become of it."""

    key: tuple[Value, ...]  # of the primary key in its order, else the rowid
    values: tuple[Value, ...]  # of the table's insertable columns in their order
    column: str | None
    what: str
    fates: frozenset[Fate]


@dataclass(frozen=True)
class HostileTable:
    """A table, what is hostile about it, and its rows."""

    name: str
    what: str
    ddl: str
    columns: tuple[str, ...]  # those that rows give values for
    rows: tuple[HostileRow, ...] = ()
    #: constraints and other parts that no PostgreSQL can carry over: they must be reported
    not_carried: tuple[str, ...] = ()


def one_column(
    name: str,
    declared: str,
    what: str,
    *entries: tuple[Value, frozenset[Fate], str],
    plain: Iterable[Value] = (),
) -> HostileTable:
    """A table of a counting key and one column, a trap a row: (value, fates, what it is).

    `plain` are ordinary values after the traps: enough of them, and the declared type is right.
    """
    everything = [*entries, *((value, KEPT, "plain") for value in plain)]
    rows = tuple(
        HostileRow((number,), (number, value), "value", about, fates)
        for number, (value, fates, about) in enumerate(everything, start=1)
    )
    ddl = f'create table "{name}" (id integer primary key, value {declared})'
    return HostileTable(name, what, ddl, ("id", "value"), rows)
