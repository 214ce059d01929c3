"""One page of a listing that groups what lies deeper into folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.storage.names import behind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.storage.model import Stored

#: no name holds it: with it behind a name begins what follows that name
_LEAST = "\x01"


class Paging:
    """Takes files in the order of names until the page is full."""

    def __init__(self, prefix: str, limit: int, *, is_grouped: bool, start: str) -> None:
        self._prefix, self._limit, self._is_grouped = prefix, limit, is_grouped
        #: the name from which the next look at the database begins
        self.start = start
        self.folders: list[str] = []
        self.files: list[Stored] = []
        self.is_done = self.has_more = False

    def take(self, found: Sequence[Stored]) -> None:
        """What the database has from `start` on, at most one file more than a page holds."""
        for one in found:
            if one.name < self.start:
                continue  # in a folder that is on the page already
            if len(self.folders) + len(self.files) == self._limit:
                self.is_done = self.has_more = True
                return
            folder, slash, _ = one.name[len(self._prefix) :].partition("/")
            if self._is_grouped and slash:
                self.folders.append(f"{self._prefix}{folder}/")
                self.start = behind(self.folders[-1])
            else:
                self.files.append(one)
                self.start = one.name + _LEAST
        self.is_done = len(found) <= self._limit
