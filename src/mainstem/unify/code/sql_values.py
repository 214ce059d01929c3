"""What a value written in SQL tells about the column beside it, in the words of the model."""

from __future__ import annotations

import re
from typing import Final

from mainstem.unify.code.sql_placeholders import is_dynamic

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?")
_TYPES: Final = {
    "uuid": "uuid",
    "text": "text",
    "varchar": "text",
    "bpchar": "text",
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "float4": "number",
    "float8": "number",
    "numeric": "number",
    "bool": "boolean",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "date": "timestamp",
    "json": "json",
    "jsonb": "json",
}


def of_cast(type_name: str) -> str | None:
    """The value type of a cast to a PostgreSQL type; None for types of one's own."""
    return "array" if type_name.endswith("[]") else _TYPES.get(type_name)


def of_text(value: str) -> str | None:
    """The value type of a quoted text: SQL quotes moments and ids as it does names."""
    if is_dynamic(value):
        return None
    if _UUID.fullmatch(value):
        return "uuid"
    return "timestamp" if _MOMENT.fullmatch(value) else "text"
