"""How often a source's code names each of its tables: evidence beside questions about them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.kit.wording import counted
from mainstem.unify.code import read_code
from mainstem.unify.code.model import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.code.model import TableUse
    from mainstem.unify.plan.config import SourceConfig


@dataclass(frozen=True)
class CodeEvidence:
    """The uses of tables in the code of one source, by the table's name in it."""

    uses: Mapping[str, tuple[TableUse, ...]]
    #: names of tables that only running the code would tell
    unresolved: int

    def told(self, table: str) -> str:
        """`12 calls in 5 files, e.g. src/a.ts:10`; of tests only where there are no others."""
        uses = self.uses.get(table, ())
        product = [use for use in uses if not use.is_test]
        if not uses:
            return "no code names it"
        shown = sorted(use.place for use in product or uses)
        files = counted(len({place.file for place in shown}), "file")
        where = "" if product else " of tests only"
        return f"{counted(len(shown), 'call')} in {files}{where}, e.g. {shown[0]}"


def read_evidence(source: SourceConfig) -> CodeEvidence | None:
    """Read the code that the config names for a source; None where it names none.

    Raises ConfigError when that is no folder.
    """
    if source.code is None:
        return None
    if not source.code.is_dir():
        raise ConfigError(
            f"source {source.shown} names the folder of its code as {source.code}, which is not "
            "there; a path is relative to the config"
        )
    reading = read_code(source.code, [source.code])
    uses: dict[str, list[TableUse]] = defaultdict(list)
    for use in reading.uses:
        name = _table_of(source, use)
        if name is not None:
            uses[name].append(use)
    return CodeEvidence(
        {name: tuple(found) for name, found in uses.items()},
        sum(one.kind == "table" and not one.is_test for one in reading.unresolved),
    )


def _table_of(source: SourceConfig, use: TableUse) -> str | None:
    """The source's table that a use means; None where it means one of another database."""
    if not source.kind.is_typed:
        return use.name if use.engine is Engine.SQLITE else None
    if use.engine is not Engine.POSTGRES:
        return None
    return use.name if use.schema in {None, source.schema} else f"{use.schema}.{use.name}"
