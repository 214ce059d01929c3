"""The codec itself: a column's batch of SQLite values to COPY text, and back to comparable form.

A batch whose values all fit is encoded as a whole, at the speed of C; only a batch with an odd
value in it is walked value by value: fits, or a rule of the column converts it, or it is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeAlias, cast

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
#: of a batch, for what it has in common to be worth a try
_USUAL_SHARE_MIN: Final = 0.75

#: The Python types of a batch's values.
Kinds: TypeAlias = set[type]


@dataclass(frozen=True, slots=True)
class AllBut:
    """The texts of a batch without its odd rows, which must be looked at one by one."""

    texts: Sequence[str]
    odd: Sequence[int]


#: Encodes a batch of values of one Python type without NULLs, or says None: look at each.
WholeEncoder: TypeAlias = Callable[[Sequence[object], type], Sequence[str] | AllBut | None]
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
        if type(None) not in kinds:
            return self._encode_present(values, kinds)
        kinds.discard(type(None))
        if not kinds:
            return Encoded([NULL] * len(values))
        encoded = self._encode_present([value for value in values if value is not None], kinds)
        following = iter(encoded.texts)
        texts = [NULL if value is None else next(following) for value in values]
        if not (encoded.conversions or encoded.refusals):
            return Encoded(texts)
        rows = [row for row, value in enumerate(values) if value is not None]
        return _moved(encoded, rows, texts)

    def canonical(self, texts: Sequence[str]) -> Sequence[Hashable]:
        """Bring texts made by `encode`, or printed by the server, to one comparable form."""
        return self.to_canonical(texts)

    def _encode_present(self, values: Sequence[SqliteValue], kinds: Kinds) -> Encoded:
        if len(kinds) == 1:
            (kind,) = kinds
            texts = self.whole(values, kind)
            if isinstance(texts, AllBut):
                return self._with_odd(Encoded(texts.texts), values, texts.odd)
            if texts is not None:
                return Encoded(texts)
        if len(values) <= _SINGLY_MAX:
            return self._encode_singly(values)
        return self._encode_usual(values, kinds) or self._encode_halves(values)

    def _encode_usual(self, values: Sequence[SqliteValue], kinds: Kinds) -> Encoded | None:
        """Values of the most common type, or length of text, as a whole, the others one by one.

        None where most have no such thing in common.
        """
        forms: list[object]
        if len(kinds) > 1:
            forms = list(map(type, values))
        elif kinds == {str}:
            forms = list(map(len, cast("Sequence[str]", values)))
        else:
            return None
        ((usual, count),) = Counter(forms).most_common(1)
        if count == len(values) or count < len(values) * _USUAL_SHARE_MIN:
            return None
        is_odd = [form != usual for form in forms]
        odd = list(compress(range(len(values)), is_odd))
        others = [
            value for value, is_left_out in zip(values, is_odd, strict=True) if not is_left_out
        ]
        return self._with_odd(self.encode(others), values, odd)

    def _with_odd(
        self, others: Encoded, values: Sequence[SqliteValue], odd: Sequence[int]
    ) -> Encoded:
        """The batch of which all but the odd rows are encoded; these are looked at one by one."""
        few = self._encode_singly([values[row] for row in odd])
        texts = list(others.texts)
        for row, text in zip(odd, few.texts, strict=True):
            texts.insert(row, text)
        if others.conversions or others.refusals:
            left_out = set(odd)
            others = _moved(
                others, [row for row in range(len(values)) if row not in left_out], texts
            )
        return _together(others, _moved(few, odd, texts), texts)

    def _encode_halves(self, values: Sequence[SqliteValue]) -> Encoded:
        """Halve a batch that does not fit as a whole, so that few values are looked at singly."""
        middle = len(values) // 2
        first, second = self.encode(values[:middle]), self.encode(values[middle:])
        texts = [*first.texts, *second.texts]
        return _together(first, _moved(second, range(middle, len(values)), texts), texts)

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


def _moved(encoded: Encoded, rows: Sequence[int], texts: Sequence[str]) -> Encoded:
    """What happened to a part of a batch, told by the rows that it has in the whole."""
    return Encoded(
        texts,
        [replace(change, row=rows[change.row]) for change in encoded.conversions],
        [replace(refusal, row=rows[refusal.row]) for refusal in encoded.refusals],
    )


def _together(one: Encoded, other: Encoded, texts: Sequence[str]) -> Encoded:
    return Encoded(
        texts,
        sorted([*one.conversions, *other.conversions], key=attrgetter("row")),
        sorted([*one.refusals, *other.refusals], key=attrgetter("row")),
    )


def _shown(after: object, text: str) -> str:
    """A converted value for the ledger: as the server prints it, without COPY's escapes."""
    return readable(after) if isinstance(after, str | bytes) else text
