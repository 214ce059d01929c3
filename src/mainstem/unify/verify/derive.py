"""Which parent row a source row belongs to, found in the source itself by following references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import NULL, escape, key_text, unescape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.codec import LongText, SqliteValue
    from mainstem.unify.verify.lookup import Lookup
    from mainstem.unify.verify.model import Derivation, Hop

_REMEMBERED_MAX: Final = 50_000
_ASKED_MAX: Final = 500  # values in one question; SQLite's own limit is far higher


class Deriver:
    """Turns a column's values into the parent rows' keys, as cells."""

    def __init__(
        self, source: SqliteSource, derivation: Derivation, *, merged: Lookup | None
    ) -> None:
        self._hops = [_HopMemory(source, hop) for hop in derivation.hops]
        self._merged = merged

    def cells(
        self, values: Sequence[SqliteValue | LongText], encoded: Sequence[str]
    ) -> Sequence[str]:
        """The keys the values lead to. `encoded` are the same values as cells of their type."""
        cells = encoded
        if self._hops:
            found: Sequence[object] = values
            for hop in self._hops:
                found = hop.follow(found)
            cells = [_as_cell(value) for value in found]
        return cells if self._merged is None else self._survivors(cells)

    def _survivors(self, cells: Sequence[str]) -> Sequence[str]:
        """A row that was merged into another counts as that other one."""
        assert self._merged is not None
        plain = [unescape(cell) for cell in cells]
        found = self._merged.find({key for key in plain if key is not None})
        return [
            escape(found[key]) if key is not None and key in found else cell
            for key, cell in zip(plain, cells, strict=True)
        ]


class _HopMemory:
    """One hop, with the answers it gave last."""

    def __init__(self, source: SqliteSource, hop: Hop) -> None:
        self._source = source
        self._select = (
            f"select {quoted(hop.by)}, {quoted(hop.take)} from {quoted(hop.table)}"
            f" where {quoted(hop.by)} in "
        )
        self._known: dict[object, object] = {}

    def follow(self, values: Sequence[object]) -> Sequence[object]:
        wanted = [value for value in set(map(_plain, values)) if value is not None]
        missing = [value for value in wanted if value not in self._known]
        if len(self._known) + len(missing) > _REMEMBERED_MAX:
            self._known.clear()
            missing = wanted
        for start in range(0, len(missing), _ASKED_MAX):
            self._ask(missing[start : start + _ASKED_MAX])
        return [self._known.get(_plain(value)) for value in values]

    def _ask(self, values: Sequence[object]) -> None:
        marks = ", ".join("?" * len(values))
        with self._source.reading() as connection:
            rows = connection.execute(f"{self._select}({marks})", tuple(values)).fetchall()
        found = {str(by): take for by, take in rows}
        for value in values:
            self._known[value] = found.get(str(value))


def _plain(value: object) -> object:
    """A value that can be asked for; what cannot be a key leads nowhere."""
    return value if isinstance(value, int | str) else None


def _as_cell(value: object) -> str:
    if isinstance(value, int | str):
        return escape(key_text([value]))
    return NULL
