"""What is moved from where to where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.stores.model import Place


@dataclass(frozen=True)
class Files:
    """The files of one source on their way: `[[files]]` of a config and of a plan."""

    source: str
    origin: Place
    target: Place
    #: beginning of `bucket/name` -> what it becomes; the longest that fits counts
    prefixes: Mapping[str, str] = field(default_factory=dict)
    #: the source table whose keys are the first folder of names: they become the rows' new ids
    owner: str | None = None
    #: bucket -> why its files stay behind
    leave: Mapping[str, str] = field(default_factory=dict)
    #: what the plan found, a line for each bucket
    found: tuple[str, ...] = ()
    #: where rows name files, a line for each column
    references: tuple[str, ...] = ()
    #: how addresses of files begin in rows -> how they begin from now on
    rewrite_urls: Mapping[str, str] = field(default_factory=dict)
    #: the columns that hold such addresses, as `table.column`
    rewritten: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """What ledger and quarantine call them."""
        return f"{self.source} files" if self.source else "files"

    def target_key(self, key: str, owners: Mapping[str, str]) -> str:
        """Where a file goes, `bucket/name` of the target.

        Raises KeyError when its first folder is no key of `owners`, where the plan has an owner.
        """
        bucket, _, name = key.partition("/")
        if self.owner is not None:
            first, _, rest = name.partition("/")
            key = f"{bucket}/{owners[first]}/{rest}"
        fitting = [prefix for prefix in self.prefixes if key.startswith(prefix)]
        prefix = max(fitting, key=len, default=None)
        return key if prefix is None else self.prefixes[prefix] + key[len(prefix) :]
