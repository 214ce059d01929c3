"""A source row's key as one text: what ledgers, quarantine and `_key` of staging hold.

One whole number or ordinary text stands for itself; everything else (several columns, bytes, NUL,
a text that could be taken for another form) becomes JSON, so that two rows never share a key text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

from mainstem.unify.codec.floats import as_texts
from mainstem.unify.codec.value import SEPARATOR, BadText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.codec.value import SqliteValue

#: First characters of the JSON forms; a text that begins so is written as JSON itself.
_JSON_STARTS: Final = ("[", "{")


def key_texts(columns: Sequence[Sequence[SqliteValue]], *, is_typed: bool = True) -> list[str]:
    """One text for each row, from the columns of the key, given column by column.

    `is_typed` is False for a single column without a declared type: there the number 5 and the
    text '5' are two keys, so every text takes the JSON form.
    """
    if len(columns) == 1:
        (values,) = columns
        kinds = set(map(type, values))
        if kinds == {int}:
            return as_texts(cast("Sequence[int]", values))
        if kinds == {str} and is_typed and _are_ordinary(values):
            return [str(value) for value in values]
    return [key_text(row, is_typed=is_typed) for row in zip(*columns, strict=True)]


def key_text(values: Sequence[SqliteValue], *, is_typed: bool = True) -> str:
    """The text of one row's key."""
    if len(values) == 1:
        value = values[0]
        if isinstance(value, int):
            return str(value)
        if isinstance(value, str) and is_typed and _are_ordinary(values):
            return value
    return json.dumps([_as_json(value) for value in values], ensure_ascii=False)


def _are_ordinary(values: Sequence[SqliteValue]) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    joined = SEPARATOR + SEPARATOR.join(texts)
    return "\0" not in joined and not any(SEPARATOR + start in joined for start in _JSON_STARTS)


def _as_json(value: SqliteValue) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, BadText):
        return {"text": value.raw.hex()}
    return value
