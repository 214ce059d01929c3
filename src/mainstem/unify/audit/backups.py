"""Names that say a table is a copy that somebody put aside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.kit.naming import same_table, snake_case

if TYPE_CHECKING:
    from collections.abc import Collection

_MARKS = (
    r"backup|backups|bak|bkp|bck|old|copy|orig|original|tmp|temp|saved|deprecated|unused|legacy"
)
_DATE = r"(?:19|20)\d{6}(?:_?\d{4,6})?|(?:19|20)\d\d_\d\d(?:_\d\d)?"
_BEFORE = re.compile(rf"_*(?:{_MARKS}|z+)\d*_+(?P<base>.+)")
_AFTER = re.compile(rf"(?P<base>.+?)_+(?:(?:{_MARKS})\d*)(?:_+(?:{_DATE}|\d+))?")
_DATED = re.compile(rf"(?P<base>.+?)_+(?:{_DATE})")
#: marks that hardly mean anything else
_CLEAR = re.compile(r"(?:^|_)(?:backup|bak|bkp|bck)(?:\d*)(?:_|$)")


def backup_of(name: str, others: Collection[str]) -> str | None:
    """The table that `name` is a copy of, by the names alone, or None.

    It must be there, or the copy be of one column: `invoice_total_backup` is one of `invoice`.
    """
    base = base_name(name)
    if base is None:
        return None
    for other in others:
        if other != name and same_table(base, other):
            return other
    longest = max(
        (o for o in others if o != name and base.startswith(f"{o}_")), key=len, default=None
    )
    return longest if _CLEAR.search(snake_case(name)) else None


def is_clear_backup(name: str) -> bool:
    """Whether the name says backup in so many words, or ends with a date."""
    snake = snake_case(name)
    return _CLEAR.search(snake) is not None or _DATED.fullmatch(snake) is not None


def base_name(name: str) -> str | None:
    """The name without what marks it as a copy, or None where nothing does."""
    for pattern in (_AFTER, _DATED, _BEFORE):
        match = pattern.fullmatch(snake_case(name))
        if match is not None:
            return match["base"]
    return None
