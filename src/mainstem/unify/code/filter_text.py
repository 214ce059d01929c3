"""Which columns a PostgREST filter names: `status.eq.open,and(due.lt.now,owner.not.is.null)`.

See docs.postgrest.org, "Tables and Views", "Logical operators".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.select_text import split_list

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_MAX: Final = 20


def filtered_columns(text: str, depth: int = 0) -> Iterator[str]:
    """The columns of a list of conditions, with the resource in front where one is named."""
    for part in split_list(text):
        group = _GROUP.fullmatch(part)
        if group is not None and depth < DEPTH_MAX:
            resource = group["resource"] or ""
            yield from (resource + name for name in filtered_columns(group["inner"], depth + 1))
            continue
        condition = _CONDITION.match(part)
        if condition is not None:
            yield condition["column"].replace('"', "").strip()


def column_of(text: str) -> tuple[str | None, str] | None:
    """The resource (if one is named) and the column of `client.name` or `data->>key`."""
    bare = _JSON.split(text, maxsplit=1)[0].strip()
    resource, _, column = bare.rpartition(".")
    if not column or not _WORD.fullmatch(column):
        return None
    return resource.rpartition(".")[2] or None, column


_OPERATORS: Final = (
    "eq|neq|gte|gt|lte|lt|like|ilike|match|imatch|in|is|isdistinct|fts|plfts|phfts|wfts"
    "|cs|cd|ov|sl|sr|nxr|nxl|adj"
)
_GROUP: Final = re.compile(
    r"(?P<resource>(?:\w+\.)*)(?:not\.)?(?:and|or)\((?P<inner>.*)\)", re.DOTALL
)
_CONDITION: Final = re.compile(
    rf"(?P<column>[^()]+?)\.(?:not\.)?(?:{_OPERATORS})(?:\((?:any|all|\w+)\))?\.", re.DOTALL
)
_JSON: Final = re.compile(r"->>?")
_WORD: Final = re.compile(r"[^\W\d][\w $]*")
