"""The named queries of `database.sql`: `-- name: x`, a comment that says what for, the SQL."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def database_queries() -> Mapping[str, bytes]:
    """The queries by name; parameters are psycopg's, `%(name)s`."""
    text = resources.files("mainstem.unify.catalog").joinpath("database.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return MappingProxyType(
        {name: body.strip().encode() for name, body in zip(parts[::2], parts[1::2], strict=True)}
    )
