"""PostgreSQL type names as the codecs know them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mainstem.errors import ConfigError

_ALIASES: Final = {
    "int8": "bigint",
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "bool": "boolean",
    "decimal": "numeric",
    "float8": "double precision",
    "float4": "real",
    "character varying": "varchar",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
}
_NAME: Final = re.compile(r"([a-z0-9 ]+?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")


@dataclass(frozen=True, slots=True)
class PgType:
    """A type's base name and its modifiers: length of a varchar, precision and scale."""

    base: str
    length: int | None = None
    scale: int | None = None


def parse_type(type_name: str) -> PgType:
    """Read a type as `format_type()` prints it, or as people write it.

    Raises ConfigError when the text is not a type name.
    """
    match = _NAME.fullmatch(type_name.strip().lower())
    if match is None:
        raise ConfigError(f'"{type_name}" is not a type that values can be converted to')
    name, length, scale = match.groups()
    base = _ALIASES.get(name, name)
    if length is None:
        return PgType(base)
    return PgType(base, int(length), int(scale or 0) if base == "numeric" else None)
