"""Which parent row a source row belongs to, found in the source itself by following references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from mainstem.kit.fingerprints import fingerprint
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import NULL, escape, escape_all, key_text, key_texts, unescape

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
        last = len(derivation.hops) - 1
        self._hops = [
            _HopMemory(source, hop, gives_cells=place == last)
            for place, hop in enumerate(derivation.hops)
        ]
        self._merged = merged

    def cells(
        self, values: Sequence[SqliteValue | LongText], encoded: Sequence[str]
    ) -> Sequence[str]:
        """The keys the values lead to. `encoded` are the same values as cells of their type."""
        found: Sequence[object] = values
        for hop in self._hops:
            found = hop.follow(found)
        cells = cast("Sequence[str]", found) if self._hops else encoded
        return cells if self._merged is None else self._survivors(cells)

    def _survivors(self, cells: Sequence[str]) -> Sequence[str]:
        """A row that was merged into another counts as that other one."""
        assert self._merged is not None
        keys = {cell: unescape(cell) for cell in set(cells)}
        found = self._merged.find([key for key in keys.values() if key is not None])
        changed = {
            cell: escape(found[key])
            for cell, key in keys.items()
            if key is not None and key in found
        }
        return [changed.get(cell, cell) for cell in cells] if changed else cells


class _HopMemory:
    """One hop, with the answers it gave last; the last hop's answers are cells."""

    def __init__(self, source: SqliteSource, hop: Hop, *, gives_cells: bool) -> None:
        self._source = source
        self._select = (
            f"select {quoted(hop.by)}, {quoted(hop.take)} from {quoted(hop.table)}"
            f" where {quoted(hop.by)} in "
        )
        self._gives_cells = gives_cells
        self._is_secret = hop.is_secret
        self._known: dict[object, object] = {}
        self._forget()

    def follow(self, values: Sequence[object]) -> Sequence[object]:
        if not {int, str, type(None)}.issuperset(map(type, values)):
            # What is neither number nor text is no key, and leads nowhere.
            values = [value if isinstance(value, int | str) else None for value in values]
        wanted = set(values)
        # Not a difference of sets: that would walk all that is known.
        missing = [value for value in wanted if value not in self._known]
        if len(self._known) + len(missing) > _REMEMBERED_MAX:
            self._forget()
            missing = [value for value in wanted if value not in self._known]
        for start in range(0, len(missing), _ASKED_MAX):
            self._ask(missing[start : start + _ASKED_MAX])
        return list(map(self._known.__getitem__, values))

    def _forget(self) -> None:
        self._known = {None: NULL if self._gives_cells else None}

    def _ask(self, values: Sequence[object]) -> None:
        marks = ", ".join("?" * len(values))
        with self._source.reading() as connection:
            rows = connection.execute(f"{self._select}({marks})", tuple(values)).fetchall()
        found = {str(by): take for by, take in rows}
        answers = [found.get(str(value)) for value in values]
        known = self._as_cells(answers) if self._gives_cells else answers
        self._known.update(zip(values, known, strict=True))

    def _as_cells(self, values: Sequence[object]) -> Sequence[str]:
        if self._is_secret or not {int, str}.issuperset(map(type, values)):
            return list(map(self._as_cell, values))
        return escape_all(key_texts([cast("Sequence[SqliteValue]", values)]))

    def _as_cell(self, value: object) -> str:
        if not isinstance(value, int | str):
            return NULL
        text = key_text([value])
        return escape(fingerprint(text) if self._is_secret else text)
