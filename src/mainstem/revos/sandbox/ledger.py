"""The log of every write that landed, in memory and in a file that outlives the process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from io import FileIO
    from pathlib import Path


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """One write that landed.

    `answered` is the status that the caller saw; 0: it saw none.
    """

    n: int
    at: datetime
    kind: str
    account: str
    target: str
    id: str
    answered: int
    text: str = ""
    fault: str = ""


@dataclass
class Ledger:
    """All writes, in order."""

    file: FileIO | None = None
    entries: list[Written] = field(default_factory=list)

    @classmethod
    def kept_in(cls, path: Path | None) -> Ledger:
        """A log that goes on in that file; what it holds already stays, and is not read back."""
        return cls(path.open("ab", buffering=0) if path else None)

    def add(self, entry: Written) -> None:
        """Keep a write: one line, written whole before the caller gets its answer."""
        self.entries.append(entry)
        if self.file is not None:
            self.file.write(msgspec.json.encode(entry) + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()

    def found(
        self, *, kind: str | None = None, account: str | None = None, after: int = 0
    ) -> Iterator[Written]:
        """The writes after a number, of a kind, of an account."""
        for entry in self.entries[after:]:
            if kind in {None, entry.kind} and account in {None, entry.account}:
                yield entry

    def repeated(self) -> list[dict[str, object]]:
        """Messages with the same text to the same person: what must never happen."""
        counts = Counter(
            (entry.account, entry.target, entry.text)
            for entry in self.entries
            if entry.kind == "message"
        )
        return [
            {"account": account, "target": target, "text": text, "count": count}
            for (account, target, text), count in counts.items()
            if count > 1
        ]

    def closest_s(self) -> dict[str, float]:
        """Per account, the shortest time between two writes, in the sandbox's seconds."""
        last: dict[str, datetime] = {}
        closest: dict[str, float] = {}
        for entry in self.entries:
            before = last.get(entry.account)
            if before is not None:
                gap = (entry.at - before).total_seconds()
                closest[entry.account] = min(gap, closest.get(entry.account, gap))
            last[entry.account] = entry.at
        return closest
