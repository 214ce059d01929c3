"""The codec itself: a column's batch of SQLite values to COPY text, and back to comparable form.

A batch whose values all fit is encoded as a whole, at the speed of C; only a batch with an odd
value in it is walked value by value: fits, or a rule of the column converts it, or it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from mainstem.unify.codec.rules import NOT_APPLIED, RULES
from mainstem.unify.codec.value import (
    NULL,
    Conversion,
    Encoded,
    Refusal,
    SqliteValue,
    readable,
)

if TYPE_CHECKING:
    from mainstem.unify.codec.pgtype import PgType

_STEPS_MAX: Final = 4
#: values of a batch that is not halved any more
_SINGLY_MAX: Final = 32

#: Encodes a batch of values of one Python type without NULLs, or says None: look at each.
WholeEncoder: TypeAlias = Callable[[Sequence[object], type], Sequence[str] | None]
#: Encodes one value that fits as it is; raises ValueError with the reason where it does not.
OneEncoder: TypeAlias = Callable[[object], str]
#: Brings COPY texts of both sides to one form.
Canonical: TypeAlias = Callable[[Sequence[str]], Sequence[Hashable]]


@dataclass(frozen=True)
class Codec:
    """Encodes one column. `type` is PostgreSQL's name of it, as given to `codec_for`."""

    type: str
    pg_type: PgType
    rules: tuple[str, ...]
    #: what `COPY ... TO STDOUT` prints is already what `canonical` returns
    server_is_canonical: bool
    whole: WholeEncoder
    one: OneEncoder
    to_canonical: Canonical

    def encode(self, values: Sequence[SqliteValue]) -> Encoded:
        """Encode a batch: one COPY text for each value, what was converted, what was refused."""
        kinds = set(map(type, values))
        has_null = type(None) in kinds
        kinds.discard(type(None))
        if not kinds:
            return Encoded([NULL] * len(values))
        if len(kinds) == 1:
            present = [value for value in values if value is not None] if has_null else values
            texts = self.whole(present, kinds.pop())
            if texts is not None and not has_null:
                return Encoded(texts)
            if texts is not None:
                following = iter(texts)
                return Encoded([NULL if v is None else next(following) for v in values])
        return self._encode_each(values)

    def canonical(self, texts: Sequence[str]) -> Sequence[Hashable]:
        """Bring texts made by `encode`, or printed by the server, to one comparable form."""
        return self.to_canonical(texts)

    def _encode_each(self, values: Sequence[SqliteValue]) -> Encoded:
        """Halve a batch that does not fit as a whole, so that few values are looked at singly."""
        if len(values) <= _SINGLY_MAX:
            return self._encode_singly(values)
        middle = len(values) // 2
        first, second = self.encode(values[:middle]), self.encode(values[middle:])
        return Encoded(
            [*first.texts, *second.texts],
            [*first.conversions, *(replace(c, row=c.row + middle) for c in second.conversions)],
            [*first.refusals, *(replace(r, row=r.row + middle) for r in second.refusals)],
        )

    def _encode_singly(self, values: Sequence[SqliteValue]) -> Encoded:
        texts: list[str] = []
        conversions: list[Conversion] = []
        refusals: list[Refusal] = []
        for row, value in enumerate(values):
            try:
                texts.append(NULL if value is None else self.one(value))
            except ValueError as misfit:
                converted = self._convert(row, value, conversions)
                if converted is None:
                    refusals.append(Refusal(row, str(misfit)))
                texts.append(NULL if converted is None else converted)
        return Encoded(texts, conversions, refusals)

    def _convert(self, row: int, value: object, conversions: list[Conversion]) -> str | None:
        """Apply the column's rules one after another until the value fits; None when none does."""
        steps: list[Conversion] = []
        for _ in range(_STEPS_MAX):
            name, after = self._first_rule(value)
            if name is None:
                return None
            try:
                text = NULL if after is None else self.one(after)
            except ValueError:
                steps.append(Conversion(row, readable(value), readable(after), name))
                value = after
                continue
            shown = None if after is None else _shown(after, text)
            steps.append(Conversion(row, readable(value), shown, name))
            conversions.extend(steps)
            return text
        return None

    def _first_rule(self, value: object) -> tuple[str | None, object]:
        for name in self.rules:
            after = RULES[name](value, self.pg_type)
            if after is not NOT_APPLIED:
                return name, after
        return None, None


def _shown(after: object, text: str) -> str:
    """A converted value for the ledger: as the server prints it, without COPY's escapes."""
    return readable(after) if isinstance(after, str | bytes) else text
