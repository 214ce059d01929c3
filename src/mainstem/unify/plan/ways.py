"""How a merge tells that rows are the same: columns of the target, their lower case, or a case.

`email`, `lower(email)`, or `kind = 'password'`: only rows that have this value count in the way, as
a unique index with a condition counts them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from mainstem.unify.plan.model import PlannedTable

_LOWER = re.compile(r"lower\((\w+)\)")
_CASE = re.compile(r"(\w+) = '([^']*)'")


@dataclass(frozen=True)
class Part:
    """One part of a way."""

    column: str
    is_lower: bool = False
    #: the only value that counts
    value: str | None = None

    def sql(self, text: str) -> str:
        """What rows are compared by, from the value as text; NULL where it does not count."""
        if self.value is not None:
            return f"case when {text} = {text_sql(self.value)} then {text} end"
        return f"lower({text})" if self.is_lower else text


def read_part(text: str) -> Part:
    """A part as config and manifest write it."""
    lower, case = _LOWER.fullmatch(text), _CASE.fullmatch(text)
    if lower is not None:
        return Part(lower[1], is_lower=True)
    return Part(case[1], value=case[2]) if case is not None else Part(text)


def fills(table: PlannedTable, name: str, tenant: str | None = None) -> bool:
    """Whether a source table says what a target column holds; `tenant` is the tenant's column."""
    if table.id_kind not in {"set", "column"} and table.id_column == name:
        return True
    if table.tenant_path and name == tenant:
        return True
    return name in table.fixed or any(
        name == column.into or (column.reference is not None and name == column.reference.into)
        for column in table.columns
    )
